import type { ReachOptions } from "./checks/reach.ts";
import { Reach } from "./checks/reach.ts";
import type { Config } from "./config.ts";
import type { Core } from "./core.ts";
import { Doctor } from "./doctor/doctor.ts";
import type { RunningFacts, StoreFacts } from "./doctor/running.ts";
import type { Health } from "./internal.ts";
import type { Provider } from "./publisher/provider.ts";
import type { Publisher } from "./publisher/publisher.ts";
import type { Replica } from "./replica.ts";

export interface SelfCheckOptions {
  readonly core: Core;
  readonly config: Config;
  readonly publisher: Publisher;
  readonly provider: Provider;
  readonly replica: Replica;
  readonly health: () => Health;
  readonly internalPort: number;
  readonly reach?: ReachOptions | undefined;
}

/** The doctor of this console: it sees the configuration in force and all that the console knows. */
export function createDoctor(options: SelfCheckOptions): Doctor {
  const { core, config } = options;
  const startedAt = core.now();
  const subject = {
    config,
    now: () => core.now(),
    reach: new Reach(options.reach),
    state: async () => core.ledger?.state,
    volatile: () => core.volatile,
  };
  const store = async () => storeFacts(core);
  return new Doctor({
    // Loaded when somebody asks: Traefik has its document sooner.
    parts: async () => {
      const { partsOf } = await import("./doctor/parts.ts");
      return partsOf({ subject, running: runningFacts(options, startedAt), store });
    },
    now: subject.now,
  });
}

/** What a core says of its store. */
export function storeFacts(core: Core): StoreFacts {
  return {
    place: core.store?.place ?? `of ${core.config.data}`,
    fault: core.fault?.reason,
    revision: core.ledger?.position.revision ?? null,
    changedAt: async () => {
      const [last] = (await core.ledger?.store.history({ reverse: true, limit: 1 })) ?? [];
      const at = last?.event["at"];
      return typeof at === "string" ? new Date(at) : null;
    },
  };
}

function runningFacts(options: SelfCheckOptions, startedAt: Date): RunningFacts {
  const { publisher, provider, replica, health, config, internalPort, core } = options;
  const { current } = publisher;
  const tags = new Set([current?.document.traefik.etag, current?.document.json.etag]);
  const { host } = config.internal;
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const at = reached.includes(":") ? `[${reached}]` : reached;
  // The store's own fault is told of with the store.
  const { fault } = core;
  return {
    startedAt,
    internalUrl: `http://${at}:${internalPort}`,
    publishedRevision: current?.revision ?? null,
    isRestored: current?.restored ?? false,
    problems: health().problems.filter((problem) => problem !== fault?.reason),
    leads: replica.leads,
    replicas: () => replica.all(),
    pollers: provider.pollers().map(({ name, revision, etag, at }) => ({
      name,
      revision: tags.has(etag) ? (current?.revision ?? revision) : revision,
      at,
      isNewest: tags.has(etag),
    })),
  };
}
