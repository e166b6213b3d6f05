import { Agent, createServer, request, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterEach, describe, expect, it } from "vitest";
import { RereadQueue } from "../../../src/gitlab-pages/hooks/queue.ts";
import { createHooks } from "../../../src/gitlab-pages/hooks/receive.ts";
import { HintRelay } from "../../../src/gitlab-pages/hooks/relay.ts";
import { MemoryVolatile } from "../../../src/store/memory-volatile.ts";
import { HandClock } from "./hand-clock.ts";
import { failures, signedHeaders, vector, vectorTime } from "./support.ts";

const HOOKS = 10_000;
const BATCH = 100;

describe("ten thousand hooks", { timeout: 120_000 }, () => {
  const servers: Server[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  afterEach(async () => {
    agent.destroy();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  async function serve(listener: RequestListener): Promise<number> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  function ask(port: number, path: string, body?: string, headers = {}): Promise<number> {
    return new Promise((resolve, reject) => {
      const method = body === undefined ? "GET" : "POST";
      const sent = request({ port, host: "127.0.0.1", path, method, headers, agent }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
      });
      sent.on("error", reject).end(body);
    });
  }

  /** Sends them, a hundred in 100 ms of the queue's clock, with a poll in the midst of each hundred. */
  async function flood(projectOf: (hook: number) => number) {
    const clock = new HandClock();
    const reads: number[] = [];
    let fulls = 0;
    const queue = new RereadQueue({
      now: clock.now,
      schedule: clock.schedule,
      full: () => void fulls++,
      namespaceProjects: () => [],
      read: async (project) => {
        reads.push(project);
        return { latestDeployment: null, gone: false };
      },
    });
    const volatile = new MemoryVolatile();
    const relay = new HintRelay({
      volatile: () => volatile,
      onHints: (hints) => queue.add(hints),
    });
    relay.listen(volatile);
    const counts = new Map<string, number>();
    const app = createHooks({
      token: null,
      signingToken: vector.signingToken,
      accept: (hints) => relay.send(hints),
      count: (event, outcome) =>
        void counts.set(`${event} ${outcome}`, (counts.get(`${event} ${outcome}`) ?? 0) + 1),
      volatile: () => volatile,
      failures: failures(),
      clientAddress: () => "127.0.0.1",
      now: () => vectorTime,
    });
    const listener = getRequestListener(app.fetch);
    const hooks = await serve((incoming, outgoing) => void listener(incoming, outgoing));
    const polls = await serve((_incoming, outgoing) => void outgoing.end("polled"));
    const send = (hook: number) => {
      const body = JSON.stringify({ event_name: "project_update", project_id: projectOf(hook) });
      const headers = signedHeaders(body, { id: `hook-${hook}` });
      return ask(hooks, "/hooks/gitlab", body, headers);
    };
    const statuses = new Map<number, number>();
    for (let first = 0; first < HOOKS; first += BATCH) {
      const sent = Array.from({ length: BATCH }, (_, at) => send(first + at));
      expect(await ask(polls, "/traefik/config")).toBe(200);
      for (const status of await Promise.all([...sent, send(first)])) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      await clock.runTo(clock.now() + BATCH);
    }
    await relay.settled();
    await clock.runTo(clock.now() + 3_600_000);
    return { queue, reads, fulls, statuses, counts };
  }

  it("over ten thousand projects cost a few reads and two full ones", async () => {
    const { queue, reads, fulls, statuses, counts } = await flood((hook) => hook + 1);
    expect([...statuses].sort()).toEqual([
      [200, HOOKS / BATCH],
      [202, HOOKS],
    ]);
    expect([...counts].sort()).toEqual([
      ["project_update accepted", HOOKS],
      ["project_update duplicate", HOOKS / BATCH],
    ]);
    expect(fulls).toBeLessThanOrEqual(2);
    expect(reads.length).toBeLessThanOrEqual(30);
    expect(queue.pending()).toEqual({ projects: 0, watches: 0, running: 0 });
  });

  it("over one project cost a handful", async () => {
    const { reads, fulls } = await flood(() => 12);
    expect(fulls).toBe(0);
    // At once and every 5 s of the ten that they take, then 5, 30 and 120 s after the last.
    expect(reads.length).toBeGreaterThanOrEqual(5);
    expect(reads.length).toBeLessThanOrEqual(7);
  });
});
