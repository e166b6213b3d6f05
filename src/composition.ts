import { hostname } from "node:os";
import type { ReachOptions } from "./checks/reach.ts";
import { isShared, type Config } from "./config.ts";
import type { Core } from "./core.ts";
import { Drain } from "./drain.ts";
import type { Send } from "./gitlab-pages/client/send.ts";
import type { DomainDns } from "./gitlab-pages/domains/dns.ts";
import type { GitLabPages } from "./gitlab-pages/module.ts";
import type { Health } from "./internal.ts";
import { type Modules, modulesFor, type Systems } from "./modules.ts";
import type { Logger } from "./observability/log.ts";
import { createMetrics, type Metrics } from "./observability/metrics.ts";
import { Freshness } from "./publisher/freshness.ts";
import { originsOf, settingsDigest } from "./publisher/origin.ts";
import { Provider } from "./publisher/provider.ts";
import { Publisher } from "./publisher/publisher.ts";
import { SharedPollers } from "./publisher/shared-pollers.ts";
import { Replica } from "./replica.ts";
import { type CoreOverrides, createCore, domainDnsFor } from "./state-api.ts";
import { LiveDocument } from "./traefik/live-document.ts";
import { version } from "./version.ts";

/** A store that answers at all does so far sooner; a poll is not kept for one that is frozen. */
const FRESH_PATIENCE_MS = 500;

/** What tests replace; everything has its real default. */
export interface Overrides extends CoreOverrides {
  readonly log?: Logger;
  /** Calls GitLab. */
  readonly send?: Send;
  /** The first admin token, as the operator chose it. */
  readonly bootstrapToken?: string | undefined;
  /** Where members' buckets, databases and namespaces are, in place of the configured ones. */
  readonly systems?: Systems;
  /** How the doctor reaches systems. */
  readonly reach?: ReachOptions;
  /** Told the first admin token, when one was drawn. */
  readonly onBootstrapToken?: (secret: string) => unknown;
}

/** What a console is made of, before anything of it runs. */
export interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly core: Core;
  /** The document, as it follows the state. */
  readonly live: LiveDocument;
  readonly publisher: Publisher;
  readonly provider: Provider;
  readonly replica: Replica;
  /** Who polls any of the replicas, where there may be several. */
  readonly shared: SharedPollers | undefined;
  readonly gitlabPages: GitLabPages | undefined;
  readonly domainDns: DomainDns | undefined;
  readonly modules: Modules;
  readonly drain: Drain;
  readonly health: () => Health;
}

/** Makes the parts that the configuration asks for, and ties them together. Nothing is started. */
export async function makeParts(config: Config, log: Logger, overrides: Overrides): Promise<Parts> {
  const metrics = createMetrics();
  const originOf = originsOf(config, version);
  const domainDns = domainDnsFor(config, overrides.now ?? (() => new Date()));
  const core = createCore(config, log, overrides, {
    publisher: () => publisher,
    gitlabPages: () => gitlabPages,
    domainDns,
    modules: () => modules,
    originOf,
  });
  const settings = { ...config, rules: core.rules };
  const live = new LiveDocument(settings);
  const publisher: Publisher = new Publisher({
    live,
    lastGood: core.lastGood,
    origin: () => originOf(core.ledger?.position.lineage ?? ""),
    metrics,
    log,
  });
  const freshness = new Freshness({
    catchUp: () => core.requireLedger().catchUp(),
    canAsk: () => core.canFollow,
    patience: FRESH_PATIENCE_MS,
  });
  const replica = new Replica({
    volatile: () => core.volatile,
    position: () => core.ledger?.position,
    name: `${hostname()}-${process.pid}`,
    release: version,
    settings: settingsDigest(config),
    log,
  });
  const gitlabPages = config.gitlab.enabled
    ? // Its client takes long to load, and most consoles start without it.
      new (await import("./gitlab-pages/module.ts")).GitLabPages({
        config: config.gitlab,
        publicUrl: config.publicUrl,
        table: { rules: core.rules, userhomes: config.userhomes.enabled },
        ledger: () => (core.fault === undefined ? core.ledger : undefined),
        volatile: () => core.volatile,
        leads: () => replica.leads,
        metrics,
        log,
        send: overrides.send,
      })
    : undefined;
  const modules = await modulesFor(
    {
      config,
      ledger: () => (core.fault === undefined ? core.ledger : undefined),
      volatile: () => core.volatile,
      leads: () => replica.leads,
      metrics,
      log,
    },
    overrides.systems,
  );
  const provider = new Provider({
    publisher,
    fresh: isShared(config) ? () => freshness.look() : undefined,
    metrics,
    token: config.internal.token,
    maxHeldPolls: config.internal.maxHeldPolls,
  });
  const shared = isShared(config)
    ? new SharedPollers({
        own: provider,
        id: replica.id,
        name: replica.name,
        volatile: () => core.volatile,
        log,
      })
    : undefined;
  const drain = new Drain();
  return {
    config,
    log,
    metrics,
    core,
    live,
    publisher,
    provider,
    replica,
    shared,
    gitlabPages,
    domainDns,
    modules,
    drain,
    health: () => healthOf(core, publisher, replica, drain),
  };
}

function healthOf(core: Core, publisher: Publisher, replica: Replica, drain: Drain): Health {
  const problems = [core.fault?.reason, publisher.problem, replica.problem];
  if (drain.begun) {
    drain.noticed();
    problems.push("This console is ending.");
  }
  return {
    ready: publisher.current !== undefined && !drain.begun,
    revision: publisher.current?.revision ?? null,
    problems: problems.filter((problem) => problem !== undefined),
  };
}
