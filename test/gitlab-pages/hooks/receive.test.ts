import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { describe, expect, it } from "vitest";
import type { Hint } from "../../../src/gitlab-pages/hooks/hint.ts";
import { createHooks, type HooksOptions } from "../../../src/gitlab-pages/hooks/receive.ts";
import { MemoryVolatile } from "../../../src/store/memory-volatile.ts";
import { waitFor } from "../../support/wait.ts";
import { away, failures, hangs, signedHeaders, vector, vectorTime } from "./support.ts";

const created = JSON.stringify({ event_name: "project_create", project_id: 12 });
const HINT = { kind: "project", project: 12, why: "project_create" };

function receiver(options: Partial<HooksOptions> = {}) {
  const accepted: Hint[] = [];
  const counted: string[] = [];
  const app = createHooks({
    token: null,
    signingToken: vector.signingToken,
    accept: (hints) => void accepted.push(...hints),
    count: (event, outcome) => void counted.push(`${event} ${outcome}`),
    volatile: () => undefined,
    failures: failures(),
    clientAddress: () => "192.0.2.1",
    now: () => vectorTime,
    ...options,
  });
  const send = async (
    body: NonNullable<RequestInit["body"]> | null,
    headers: Record<string, string> = {},
    method = "POST",
  ) => {
    const init = { method, headers, ...(body === null ? {} : { body, duplex: "half" as const }) };
    const response = await app.request("/hooks/gitlab", init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const signed = (body: string, id?: string) =>
    send(body, signedHeaders(body, id === undefined ? {} : { id }));
  return { app, accepted, counted, send, signed };
}

const plain = { token: "secret", signingToken: null };
const withToken = { "X-Gitlab-Token": "secret" };

/** A body of which it is known whether anybody began to read it. */
function watchedBody(chunks: number, size: number) {
  const body = { read: 0, stream: undefined as unknown as ReadableStream<Uint8Array> };
  body.stream = new ReadableStream(
    {
      pull(controller) {
        if (body.read++ < chunks) controller.enqueue(new Uint8Array(size).fill(0x20));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return body;
}

describe("POST /hooks/gitlab", () => {
  it("hands on what a hook hints at, and answers with nothing", async () => {
    const { signed, accepted, counted } = receiver();
    expect(await signed(created)).toMatchObject({ status: 202, text: "" });
    expect(accepted).toEqual([HINT]);
    expect(counted).toEqual(["project_create accepted"]);
  });

  it.each([
    [{ event_name: "user_create" }, "other unknown"],
    [{ object_kind: "pipeline" }, "pipeline malformed"],
    [{ object_kind: "deployment", status: "running", project: { id: 1 } }, "deployment ignored"],
    [[1], "other unknown"],
  ])("takes what is of no use, and counts it: %j", async (event, count) => {
    const { signed, accepted, counted } = receiver();
    expect(await signed(JSON.stringify(event))).toMatchObject({ status: 200, text: "" });
    expect([accepted, counted]).toEqual([[], [count]]);
  });

  it("is no page while hooks are not set up", async () => {
    for (const token of [null, ""]) {
      const { send, counted } = receiver({ signingToken: null, token });
      for (const method of ["POST", "GET"]) {
        const answer = await send(null, { ...withToken, ...signedHeaders("") }, method);
        expect(answer.status).toBe(404);
      }
      expect(counted).toEqual([]);
    }
  });

  it.each(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])("does not take %s", async (method) => {
    const { send, counted } = receiver(plain);
    const answer = await send(null, withToken, method);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    expect(counted).toEqual([]);
  });

  it("refuses what is not GitLab's with a problem, and hands on nothing", async () => {
    const { send, accepted, counted } = receiver({ token: "secret" });
    const tries = [{}, withToken, { ...signedHeaders("other") }];
    for (const headers of tries) {
      const answer = await send(created, headers);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(JSON.parse(answer.text)).toMatchObject({ status: 401, code: "unauthenticated" });
      expect(answer.status).toBe(401);
    }
    expect(accepted).toEqual([]);
    expect(counted).toEqual(tries.map(() => "other refused"));
  });

  it("reads no body before the plain token is right, nor of what cannot be signed", async () => {
    for (const options of [plain, {}]) {
      const body = watchedBody(3, 10);
      const { send } = receiver(options);
      expect((await send(body.stream, { "X-Gitlab-Token": "wrong" })).status).toBe(401);
      expect(body.read).toBe(0);
    }
  });

  it("takes at most 2 MB, announced or not", async () => {
    const { send, accepted, counted } = receiver(plain);
    const large = "x".repeat(2 * 1024 * 1024 + 1);
    const announced = { ...withToken, "Content-Length": String(large.length) };
    expect((await send(large, announced)).status).toBe(413);
    const body = watchedBody(1_000, 64 * 1024);
    const answer = await send(body.stream, withToken);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([413, "too_large"]);
    expect(body.read).toBeLessThan(40);
    expect([accepted, counted]).toEqual([[], ["other refused", "other refused"]]);
    expect(answer.headers.get("connection")).toBe("close");
    const most = created.padEnd(2 * 1024 * 1024);
    expect((await send(most, withToken)).status).toBe(202);
  });

  it("counts a body that breaks off against its address, and goes on", async () => {
    const { send, accepted, counted } = receiver();
    const headers = signedHeaders(created);
    for (let n = 0; n < 100; n++) {
      const body = new ReadableStream({
        pull: (controller) => controller.error(new Error("reset")),
      });
      const answer = await send(body, headers);
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([408, "cut_off"]);
    }
    expect((await send(created, headers)).status).toBe(429);
    expect([accepted.length, counted.length]).toEqual([0, 101]);
  });

  it.each(["Content-Length: 100", "Transfer-Encoding: chunked"])(
    "takes it that a client goes away, with %s",
    async (length) => {
      const { app, counted } = receiver();
      const listener = getRequestListener(app.fetch);
      const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const arrived = once(server, "request");
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      const headers = Object.entries(signedHeaders(created)).map((pair) => pair.join(": "));
      const head = ["POST /hooks/gitlab HTTP/1.1", "Host: a", length, ...headers];
      socket.write(`${head.join("\r\n")}\r\n\r\n5\r\n{`);
      await arrived;
      socket.destroy();
      await waitFor(() => counted.length, { describe: "the count" });
      expect(counted).toEqual(["other refused"]);
      await new Promise((resolve) => server.close(resolve));
    },
  );

  it("reads at most 64 bodies at once", async () => {
    const { send, signed, accepted } = receiver();
    const controllers: ReadableStreamDefaultController[] = [];
    const slow = () =>
      new ReadableStream({
        start(controller) {
          controllers.push(controller);
          controller.enqueue(Buffer.from(created));
        },
      });
    const sent = Array.from({ length: 64 }, (_, n) =>
      send(slow(), signedHeaders(created, { id: `slow-${n}` })),
    );
    await waitFor(async () => (await signed(created)).status === 503, { describe: "a refusal" });
    const answer = await signed(created, "later");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    for (const controller of controllers) controller.close();
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(64).fill(202));
    expect((await signed(created, "later")).status).toBe(202);
    expect(accepted.length).toBeGreaterThanOrEqual(65);
  });

  it.each(["", "{", "undefined", "{'a':1}", Buffer.from([0x22, 0xff, 0x22])])(
    "refuses what is no JSON: %j",
    async (body) => {
      const { send, counted } = receiver(plain);
      const answer = await send(body, withToken);
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([400, "invalid_input"]);
      expect(counted).toEqual(["other malformed"]);
    },
  );

  it("takes one hook of a burst in a turn of the event loop, whatever came with it", async () => {
    let turn = 0;
    let counting = setImmediate(function count() {
      turn++;
      counting = setImmediate(count);
    });
    const turns: number[] = [];
    const { signed } = receiver({ accept: () => void turns.push(turn) });
    try {
      await Promise.all(Array.from({ length: 20 }, (_each, n) => signed(created, `burst-${n}`)));
    } finally {
      clearImmediate(counting);
    }
    expect(turns).toHaveLength(20);
    expect(new Set(turns).size).toBe(20);
  });

  it("does not look at an address with 100 wrong hooks, and at others still", async () => {
    let address = "2001:db8::1";
    const { send, accepted } = receiver({ ...plain, clientAddress: () => address });
    for (let n = 0; n < 100; n++) {
      address = `2001:db8::${n.toString(16)}`;
      expect((await send(created, {})).status).toBe(401);
    }
    const answer = await send(created, withToken);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([429, "rate_limited"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(accepted).toEqual([]);
    address = "2001:db8:0:1::1";
    expect((await send(created, withToken)).status).toBe(202);
  });

  it("never counts good hooks against their address", async () => {
    const { signed, accepted } = receiver();
    for (let n = 0; n < 150; n++) expect((await signed(created, `d-${n}`)).status).toBe(202);
    expect(accepted).toHaveLength(150);
  });
});

describe("a hook that comes again", () => {
  it.each([
    ["a store", () => new MemoryVolatile()],
    ["no store", () => undefined],
    ["a store that is away", () => away],
  ])("is taken once, with %s", async (_, make) => {
    const volatile = make();
    const { signed, accepted, counted } = receiver({ volatile: () => volatile });
    const statuses = [];
    for (const id of ["a", "a", "b", "a"]) statuses.push((await signed(created, id)).status);
    expect(statuses).toEqual([202, 200, 202, 200]);
    expect(accepted).toEqual([HINT, HINT]);
    expect(counted.filter((text) => text === "project_create duplicate")).toHaveLength(2);
  });

  it("is taken once by all replicas, until an hour is over", async () => {
    let now = 0;
    const shared = new MemoryVolatile(() => now);
    const [a, b, c] = [1, 2, 3].map(() => receiver({ volatile: () => shared }));
    expect((await a!.signed(created)).status).toBe(202);
    expect((await b!.signed(created)).status).toBe(200);
    now += 3_600_000;
    expect((await c!.signed(created)).status).toBe(202);
    expect(b!.counted).toEqual(["project_create duplicate"]);
  });

  it("is taken once when it comes many times at once", async () => {
    const shared = new MemoryVolatile();
    const { signed, accepted } = receiver({ volatile: () => shared });
    await Promise.all(Array.from({ length: 20 }, () => signed(created)));
    expect(accepted).toHaveLength(1);
  });

  it("is a replay also with another Idempotency-Key, as that is not signed", async () => {
    const { send, accepted } = receiver();
    for (const key of ["one", "two"]) {
      await send(created, { ...signedHeaders(created), "Idempotency-Key": key });
    }
    expect(accepted).toHaveLength(1);
  });

  it("is known by its key where there is a plain token", async () => {
    const { send, accepted } = receiver(plain);
    for (const key of ["one", "two", "one"]) {
      await send(created, { ...withToken, "Idempotency-Key": key, "X-Gitlab-Event-UUID": "u" });
    }
    expect(accepted).toHaveLength(2);
    // Without any id it is taken each time: to look twice does no harm.
    for (let n = 0; n < 2; n++) await send(created, withToken);
    expect(accepted).toHaveLength(4);
  });

  it("cannot be kept away by whoever sends its id without our token", async () => {
    const shared = new MemoryVolatile();
    const { send, signed, accepted } = receiver({ volatile: () => shared });
    const forged = { ...signedHeaders("other"), "webhook-id": "delivery-1" };
    expect((await send(created, forged)).status).toBe(401);
    expect(shared.size).toBe(0);
    expect((await signed(created)).status).toBe(202);
    expect(accepted).toHaveLength(1);
  });

  it("is answered while the store hangs", async () => {
    const { signed, accepted } = receiver({ volatile: () => hangs });
    expect((await signed(created)).status).toBe(202);
    expect(accepted).toHaveLength(1);
  });
});
