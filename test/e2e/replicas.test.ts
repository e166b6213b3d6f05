import { Agent, request as httpRequest } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Backend, startBackend } from "../support/backends.ts";
import { zone } from "../support/console.ts";
import { whoAnswered } from "../support/asker.ts";
import { type Replicas, startReplicas } from "../support/replicas.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

/** Polls without end, as Traefik does, and keeps what it got. */
function startPoller(port: number, poller: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const revisions: number[] = [];
  const failures: string[] = [];
  let stopped = false;
  const once = () =>
    new Promise<void>((resolve) => {
      const path = `/traefik/config?wait=300ms&poller=${poller}`;
      const outgoing = httpRequest({ port, host: "127.0.0.1", path, agent }, (response) => {
        response.resume();
        response.once("end", () => {
          if (response.statusCode === 200) {
            revisions.push(Number(response.headers["tardis-revision"]));
          } else failures.push(String(response.statusCode));
          resolve();
        });
      });
      outgoing.once("error", (error) => {
        failures.push(error.message);
        resolve();
      });
      outgoing.end();
    });
  const running = (async () => {
    while (!stopped) await once();
  })();
  return {
    revisions,
    failures,
    async stop() {
      stopped = true;
      await running;
      agent.destroy();
    },
  };
}

describeWithService(["traefik", "redis"], "three consoles on one Redis", () => {
  let replicas: Replicas;
  let backend: Backend;

  beforeAll(async () => {
    backend = await startBackend("alice's service");
    replicas = await startReplicas();
    const created = await replicas.slots[0]?.api("POST", "/persons", { username: "alice" });
    expect(created?.status).toBe(201);
  }, 60_000);
  afterAll(async () => {
    await replicas?.close();
    await backend?.close();
  });

  const slot = (index: number) => replicas.slots[index % replicas.slots.length]!;
  const add = async (at: number, path: string) => {
    const body = { owner: "alice", path, target: backend.url };
    const answer = await slot(at).api("POST", "/endpoints", body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body as { id: string; revision: number };
  };
  const who = async (path: string) =>
    whoAnswered(
      await request({ port: replicas.traefik.httpsPort, host: `alice.${zone}`, path, tls: {} }),
    );

  it("give the same bytes, and each sees at once what another acknowledged", async () => {
    for (let turn = 0; turn < 12; turn++) {
      const { revision } = await add(turn, `/p${turn}`);
      // Whichever is polled next knows of it, or it would be something older.
      const polled = await Promise.all(replicas.slots.map((each) => each.poll()));
      for (const { status, body, revision: at } of polled) {
        expect([status, at]).toEqual([200, revision]);
        expect(body).toBe(polled[0]?.body);
        expect(body).toContain(`/p${turn}\``);
      }
      expect(new Set(polled.map(({ etag }) => etag)).size).toBe(1);
      const json = await slot(turn).poll("?format=json");
      expect(JSON.parse(json.body)).toHaveProperty("http.routers.zone-default");
    }
    await waitFor(async () => (await who("/p11")) === "alice's service", {
      describe: () => `the last endpoint to be routed\n${replicas.traefik.log()}`,
    });
  });

  it("decide a race for one place for one of those who want it", async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        slot(n).api("POST", "/endpoints", { owner: "alice", path: "/race", target: backend.url }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(11).fill(409)]);
    const many = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        slot(n).api("POST", "/persons", { username: `member-${n}` }),
      ),
    );
    expect(many.map(({ status }) => status)).toEqual(Array(30).fill(201));
    const revisions = many.map(({ body }) => (body as { revision: number }).revision);
    expect(new Set(revisions).size).toBe(30);
    expect(await replicas.agreed()).toBe(Math.max(...revisions));
  });

  it("hold a poll on any, and release it for what another wrote", async () => {
    await replicas.agreed();
    for (const [index, holding] of replicas.slots.entries()) {
      const poller = startPoller(holding.internalPort, `held-${index}`);
      await waitFor(() => poller.revisions.length > 1, { describe: "a held poll" });
      const { revision } = await add(index + 1, `/held-${index}`);
      await waitFor(() => poller.revisions.at(-1) === revision, { describe: "the news" });
      await poller.stop();
      expect(poller.failures).toEqual([]);
    }
  });

  it("are replaced one after the other without one failed poll, and none goes back", async () => {
    const pollers = [1, 2, 3].map((n) => startPoller(replicas.pollPort, `p${n}`));
    const before = replicas.traefik.log().length;
    let stopped = false;
    let added = 0;
    const adding = (async () => {
      for (; !stopped; added++) {
        // Somebody else takes the change while one is away.
        for (let tries = 0; ; tries++) {
          const body = { owner: "alice", path: `/roll-${added}`, target: backend.url };
          const answer = await slot(added + tries)
            .api("POST", "/endpoints", body)
            .catch(() => undefined);
          if (answer?.status === 409) break;
          if (answer?.status !== 201) continue;
          const { id } = answer.body as { id: string };
          // Traefik knows nothing of its servers' health for a moment after each reload.
          await waitFor(() => replicas.traefik.router(`endpoint-${id}`), { describe: "its route" });
          break;
        }
      }
    })();
    for (const each of replicas.slots) {
      const seen = added;
      await waitFor(() => added > seen + 3, { describe: "some changes" });
      await each.end("SIGTERM");
      await each.start();
      const { ready } = await each.health();
      expect(ready).toBe(true);
      // The next one goes when this one is known to be back.
      const service = () => replicas.traefik.service("consoles@file");
      await waitFor(
        async () =>
          (await service())?.serverStatus?.[`http://127.0.0.1:${each.internalPort}`] === "UP",
        { describe: "it to be back" },
      );
    }
    stopped = true;
    await adding;
    await replicas.agreed();
    for (const poller of pollers) {
      await poller.stop();
      expect(poller.failures).toEqual([]);
      expect(poller.revisions.length).toBeGreaterThan(5);
      expect(poller.revisions).toEqual(poller.revisions.toSorted((a, b) => a - b));
    }
    expect(replicas.traefik.log().slice(before)).not.toMatch(/Provider error|cannot fetch/i);
    await waitFor(async () => (await who(`/roll-${added - 1}`)) === "alice's service", {
      describe: "the last one to be routed",
    });
  }, 90_000);
});
