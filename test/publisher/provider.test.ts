import { connect, type Socket } from "node:net";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../support/wait.ts";
import { Connection, startProvider, stateAt, type TestProvider } from "./support.ts";

describe("the provider", () => {
  let test: TestProvider;
  let connections: Connection[];

  beforeEach(async () => {
    connections = [];
    test = await startProvider();
  });
  afterEach(async () => {
    for (const connection of connections) connection.close();
    await test.close();
  });

  function connection(): Connection {
    const made = new Connection(test.port);
    connections.push(made);
    return made;
  }

  const isHeld = (count = 1) =>
    waitFor(async () => (await test.held()) === count, { describe: `${count} polls to be held` });

  async function restart(options: Parameters<typeof startProvider>[0]): Promise<void> {
    await test.close();
    test = await startProvider(options);
  }

  it("answers 503 with a problem before there is a document", async () => {
    const { status, headers, text } = await connection().poll();
    expect(status).toBe(503);
    expect(headers).toMatchObject({
      "content-type": "application/problem+json",
      "retry-after": "1",
    });
    expect(JSON.parse(text)).toMatchObject({ status: 503, code: "unavailable" });
    expect((await connection().get("/readyz")).status).toBe(503);
  });

  it("answers the first poll of a connection at once, and says which revision it is", async () => {
    await test.publish(7);
    for (let turn = 0; turn < 2; turn++) {
      const { status, headers, text, ms } = await connection().poll();
      expect([status, text]).toEqual([200, '{"revision":7}']);
      expect(headers).toMatchObject({
        "content-type": "application/json",
        "tardis-revision": "7",
        "content-length": "14",
      });
      expect(headers["tardis-restored"]).toBeUndefined();
      expect(ms).toBeLessThan(1000);
    }
  });

  it("answers a poll that comes behind a change with that change", async () => {
    await test.publish(1);
    test.publisher.update(stateAt(2));
    expect((await connection().poll()).text).toBe('{"revision":2}');
  });

  it("holds a later poll until there is something new, and then sends it at once", async () => {
    await test.publish(1);
    const traefik = connection();
    await traefik.poll();
    const held = traefik.poll();
    await isHeld();
    // The same bytes at a later revision are nothing new.
    test.bodyOf = () => '{"revision":1}';
    await test.publish(2);
    expect(await test.held()).toBe(1);
    test.bodyOf = (revision) => JSON.stringify({ revision });
    const started = performance.now();
    await test.publish(3);
    expect((await held).text).toBe('{"revision":3}');
    expect(performance.now() - started).toBeLessThan(500);
    expect((await held).headers["tardis-revision"]).toBe("3");
    expect(await test.held()).toBe(0);
  });

  it("sends the same bytes with 200 when the wait is over, never 304", async () => {
    await test.publish(1);
    const traefik = connection();
    const first = await traefik.poll("wait=80ms");
    for (let turn = 0; turn < 3; turn++) {
      const again = await traefik.poll("wait=80ms");
      expect([again.status, again.text]).toEqual([200, first.text]);
      expect(again.ms).toBeGreaterThan(75);
    }
  });

  it("does not hold who does not ask for it", async () => {
    await test.publish(1);
    const plain = connection();
    await plain.poll("");
    expect((await plain.poll("")).status).toBe(200);
    expect((await plain.poll("wait=0s")).status).toBe(200);
  });

  it("holds no more than it may, and answers the rest at once", async () => {
    await restart({ maxHeldPolls: 2 });
    await test.publish(1);
    const three = [connection(), connection(), connection()];
    for (const each of three) await each.poll();
    const held = [three[0]?.poll(), three[1]?.poll()];
    await isHeld(2);
    expect((await three[2]?.poll())?.ms).toBeLessThan(1000);
    await test.publish(2);
    for (const each of held) expect((await each)?.text).toBe('{"revision":2}');
  });

  it("knows pollers by name on one connection, and each connection anew", async () => {
    await test.publish(1);
    const shared = connection();
    const quick = async (from: Connection, name: string) =>
      expect((await from.poll(`wait=20s&poller=${name}`)).ms).toBeLessThan(1000);
    await quick(shared, "blue");
    await quick(shared, "green");
    await quick(connection(), "blue");
    const held = shared.poll("wait=20s&poller=green");
    await isHeld();
    await test.publish(2);
    expect((await held).text).toBe('{"revision":2}');
    // Blue has not got it by what green was sent.
    await quick(shared, "blue");
    expect(test.provider.pollers()).toMatchObject([
      { name: "green", revision: 2 },
      { name: "blue", revision: 2 },
    ]);
  });

  it("refuses what is no name of a poller", async () => {
    await test.publish(1);
    for (const name of ["a%20b", "x".repeat(65), "%0a"]) {
      expect((await connection().poll(`poller=${name}`)).status).toBe(400);
    }
    expect(test.provider.pollers()).toEqual([]);
  });

  it("remembers a bounded number of pollers", async () => {
    await test.publish(1);
    const many = connection();
    for (let n = 0; n < 1_100; n++) await many.poll(`poller=p${n}`);
    expect(test.provider.pollers()).toHaveLength(1_000);
    expect(test.provider.pollers().at(-1)?.name).toBe("p1099");
  });

  it.each(["1m", "4", "-1s", "1e3ms", "4s4s", " 4s", "9999999s", "٤s"])(
    "refuses to wait for %j",
    async (wait) => {
      await test.publish(1);
      const { status, text } = await connection().poll(`wait=${encodeURIComponent(wait)}`);
      expect(status).toBe(400);
      expect(JSON.parse(text)).toMatchObject({ code: "invalid_input" });
    },
  );

  it("sends gzip to who takes it, the same document", async () => {
    test.bodyOf = () => JSON.stringify(Array.from({ length: 500 }, (_, n) => ({ n })));
    await test.publish(1);
    const plain = await connection().poll("");
    expect(plain.headers["content-encoding"]).toBeUndefined();
    for (const accepted of ["gzip", "deflate, gzip;q=0.5", "GZIP"]) {
      const zipped = await connection().poll("", { "accept-encoding": accepted });
      expect(zipped.headers).toMatchObject({
        "content-encoding": "gzip",
        vary: "Accept-Encoding",
        "content-length": String(zipped.body.length),
      });
      expect(zipped.body.length).toBeLessThan(plain.body.length / 2);
      expect(zipped.text).toBe(plain.text);
    }
    for (const refused of ["gzip;q=0", "deflate", "gzip; q=0.0, br", "x-gzip-like"]) {
      const answer = await connection().poll("", { "accept-encoding": refused });
      expect(answer.headers["content-encoding"]).toBeUndefined();
      expect(answer.text).toBe(plain.text);
    }
  });

  it("answers 304 only to who says what it has, and holds who waits with that", async () => {
    await test.publish(1);
    const other = connection();
    const { headers } = await other.poll("");
    const has = { "if-none-match": String(headers.etag) };
    const same = await other.poll("", has);
    expect([same.status, same.body.length]).toEqual([304, 0]);
    expect((await other.poll("", { "if-none-match": '"other"' })).status).toBe(200);
    const held = connection().poll("wait=20s", has);
    await isHeld();
    await test.publish(2);
    expect(await held).toMatchObject({ status: 200, text: '{"revision":2}' });
  });

  it("answers HEAD without a body, and as if it had not been asked", async () => {
    await test.publish(1);
    const other = connection();
    const head = await other.get("/traefik/config?wait=20s", { method: "HEAD" });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers).toMatchObject({ "content-length": "14", "tardis-revision": "1" });
    const poll = await other.poll();
    expect(poll.text).toBe('{"revision":1}');
    expect(poll.ms).toBeLessThan(1000);
  });

  it("asks for its token", async () => {
    await restart({ token: "correct horse battery" });
    await test.publish(1);
    for (const authorization of [
      undefined,
      "",
      "Bearer",
      "Bearer correct horse batter",
      "Bearer correct horse battery1",
      "Basic correct horse battery",
    ]) {
      const headers = authorization === undefined ? {} : { authorization };
      const refused = await connection().poll("wait=20s", headers);
      expect(refused.status).toBe(401);
      expect(refused.headers["www-authenticate"]).toBe("Bearer");
      expect(refused.text).not.toContain("revision");
      expect(JSON.parse(refused.text)).toMatchObject({ code: "unauthenticated" });
    }
    const headers = { authorization: "Bearer correct horse battery" };
    expect((await connection().poll("", headers)).status).toBe(200);
    // Metrics and health are of the internal listener, which is not public; they ask for none.
    expect((await connection().get("/healthz")).status).toBe(200);
  });

  it("forgets a poller that goes away while it is held", async () => {
    await test.publish(1);
    const traefik = connection();
    await traefik.poll();
    const gone = new AbortController();
    const held = traefik.get("/traefik/config?wait=20s", { signal: gone.signal });
    const outcome = expect(held).rejects.toThrow();
    await isHeld();
    gone.abort();
    await outcome;
    await isHeld(0);
    await test.publish(2);
    expect((await connection().poll()).text).toBe('{"revision":2}');
  });

  it("answers what it holds when it closes, holds nothing more, and lets its connections go", async () => {
    await test.publish(1);
    const traefik = connection();
    await traefik.poll();
    const held = traefik.poll();
    await isHeld();
    const closed = new Promise((resolve) => test.server.close(resolve));
    test.provider.close();
    expect((await held).text).toBe('{"revision":1}');
    // Without waiting for the keep-alive to end.
    const started = performance.now();
    await closed;
    expect(performance.now() - started).toBeLessThan(1000);
    expect(await test.held()).toBe(0);
  });

  it("keeps idle connections longer than Traefik does", () => {
    expect(test.server.keepAliveTimeout).toBeGreaterThan(90_000);
    expect(test.server.headersTimeout).toBeGreaterThan(test.server.keepAliveTimeout);
  });

  it("serves a thousand polls on one connection without gathering listeners", async () => {
    await test.publish(1);
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.message);
    process.on("warning", note);
    const sockets = new Set<Socket>();
    test.server.on("connection", (socket: Socket) => sockets.add(socket));
    const traefik = connection();
    let atFirst: number | undefined;
    for (let turn = 1; turn <= 1_000; turn++) {
      const poll = traefik.poll(turn % 2 === 0 ? "wait=20s" : "");
      if (turn % 2 === 0) {
        await isHeld();
        await test.publish(turn);
      }
      await poll;
      atFirst ??= [...sockets][0]?.listenerCount("close");
    }
    process.off("warning", note);
    expect(sockets.size).toBe(1);
    expect([...sockets][0]?.listenerCount("close")).toBe(atFirst);
    expect(warnings).toEqual([]);
  });

  describe("with several requests at once on one connection", () => {
    /** Sends all of it in one piece, and gathers the answers. */
    function pipelined(...paths: string[]): { answers(count: number): Promise<string[]> } {
      const socket = connect(test.port, "127.0.0.1");
      let received = "";
      socket.on("data", (chunk) => (received += chunk.toString()));
      socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""));
      const bodies = () =>
        received.match(/\{"[^}]*\}/g)?.filter((body) => body.includes(":")) ?? [];
      return {
        answers: async (count) => {
          await waitFor(() => bodies().length >= count, { describe: `${count} answers` });
          const all = bodies();
          socket.destroy();
          return all;
        },
      };
    }

    it("holds the last poll only, and goes on in order", async () => {
      await test.publish(1);
      const poll = "/traefik/config?wait=20s";
      const client = pipelined(poll, poll, poll);
      await isHeld();
      await test.publish(2);
      expect(await client.answers(3)).toEqual([
        '{"revision":1}',
        '{"revision":1}',
        '{"revision":2}',
      ]);
      await isHeld(0);
    });

    it("forgets none of those that wait for the newest document", async () => {
      await test.publish(1);
      test.server.once("request", () => test.publisher.update(stateAt(3)));
      test.server.prependOnceListener("request", () => test.publisher.update(stateAt(2)));
      const poll = "/traefik/config?wait=20s";
      const client = pipelined(poll, poll, poll);
      await isHeld();
      await test.publish(4);
      expect(await client.answers(3)).toEqual([
        '{"revision":3}',
        '{"revision":3}',
        '{"revision":4}',
      ]);
      await isHeld(0);
    });

    it("does not let a held poll hold what comes behind it", async () => {
      await test.publish(1);
      const poll = "/traefik/config?wait=20s";
      const client = pipelined(poll, poll, "/healthz");
      expect(await client.answers(3)).toEqual([
        '{"revision":1}',
        '{"revision":1}',
        '{"status":"ok"}',
      ]);
      expect(await test.held()).toBe(0);
    });
  });

  it("never sends a connection something older than before", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("publish", "same", "poll", "plain"), { maxLength: 30 }),
        async (steps) => {
          const fresh = await startProvider();
          const each = [new Connection(fresh.port), new Connection(fresh.port)];
          let revision = 1;
          fresh.bodyOf = (at) => JSON.stringify({ at: at - (at % 2) });
          await fresh.publish(revision);
          const seen: number[][] = [[], []];
          const polls: Promise<unknown>[] = [];
          const note = async (index: number, query: string) => {
            const answer = await each[index]?.poll(query);
            seen[index]?.push(Number(answer?.headers["tardis-revision"]));
          };
          for (const step of steps) {
            if (step === "publish") fresh.publisher.update(stateAt((revision += 2)));
            else if (step === "same") fresh.publisher.update(stateAt((revision += 1)));
            else polls.push(...[0, 1].map((n) => note(n, step === "poll" ? "wait=20ms" : "")));
            if (revision % 3 === 0) await Promise.race([Promise.all(polls), fresh.held()]);
          }
          await Promise.all(polls);
          for (const revisions of seen) {
            expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
          }
          for (const one of each) one.close();
          await fresh.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it("answers only what it has", async () => {
    const other = connection();
    expect((await other.get("/nothing")).status).toBe(404);
    const post = await other.get("/traefik/config", { method: "POST" });
    expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD"]);
    const metrics = await other.get("/metrics");
    expect(metrics.text).toContain("tardis_polls_held 0");
    expect(JSON.parse((await other.get("/healthz")).text)).toEqual({ status: "ok" });
  });

  it("answers 500 when a metric cannot be collected, and lives on", async () => {
    test.metrics.heldPolls.get = () => Promise.reject(new Error("no"));
    expect((await connection().get("/metrics")).status).toBe(500);
    expect((await connection().get("/healthz")).status).toBe(200);
  });
});
