import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRedisStore } from "../../src/store/redis.ts";
import { whoAnswered } from "../support/asker.ts";
import { type Backend, startBackend } from "../support/backends.ts";
import { zone } from "../support/console.ts";
import { randomOf } from "../support/random.ts";
import { redisSettings } from "../support/redis.ts";
import { type Replicas, type ReplicaSlot, startReplicas } from "../support/replicas.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

// Three consoles that are killed, stopped, cut off and slowed down at random, and their Redis too,
// while clients change things at all of them. Longer: TARDIS_TEST_CHAOS_SECONDS=300.

const SECONDS = Number(process.env["TARDIS_TEST_CHAOS_SECONDS"] ?? 20);
const SEED = Number(process.env["TARDIS_TEST_CHAOS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const CLIENTS = 4;
const PATIENCE_MS = 6_000;

describeWithService(["traefik", "redis"], "three consoles in trouble", () => {
  let replicas: Replicas;
  let backend: Backend;
  /** What the clients were told, kept outside of the system. */
  const made = new Map<string, string>();
  const removed = new Set<string>();
  /** Nobody was told of these: they may be there or not. */
  const unsure = new Set<string>();
  /** What clients have asked for and not been told yet, given up by them or not. */
  const underWay = new Set<Promise<unknown>>();

  beforeAll(async () => {
    backend = await startBackend("service");
    const quotas = { changesPerHour: 1_000_000 };
    replicas = await startReplicas({
      config: { quotas: { person: { ...quotas, endpoints: 100_000 } } },
    });
    await replicas.slots[0]?.api("POST", "/persons", { username: "alice" });
    await replicas.agreed();
  }, 60_000);
  afterAll(async () => {
    await replicas?.close();
    await backend?.close();
  });

  const who = async (path: string) =>
    whoAnswered(
      await request({ port: replicas.traefik.httpsPort, host: `alice.${zone}`, path, tls: {} }),
    );

  /** One client: makes endpoints at whichever console, and removes some of them. */
  async function change(client: number, random: (below: number) => number, until: number) {
    for (let turn = 0; performance.now() < until; turn++) {
      const slot = replicas.slots[random(replicas.slots.length)] as ReplicaSlot;
      const path = `/c${client}-${turn}`;
      const mine = [...made].filter(([each]) => each.startsWith(`/c${client}-`));
      const old = random(3) === 0 ? mine[random(mine.length)] : undefined;
      const target = old?.[0] ?? path;
      const asked =
        old === undefined
          ? slot.api("POST", "/endpoints", { owner: "alice", path, target: backend.url })
          : slot.api("DELETE", `/endpoints/${old[1]}`);
      const answered = asked.catch(() => undefined);
      const late = delay(PATIENCE_MS).then(() => undefined);
      const answer = await Promise.race([answered, late]);
      underWay.add(answered);
      void answered.finally(() => underWay.delete(answered));
      if (answer?.status === 201) made.set(path, (answer.body as { id: string }).id);
      else if (answer?.status === 204) {
        made.delete(target);
        removed.add(target);
      } else {
        // Refused for certain, or nobody knows.
        unsure.add(target);
        made.delete(target);
      }
      await delay(random(20));
    }
  }

  type Trouble = (slot: ReplicaSlot, ms: number) => Promise<void>;
  const troubles: Record<string, Trouble> = {
    killed: async (slot) => {
      await slot.end("SIGKILL");
      await slot.start();
    },
    ended: async (slot) => {
      await slot.end("SIGTERM");
      await slot.start();
    },
    stopped: async (slot, ms) => {
      slot.process?.kill("SIGSTOP");
      await delay(ms);
      slot.process?.kill("SIGCONT");
    },
    cut: async ({ proxy }, ms) => {
      proxy.cut();
      await delay(ms);
      proxy.restore();
    },
    stalled: async ({ proxy }, ms) => {
      proxy.stall();
      await delay(ms);
      proxy.restore();
    },
    unanswered: async ({ proxy }, ms) => {
      proxy.swallowAnswers();
      await delay(ms);
      proxy.restore();
    },
    slow: async ({ proxy }, ms) => {
      proxy.slow(30);
      await delay(ms);
      proxy.restore();
    },
    "Redis stopped": async (_slot, ms) => {
      replicas.redis.signal("SIGSTOP");
      await delay(ms / 2);
      replicas.redis.signal("SIGCONT");
    },
    "Redis killed": async () => {
      await replicas.redis.kill();
      await replicas.redis.start();
    },
  };

  async function trouble(random: (below: number) => number, until: number): Promise<string[]> {
    const done: string[] = [];
    const names = Object.keys(troubles);
    while (performance.now() < until) {
      const name = names[random(names.length)] as string;
      const slot = replicas.slots[random(replicas.slots.length)] as ReplicaSlot;
      done.push(`${name} ${slot.name}`);
      await troubles[name]?.(slot, 200 + random(2_000));
      await delay(random(500));
    }
    return done;
  }

  it(
    `lose nothing acknowledged, and agree in the end (${SECONDS} s, TARDIS_TEST_CHAOS_SEED=${SEED})`,
    async () => {
      const random = randomOf(SEED);
      const until = performance.now() + SECONDS * 1_000;
      const clients = Array.from({ length: CLIENTS }, (_, client) =>
        change(client, randomOf(SEED + client + 1), until),
      );
      const done = await trouble(random, until);
      await Promise.all(clients);
      // A console may still carry out what its client has given up.
      await Promise.all(underWay);
      const story = () => done.slice(-12).join(", ");

      const revision = await replicas.agreed(60_000);
      const polled = await Promise.all(replicas.slots.map((slot) => slot.poll()));
      for (const { body, etag, restored } of polled) {
        expect(body === polled[0]?.body, story()).toBe(true);
        expect([etag, restored]).toEqual([polled[0]?.etag, false]);
      }

      const settings = redisSettings(replicas.redis.port);
      const head = join(replicas.redis.folder, "head");
      const { store } = openRedisStore(settings, { head });
      const archive = await store.archive();
      let next = 1;
      let parent = "";
      for await (const link of archive.links()) {
        expect([link.revision, link.parent]).toEqual([next++, parent]);
        parent = link.commit;
      }
      await store.close();
      expect([next - 1, archive.position.revision]).toEqual([revision, revision]);
      const there = new Set(
        [...archive.entities].flatMap(([key, value]) =>
          key.startsWith("endpoint/") ? [(value as { path: string }).path] : [],
        ),
      );
      const lost = [...made.keys()].filter((path) => !there.has(path));
      const undead = [...removed].filter((path) => there.has(path) && !unsure.has(path));
      expect({ lost, undead }, story()).toEqual({ lost: [], undead: [] });
      const known = new Set([...made.keys(), ...unsure]);
      expect([...there].filter((path) => !known.has(path))).toEqual([]);
      // It was no quiet time: things were made, and things went wrong.
      expect(made.size).toBeGreaterThan(SECONDS);
      const paths = [...made.keys()];
      for (const path of [paths[0], paths[Math.floor(paths.length / 2)], paths.at(-1)]) {
        await waitFor(async () => (await who(path ?? "")) === "service", {
          describe: () => `${path} to be routed; ${replicas.traefik.log().slice(-2_000)}`,
        });
      }
    },
    SECONDS * 1_000 + 120_000,
  );
});
