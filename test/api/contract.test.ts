import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { createClient, type Client } from "../../src/api/client.ts";
import { startApi, ZONE, type Json, type TestApi } from "./support.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await api.must("POST", "/api/v1/persons", { username: "alice" });
});
afterAll(() => api.close());

describe("the OpenAPI document", () => {
  test("is 3.1, needs no token, and describes every route that there is", async () => {
    const { status, body } = await api.request("GET", "/api/v1/openapi.json");
    expect(status).toBe(200);
    expect(body.openapi).toBe("3.1.0");
    const documented = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
      ),
    );
    const routed = api.app.routes
      .filter(
        ({ method, path }) =>
          method !== "ALL" && path.startsWith("/api/v1/") && !path.endsWith("openapi.json"),
      )
      .map(({ method, path }) => `${method} ${path}`);
    expect(new Set(documented)).toEqual(new Set(routed));
    expect(documented.length).toBeGreaterThan(35);
  });

  test("says of each operation who may call it, what it takes and how it fails", async () => {
    const { body } = await api.request("GET", "/api/v1/openapi.json");
    for (const [path, methods] of Object.entries<Record<string, Json>>(body.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const name = `${method} ${path}`;
        expect(operation.security, name).toEqual([{ token: [] }]);
        expect(operation.summary, name).toBeTruthy();
        expect(operation.responses["401"].content, name).toHaveProperty([
          "application/problem+json",
        ]);
        if (operation.requestBody !== undefined)
          expect(operation.requestBody.required, name).toBe(true);
        // What asks GitLab changes nothing by itself, and does no more when it is asked twice.
        if (method === "get" || path.startsWith("/api/v1/pages/sync")) continue;
        // A session is no record: it is there or has ended.
        if (path.endsWith("/sessions/{session}")) continue;
        const parameters = operation.parameters.map(
          (parameter: { name: string }) => parameter.name,
        );
        expect(parameters, name).toContain("dryRun");
        expect(parameters, name).toContain("Idempotency-Key");
        if (path.includes("{")) expect(parameters, name).toContain("If-Match");
      }
    }
    expect(body.components.securitySchemes.token).toMatchObject({ type: "http", scheme: "bearer" });
    const references = JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
    for (const [, name] of references) expect(body.components.schemas).toHaveProperty([name ?? ""]);
  });
});

describe("the reference page", () => {
  const CSP =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  test("loads nothing but our own files, which are there, under a strict policy", async () => {
    const page = await api.app.request("/api/docs");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toBe(CSP);
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=|https?:/);
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? "");
    expect(loaded).toContain("/api/docs/swagger-ui-bundle.js");
    for (const url of loaded) {
      const file = await api.app.request(url);
      expect(file.status, url).toBe(200);
      expect(file.headers.get("content-type"), url).toMatch(
        /^(text\/(css|javascript); charset=utf-8|image\/png|application\/json)$/,
      );
    }
  });

  test("the files are swagger's own, whole; the rest of its package is not served", async () => {
    const bundle = createRequire(import.meta.url).resolve("swagger-ui-dist/swagger-ui-bundle.js");
    const served = await api.app.request("/api/docs/swagger-ui-bundle.js");
    expect(Buffer.from(await served.arrayBuffer()).equals(readFileSync(bundle))).toBe(true);
    for (const name of [
      "index.html",
      "package.json",
      "swagger-initializer.js",
      "oauth2-redirect.html",
      "..%2fpackage.json",
    ]) {
      expect((await api.app.request(`/api/docs/${name}`)).status).not.toBe(200);
    }
  });
});

describe("the typed client", () => {
  const client = (token: string) =>
    createClient("http://console.test", token, {
      fetch: (input, init) => Promise.resolve(api.app.request(input as string, init)),
    });

  test("makes, reads and removes", async () => {
    const made = await client(api.admin).endpoints.$post({
      query: {},
      json: { owner: "alice", path: "/c", target: "http://10.0.0.7:80" },
    });
    if (made.status !== 201) throw new Error(`${made.status}`);
    const endpoint = await made.json();
    expect(endpoint.url).toBe(`https://alice.${ZONE}/c`);
    const read = await client(api.admin).endpoints[":id"].$get({ param: { id: endpoint.id } });
    expect(read.ok && (await read.json())).toEqual(endpoint);
    const listed = await client(api.admin).endpoints.$get({ query: { limit: "1" } });
    expect(listed.ok && (await listed.json()).items).toEqual([endpoint]);
    const removed = await client(api.admin).endpoints[":id"].$delete({
      param: { id: endpoint.id },
      query: {},
    });
    expect(removed.status).toBe(204);
    const missing = await client(api.admin).endpoints[":id"].$get({ param: { id: endpoint.id } });
    if (missing.status !== 404) throw new Error("it is still there");
    expect((await missing.json()).code).toBe("not_found");
  });

  test("knows the types of what it sends and gets", () => {
    type Create = Client["endpoints"]["$post"];
    type Created = Extract<Awaited<ReturnType<Create>>, { status: 201 }>;
    expectTypeOf<Awaited<ReturnType<Created["json"]>>["url"]>().toEqualTypeOf<string>();
    expectTypeOf<Awaited<ReturnType<Created["json"]>>["state"]>().toEqualTypeOf<
      "routed" | "paused" | "suspended" | "set-aside"
    >();
    type Dry = Extract<Awaited<ReturnType<Create>>, { status: 200 }>;
    expectTypeOf<Awaited<ReturnType<Dry["json"]>>["dryRun"]>().toEqualTypeOf<true>();
    type Refused = Extract<Awaited<ReturnType<Create>>, { status: 409 }>;
    type Code = Awaited<ReturnType<Refused["json"]>>["code"];
    expectTypeOf<"taken" | "internal">().toExtend<Code>();
    // @ts-expect-error -- a path is text
    const wrong: Parameters<Create>[0] = { query: {}, json: { path: 7 } };
    expect(wrong).toBeDefined();
  });
});
