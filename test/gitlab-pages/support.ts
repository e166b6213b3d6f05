import { operator } from "../../src/domain/policy.ts";
import type { Person } from "../../src/domain/entities.ts";
import type { Hostname } from "../../src/domain/names.ts";
import type { Clock } from "../../src/gitlab-pages/clock.ts";
import { GitLab as Client } from "../../src/gitlab-pages/client/gitlab.ts";
import { Transport } from "../../src/gitlab-pages/client/transport.ts";
import { SyncEngine, type EngineOptions, type SyncLedger } from "../../src/gitlab-pages/engine.ts";
import { SyncRecords, type SyncRun } from "../../src/gitlab-pages/runs.ts";
import { createPerson } from "../../src/owners/create.ts";
import { updatePerson } from "../../src/owners/update.ts";
import { createLog } from "../../src/observability/log.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import type { HostRoutes } from "../../src/traefik/routes.ts";
import { hostRoutes, routingTable } from "../../src/traefik/table.ts";
import { runToEnd } from "../../src/turns.ts";
import { World } from "../support/domain.ts";
import { GitLab } from "../support/gitlab/gitlab.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";

export const ZONE = "tardis.test";
export const GITLAB_URL = "https://gitlab.example";

/** Time that passes only by being slept through, or by hand. */
export class HandClock implements Clock {
  #now = Date.parse("2026-03-01T12:00:00.000Z");
  /** All that was slept, in milliseconds. */
  slept = 0;

  now(): Date {
    return new Date(this.#now);
  }

  async sleep(ms: number): Promise<void> {
    this.slept += ms;
    this.pass(ms);
  }

  pass(ms: number): void {
    this.#now += ms;
  }
}

export interface SceneOptions {
  readonly owners?: ReadonlyMap<number, string>;
  readonly exclude?: readonly string[];
  readonly guard?: { readonly owners: number; readonly percent: number };
  readonly graphql?: boolean;
  readonly env?: Record<string, string>;
}

/** A console's state beside a GitLab, with the engine between the two; no sockets, no store. */
export function scene(options: SceneOptions = {}) {
  const clock = new HandClock();
  const world = new World({
    TARDIS_ZONE: ZONE,
    TARDIS_PAGES__ENABLED: "true",
    ...options.env,
  });
  const gitlabWorld = new GitLabWorld({ now: () => clock.now(), url: GITLAB_URL, zone: ZONE });
  const root = gitlabWorld.createUser("root", { isAdmin: true });
  const token = gitlabWorld.createToken(root);
  const gitlab = new GitLab(gitlabWorld);
  /** What was written to the history. */
  const events: { actor: string; summary: string; owners: readonly string[] }[] = [];
  const usage = { calls: 0, waitedMs: 0 };
  const transport = new Transport({
    url: GITLAB_URL,
    concurrency: 4,
    timeoutMs: 30_000,
    clock,
    send: gitlab.send,
    random: () => 0.5,
    onCall: () => usage.calls++,
    onWait: (ms) => (usage.waitedMs += ms),
  });
  const commit: SyncLedger["change"] = async (actor, decide) => {
    world.now = clock.now();
    const before = world.state;
    const decided = decide(before, world.context(actor));
    const result = world.take(decided);
    events.push({ actor: actor.name, ...decided.event });
    return { result, revision: world.state.revision, before, after: world.state };
  };
  let afterPlan: (() => Promise<unknown>) | undefined;
  const ledger: SyncLedger = {
    get state() {
      return world.state;
    },
    change: commit,
    changeInTurns: async (actor, decide, holds) => {
      for (;;) {
        world.now = clock.now();
        const { state } = world;
        const decided = runToEnd(decide(state, world.context(actor)));
        const between = afterPlan;
        afterPlan = undefined;
        await between?.();
        if (world.state === state && holds?.() !== false) return commit(actor, () => decided);
      }
    },
  };
  const records = new SyncRecords(() => volatile);
  const volatile = new MemoryVolatile(() => clock.now().getTime());
  let fullsAskedFor = 0;
  let leads = true;
  const engineOptions: EngineOptions = {
    gitlab: new Client({ url: GITLAB_URL, token, transport }),
    ledger: () => ledger,
    records,
    settings: {
      rules: world.rules,
      issuer: GITLAB_URL,
      owners: options.owners ?? new Map(),
      guard: options.guard ?? { owners: 10, percent: 20 },
    },
    exclude: options.exclude ?? [],
    concurrency: 4,
    graphql: options.graphql ?? true,
    clock,
    log: createLog({ level: "error", pretty: false }),
    usage: () => ({ ...usage }),
    requestFull: () => fullsAskedFor++,
    leads: () => leads,
    signal: new AbortController().signal,
  };
  const engine = new SyncEngine(engineOptions);
  let runs = 0;
  const table = { rules: world.rules, userhomes: true };
  return {
    clock,
    world,
    gitlab,
    gitlabWorld,
    root,
    engine,
    records,
    events,
    /** Another replica beside the same store and GitLab. */
    replica: () => new SyncEngine(engineOptions),
    /** Another replica has taken the lead. */
    loseLead: () => {
      leads = false;
    },
    /** Happens once, between the plan of a read of everything and its commit. */
    whenPlanned: (work: () => Promise<unknown>) => {
      afterPlan = work;
    },
    get fullsAskedFor() {
      return fullsAskedFor;
    },
    /** A read of everything. */
    sync: (approved?: ReadonlySet<number>): Promise<SyncRun> =>
      engine.all({ id: `run-${++runs}`, by: "test", actor: operator, approved }),
    /** A member here, who is the user of that id in GitLab. */
    member: (username: string, user?: { readonly id: number }): Person => {
      const person = world.do(createPerson, { username });
      if (user === undefined) return person;
      const identities = [{ issuer: GITLAB_URL, subject: String(user.id) }];
      return world.do(updatePerson, { id: person.id, identities });
    },
    /** Where Pages are served, as `host/path project`, sorted. */
    served: (): string[] => servedBy(routingTable(world.state, table).hosts.values()),
    /** Why pages are not routed, as `host/path: state: reason`. */
    unserved: (): string[] =>
      routingTable(world.state, table)
        .unrouted.filter(({ kind }) => kind === "page")
        .map(({ id, state, reason }) => {
          const page = world.state.pages.get(id);
          return `${page?.host}${page?.path}: ${state}: ${reason}`;
        })
        .toSorted(),
    /** What answers on the whole of a host. */
    restOf: (host: string): string =>
      hostRoutes(world.state, table, host as Hostname).routes.at(-1)?.kind ?? "nobody",
  };
}

export type Scene = ReturnType<typeof scene>;

function servedBy(hosts: Iterable<HostRoutes>): string[] {
  const served: string[] = [];
  for (const { host, routes } of hosts) {
    for (const { kind, path, service } of routes) {
      if (kind !== "page" || service.kind !== "pages") continue;
      served.push(`${host}${path} ${service.page?.projectPath}`);
    }
  }
  return served.toSorted();
}
