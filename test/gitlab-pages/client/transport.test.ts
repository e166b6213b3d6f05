import { afterEach, describe, expect, it } from "vitest";
import type { Call, Method, TransportOptions } from "../../../src/gitlab-pages/client/transport.ts";
import { waitFor } from "../../support/wait.ts";
import { DrivenClock, failureOf, type Reply, SmallServer, transportTo } from "./support.ts";

const servers: SmallServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function stage(
  answer: (nth: number) => Reply | Promise<Reply>,
  { clock = new DrivenClock({ byItself: true }), ...options }: StageOptions = {},
) {
  const server = new SmallServer((_request, nth) => answer(nth));
  servers.push(server);
  const url = await server.listen();
  return { server, url, clock, transport: transportTo(url, clock, options) };
}

type StageOptions = Partial<TransportOptions> & { readonly clock?: DrivenClock };

const call = (method: Method = "GET", more: Partial<Call> = {}): Call => ({
  method,
  path: "api/v4/version",
  headers: { "private-token": "glpat-test" },
  ...more,
});

const fine: Reply = { body: { fine: true } };
const rackAttack = (retryAfter: string): Reply => ({
  status: 429,
  headers: { "content-type": "text/plain", "retry-after": retryAfter },
  body: "Retry later\n",
});
const applicationLimit: Reply = {
  status: 429,
  body: { message: { error: "This endpoint has been requested too many times." } },
};

describe("a 429", () => {
  it("makes every call wait, for as many seconds as it says", async () => {
    const clock = new DrivenClock();
    const { server, transport } = await stage((nth) => (nth === 1 ? rackAttack("30") : fine), {
      clock,
    });
    const first = transport.call(call());
    await waitFor(() => clock.sleeping === 1, { describe: "the first call to wait" });
    clock.pass(10_000);
    const second = transport.call(call());
    await waitFor(() => clock.sleeping === 2, { describe: "the second call to wait" });
    expect(clock.slept).toEqual([30_000, 20_000]);
    clock.pass(19_999);
    expect(clock.sleeping).toBe(2);
    expect(server.arrived).toHaveLength(1);
    clock.pass(1);
    expect((await Promise.all([first, second])).map(({ body }) => body)).toEqual([
      { fine: true },
      { fine: true },
    ]);
    expect(server.arrived).toHaveLength(3);
  });

  it("holds up calls that stand in the queue, too", async () => {
    const clock = new DrivenClock();
    const { server, transport } = await stage((nth) => (nth === 1 ? rackAttack("30") : fine), {
      clock,
      concurrency: 1,
    });
    const calls = [1, 2, 3].map(() => transport.call(call()));
    await waitFor(() => clock.sleeping === 1, { describe: "a call to wait" });
    expect(server.arrived).toHaveLength(1);
    clock.pass(30_000);
    await Promise.all(calls);
    expect(server.arrived).toHaveLength(4);
  });

  it("may say until when", async () => {
    const clock = new DrivenClock({ byItself: true });
    const { transport } = await stage(
      (nth) => (nth === 1 ? rackAttack("Sun, 01 Mar 2026 12:00:45 GMT") : fine),
      { clock },
    );
    await transport.call(call());
    expect(clock.slept).toEqual([45_000]);
  });

  it.each(["0", "Sun, 01 Mar 2026 11:00:00 GMT"])(
    "is waited for a second at least (%s)",
    async (at) => {
      const { transport, clock } = await stage((nth) => (nth === 1 ? rackAttack(at) : fine));
      await transport.call(call());
      expect(clock.slept).toEqual([1_000]);
    },
  );

  it("without a time is waited for longer each time, more than a minute in all, and then given up", async () => {
    const { transport, clock, server } = await stage(() => applicationLimit);
    const error = await failureOf(transport.call(call()));
    expect(error).toMatchObject({ code: "limited", status: 429 });
    expect(server.arrived).toHaveLength(6);
    expect(clock.slept).toHaveLength(5);
    expect(clock.slept).toEqual(clock.slept.toSorted((a, b) => a - b));
    expect(new Set(clock.slept).size).toBe(5);
    // GitLab counts by the minute.
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(60_000);
  });

  it("that asks for hours ends the call at once", async () => {
    const { transport, clock, server } = await stage(() => rackAttack("3600"));
    expect(await failureOf(transport.call(call()))).toMatchObject({ code: "limited" });
    expect(clock.slept).toEqual([]);
    expect(server.arrived).toHaveLength(1);
  });

  it("was not carried out, so that a change is sent again, too", async () => {
    const { transport, server } = await stage((nth) => (nth === 1 ? rackAttack("1") : fine));
    await transport.call(call("POST", { body: '{"url":"x"}' }));
    expect(server.arrived.map(({ method, body }) => [method, body])).toEqual([
      ["POST", '{"url":"x"}'],
      ["POST", '{"url":"x"}'],
    ]);
  });

  it("is counted, as is the time that it cost", async () => {
    const outcomes: string[] = [];
    let waited = 0;
    const { transport } = await stage((nth) => (nth === 1 ? rackAttack("7") : fine), {
      onCall: (outcome) => outcomes.push(outcome),
      onWait: (ms) => (waited += ms),
    });
    await transport.call(call());
    expect(outcomes).toEqual(["4xx", "2xx"]);
    expect(waited).toBe(7_000);
  });
});

const html = { "content-type": "text/html" };
const broken: [what: string, reply: Reply, code: string][] = [
  ["a 502", { status: 502, headers: html, body: "<html>Whoops</html>" }, "unavailable"],
  ["a connection that is reset", "reset", "unavailable"],
  ["an answer that is cut", "cut", "unavailable"],
  ["half of a JSON text", { body: '{"half":' }, "invalid"],
];

describe.each(broken)("%s", (_what, reply, code) => {
  it("is asked for again, later each time, when the call changes nothing", async () => {
    const { transport, clock, server } = await stage((nth) => (nth < 4 ? reply : fine));
    expect((await transport.call(call())).body).toEqual({ fine: true });
    expect(server.arrived).toHaveLength(4);
    expect(clock.slept).toEqual([500, 1_000, 2_000]);

    const graphql = await stage((nth) => (nth === 1 ? reply : fine));
    await graphql.transport.call(call("POST", { changesNothing: true, body: "{}" }));
    expect(graphql.server.arrived).toHaveLength(2);
  });

  it("is given up in the end", async () => {
    const { transport, server } = await stage(() => reply);
    expect(await failureOf(transport.call(call()))).toMatchObject({ code });
    expect(server.arrived).toHaveLength(6);
  });

  it.each(["POST", "PUT", "DELETE"] as const)("never has a %s sent twice", async (method) => {
    const { transport, server } = await stage(() => reply);
    expect(await failureOf(transport.call(call(method)))).toMatchObject({ code });
    expect(server.arrived).toHaveLength(1);
  });
});

describe.each(["silent", "stuck"] as const)("an answer that is %s", (reply) => {
  it("ends after its time, is asked for again, and is no reason to send a change twice", async () => {
    const { transport, server } = await stage((nth) => (nth === 1 ? reply : fine), {
      timeoutMs: 100,
    });
    expect((await transport.call(call())).body).toEqual({ fine: true });
    expect(server.arrived).toHaveLength(2);

    const changing = await stage(() => reply, { timeoutMs: 100 });
    const error = await failureOf(changing.transport.call(call("POST")));
    expect(error.code).toBe("unavailable");
    expect(error.message).toContain("did not answer within 0.1 s");
    expect(changing.server.arrived).toHaveLength(1);
  });
});

it("a 503 that says when to come back is asked for then; it holds up no other call", async () => {
  const clock = new DrivenClock();
  const busy: Reply = { status: 503, headers: { "retry-after": "20" }, body: "" };
  const { transport } = await stage((nth) => (nth === 1 ? busy : fine), { clock });
  const first = transport.call(call());
  await waitFor(() => clock.sleeping === 1, { describe: "the first call to wait" });
  expect((await transport.call(call())).body).toEqual({ fine: true });
  expect(clock.slept).toEqual([20_000]);
  clock.pass(20_000);
  await first;
});

it("a page for people is no answer, and is not asked for again", async () => {
  const { transport, server } = await stage(() => ({
    headers: html,
    body: "<html>Sign in</html>",
  }));
  const error = await failureOf(transport.call(call()));
  expect(error.code).toBe("invalid");
  expect(error.message).toContain("text/html");
  expect(server.arrived).toHaveLength(1);
});

it.each([
  [400, "refused"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not_found"],
  [422, "refused"],
])("a %i is %s, at once", async (status, code) => {
  const { transport, server } = await stage(() => ({ status, body: { message: "secret words" } }));
  const error = await failureOf(transport.call(call()));
  expect(error).toMatchObject({ code, status });
  expect(error.message).not.toContain("secret words");
  expect(server.arrived).toHaveLength(1);
});

it("an empty answer is null", async () => {
  const { transport } = await stage(() => ({ status: 204 }));
  expect(await transport.call(call("DELETE"))).toMatchObject({ status: 204, body: null });
});

it("runs so many calls at once, and the others after them", async () => {
  const waiting: (() => void)[] = [];
  const { transport, server } = await stage(
    () => new Promise<Reply>((resolve) => waiting.push(() => resolve(fine))),
    { concurrency: 3 },
  );
  const calls = Array.from({ length: 10 }, () => transport.call(call()));
  for (let answered = 0; answered < 10; answered++) {
    await waitFor(() => waiting.length > 0, { describe: "a request" });
    if (answered === 0) {
      await waitFor(() => waiting.length === 3, { describe: "three requests" });
    }
    waiting.shift()?.();
  }
  await Promise.all(calls);
  expect(server.arrived).toHaveLength(10);
  expect(server.peak).toBe(3);
});

it("begins no call before its turn, and no second try of one", async () => {
  const turns: (() => void)[] = [];
  const pace = { next: () => new Promise<void>((resolve) => turns.push(resolve)) };
  const busy: Reply = { status: 502, body: "" };
  const { transport, server } = await stage((nth) => (nth === 1 ? busy : fine), { pace });
  const answer = transport.call(call());
  await waitFor(() => turns.length === 1, { describe: "the call to ask for its turn" });
  expect(server.arrived).toHaveLength(0);
  turns[0]?.();
  await waitFor(() => turns.length === 2, { describe: "the second try to ask for its turn" });
  expect(server.arrived).toHaveLength(1);
  turns[1]?.();
  expect((await answer).body).toEqual({ fine: true });
});

describe("a signal", () => {
  it("ends waiting, calling, and standing in the queue", async () => {
    const ended = new AbortController();
    const clock = new DrivenClock();
    const { transport, server } = await stage((nth) => (nth === 1 ? rackAttack("60") : "silent"), {
      clock,
      concurrency: 1,
    });
    const calls = [1, 2, 3].map(() => transport.call(call(), ended.signal));
    const outcomes = Promise.allSettled(calls);
    await waitFor(() => clock.sleeping === 1, { describe: "the first call to wait" });
    ended.abort();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "AbortError" } });
    }
    expect(server.arrived).toHaveLength(1);

    const other = new AbortController();
    const asked = await stage(() => "silent");
    const running = asked.transport.call(call(), other.signal);
    await waitFor(() => asked.server.arrived.length === 1, { describe: "the request" });
    other.abort();
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(asked.server.arrived).toHaveLength(1);
  });

  it("gives its place to the next call", async () => {
    const ended = new AbortController();
    const { transport, server } = await stage((nth) => (nth === 1 ? "silent" : fine), {
      concurrency: 1,
    });
    const first = transport.call(call(), ended.signal);
    await waitFor(() => server.arrived.length === 1, { describe: "the request" });
    const second = transport.call(call());
    ended.abort();
    await expect(first).rejects.toMatchObject({ name: "AbortError" });
    expect((await second).body).toEqual({ fine: true });
  });
});

describe("the token", () => {
  it.each([301, 302, 307, 308])("is not carried elsewhere by a %i", async (status) => {
    const elsewhere = new SmallServer(() => fine);
    servers.push(elsewhere);
    const to = await elsewhere.listen();
    const { transport, server } = await stage(() => ({
      status,
      headers: { location: `${to}/api/v4/version?token=secret` },
    }));
    const error = await failureOf(transport.call(call()));
    expect(error).toMatchObject({ code: "redirected", status });
    expect(error.message).toContain(to);
    expect(error.message).not.toContain("secret");
    expect(server.arrived).toHaveLength(1);
    expect(elsewhere.arrived).toHaveLength(0);
  });

  it("that cannot be sent is said to be at fault, at once", async () => {
    const { transport, server } = await stage(() => fine);
    const headers = { "private-token": "two\nlines" };
    const error = await failureOf(transport.call(call("GET", { headers })));
    expect(error.code).toBe("unauthorized");
    expect(error.message).toContain("gitlab.token");
    expect(server.arrived).toHaveLength(0);
  });

  it("is in nothing that an error says, whatever happens", async () => {
    const replies: Reply[] = [
      ...broken.map(([, reply]) => reply),
      ...[400, 401, 403, 404, 500].map((status) => ({ status, body: "glpat-secret" })),
      rackAttack("3600"),
      { body: "glpat-secret" },
      { headers: html, body: "glpat-secret" },
      { status: 302, headers: { location: "https://gitlab.test/?private_token=glpat-secret" } },
    ];
    const tokens = ["glpat-secret", "glpat-secret\nof two lines", "glpat-secret\u2028"];
    for (const reply of replies) {
      for (const token of tokens) {
        const { transport } = await stage(() => reply);
        const headers = { "private-token": token };
        const error = await failureOf(transport.call(call("GET", { headers })));
        expect(allOf(error)).not.toContain("secret");
      }
    }
    const away = transportTo("http://127.0.0.1:9", new DrivenClock({ byItself: true }));
    const error = await failureOf(
      away.call(call("GET", { headers: { "private-token": "glpat-secret" } })),
    );
    expect(allOf(error)).not.toContain("secret");
    expect(error.message).toContain("cannot be reached");
  });
});

/** Everything that a log could write of an error. */
function allOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? "";
  return `${error.message} ${error.stack} ${JSON.stringify(error)} ${allOf(error.cause)}`;
}
