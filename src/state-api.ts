import { setTimeout as delay } from "node:timers/promises";
import { clientAddress } from "./auth/client-address.ts";
import { Core, type Api } from "./core.ts";
import { isShared, type Config } from "./config.ts";
import { DomainDns } from "./gitlab-pages/domains/dns.ts";
import type { GitLabPages } from "./gitlab-pages/module.ts";
import { noModules, type Modules } from "./modules.ts";
import type { Logger } from "./observability/log.ts";
import type { Publisher } from "./publisher/publisher.ts";

const BREATH_MS = 30;
/** Someone waits for the page; a DNS server that takes longer is as good as none. */
const DNS_TIMEOUT_MS = 5000;

/** What tests replace; both have their real default. */
export interface CoreOverrides {
  readonly now?: () => Date;
  /** How long people are let in by a state that is cut off from the store, in milliseconds. */
  readonly staleMs?: number;
}

/** What a server has beside the state: its publisher, which is made after the state's core. */
export interface Publishing {
  readonly publisher: () => Publisher;
  readonly gitlabPages: () => GitLabPages | undefined;
  readonly domainDns: DomainDns | undefined;
  readonly modules: () => Modules;
  readonly originOf: (lineage: string) => string;
}

/** The state and its API, without listeners: for a server, and for the command line beside none. */
export function createCore(
  config: Config,
  log: Logger,
  overrides: CoreOverrides = {},
  publishing?: Publishing,
): Core {
  const now = overrides.now ?? (() => new Date());
  const domainDns = publishing === undefined ? domainDnsFor(config, now) : publishing.domainDns;
  const core: Core = new Core({
    config,
    log,
    now,
    staleMs: overrides.staleMs,
    api: (ledger, actor): Api =>
      lazyApi(async () => {
        const { createApi } = await import("./api/app.ts");
        return createApi({
          ledger,
          rules: core.rules,
          config,
          sessions: core.sessions,
          tries: core.tries,
          now,
          log,
          clientAddress: (context) => clientAddress(context, config.http.trustedProxies),
          gitlabPages: () => publishing?.gitlabPages(),
          modules: () => publishing?.modules() ?? noModules,
          published: () => publishing?.publisher().current?.revision ?? null,
          domainDns,
          ...(actor === undefined ? {} : { actor }),
        });
      }),
    onLoaded: async ({ revision, lineage }) => {
      if (publishing === undefined || isShared(config)) return;
      const { publisher, originOf } = publishing;
      // Polls are answered before the records of a large host keep this process busy.
      if (await publisher().resume(revision, originOf(lineage))) await delay(BREATH_MS);
    },
  });
  return core;
}

/** Looks up custom domains. One for all of this process: it keeps what DNS answered. */
export function domainDnsFor({ gitlab, zone }: Config, now: () => Date): DomainDns | undefined {
  if (!gitlab.enabled) return undefined;
  return new DomainDns({ ...gitlab.domains, zone, timeoutMs: DNS_TIMEOUT_MS, now });
}

/** The API's modules take as long to load as all the rest: Traefik gets its document first. */
function lazyApi(create: () => Promise<Api>): Api {
  let created: Promise<Api> | undefined;
  return {
    fetch: async (request, env) => {
      created ??= create();
      return (await created).fetch(request, env);
    },
  };
}
