import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROBLEMS, problemOf as toProblem } from "../../src/api/problem.ts";
import { Refusal } from "../../src/errors.ts";
import { startApi, type Answer, type RequestOptions, type TestApi } from "./support.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await api.must("POST", "/api/v1/persons", { username: "alice" });
});
afterAll(() => api.close());

function expectProblem(answer: Answer, code: keyof typeof PROBLEMS): void {
  expect(answer.body).toMatchObject({ code, ...PROBLEMS[code], type: "about:blank" });
  expect(answer.status).toBe(PROBLEMS[code].status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(answer.body.requestId).toBe(answer.headers.get("x-request-id"));
}

const post = (options: RequestOptions) =>
  api.request("POST", "/api/v1/persons", { token: api.admin, ...options });
const asJson = { "Content-Type": "application/json" };

describe("problem+json", () => {
  test("no token, a wrong token, a token of another scheme", async () => {
    for (const headers of [
      {},
      { Authorization: "Bearer tardis_x" },
      { Authorization: "Basic eDp5" },
    ]) {
      const answer = await api.request("GET", "/api/v1/persons", { headers });
      expectProblem(answer, "unauthenticated");
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="tardis-console"');
    }
  });

  test("a cookie is no token", async () => {
    const answer = await api.request("GET", "/api/v1/persons", {
      headers: { Cookie: `token=${api.admin}; Authorization=Bearer ${api.admin}` },
    });
    expectProblem(answer, "unauthenticated");
  });

  test("bodies: none, malformed, of another type, too large, not an object, unknown fields", async () => {
    expectProblem(await post({}), "invalid_input");
    expectProblem(await post({ text: "{", headers: asJson }), "invalid_input");
    expectProblem(await post({ text: "", headers: asJson }), "invalid_input");
    expectProblem(await post({ text: "[]", headers: asJson }), "invalid_input");
    expectProblem(
      await post({
        text: "username=x",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
      }),
      "unsupported_media_type",
    );
    expectProblem(
      await post({ text: "{}", headers: { "Content-Type": "text/plain" } }),
      "unsupported_media_type",
    );
    expectProblem(await post({ json: { username: "x".repeat(70_000) } }), "too_large");
    const unknown = await post({ json: { username: "zed", usrname: "zed", b: 1 } });
    expectProblem(unknown, "invalid_input");
    expect(unknown.body.errors).toEqual([
      { field: "usrname", message: "There is no such field." },
      { field: "b", message: "There is no such field." },
    ]);
    expect(api.state().ownersByName.has("zed")).toBe(false);
  });

  test("a body sent in chunks is limited as well", async () => {
    const chunk = new TextEncoder().encode("x".repeat(8192));
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (sent++ < 100) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const headers = {
      ...asJson,
      Authorization: `Bearer ${api.admin}`,
      "Transfer-Encoding": "chunked",
    };
    const response = await api.app.request("/api/v1/persons", {
      method: "POST",
      headers,
      body,
      duplex: "half",
    });
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(20);
  });

  test("unknown paths and methods", async () => {
    expectProblem(await api.request("GET", "/api/v1/nothing", { token: api.admin }), "not_found");
    expectProblem(await api.request("GET", "/api/v2", { token: api.admin }), "not_found");
    const put = await api.request("PUT", "/api/v1/persons/alice", { token: api.admin, json: {} });
    expectProblem(put, "method_not_allowed");
    expect(put.headers.get("allow")).toBe("HEAD, GET, PATCH, DELETE");
    const patch = await api.request("PATCH", "/api/v1/endpoints", { token: api.admin, json: {} });
    expect(patch.headers.get("allow")).toBe("HEAD, GET, POST");
    const head = await api.request("HEAD", "/api/v1/persons", { token: api.admin });
    expect(head.status).toBe(200);
  });

  test("a misspelt parameter of a change is refused, not ignored", async () => {
    const revision = api.state().revision;
    const answer = await api.request("DELETE", "/api/v1/persons/alice?dryrun=true", {
      token: api.admin,
    });
    expectProblem(answer, "invalid_input");
    expect(answer.body.field).toBe("dryrun");
    expect(api.state().revision).toBe(revision);
  });

  test("every code of a refusal has a status, and an unexpected error tells nothing", () => {
    const logged: object[] = [];
    const log = { error: (fields: object) => void logged.push(fields), warn: () => undefined };
    for (const [code, { status }] of Object.entries(PROBLEMS)) {
      if (
        !["method_not_allowed", "too_large", "unsupported_media_type", "internal"].includes(code)
      ) {
        const { body, headers } = toProblem(
          new Refusal(code as never, "No.", { retryAfter: 7 }),
          "r",
          log,
        );
        expect(body).toMatchObject({ status, code, detail: "No." });
        expect(headers["Retry-After"]).toBe("7");
      }
    }
    expect(logged).toEqual([]);
    const { body } = toProblem(new Error("password hunter2 in /etc"), "r", log);
    expect(body).toMatchObject({ status: 500, code: "internal" });
    expect(JSON.stringify(body)).not.toContain("hunter2");
    expect(logged).toHaveLength(1);
  });

  test("503 with Retry-After when the store takes no writes", async () => {
    const own = await startApi();
    const token = own.admin;
    await own.ledger.close();
    const answer = await own.request("POST", "/api/v1/persons", {
      token,
      json: { username: "late" },
    });
    expectProblem(answer, "unavailable");
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await own.request("GET", "/api/v1/persons", { token })).status).toBe(200);
    expectProblem(await own.request("GET", "/api/v1/events", { token }), "unavailable");
  });
});
