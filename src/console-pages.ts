import { Hono, type Context } from "hono";
import { servicesOf } from "./api/services.ts";
import type { Config } from "./config.ts";
import { adminPages } from "./console/admin/pages.ts";
import type { Delivery } from "./console/delivery.ts";
import { pages } from "./console/pages/app.ts";
import { siteOf } from "./console/site.ts";
import type { PageEnv } from "./console/visitor.ts";
import type { Core } from "./core.ts";
import type { Doctor } from "./doctor/doctor.ts";
import type { DomainDns } from "./gitlab-pages/domains/dns.ts";
import type { GitLabPages } from "./gitlab-pages/module.ts";
import type { Modules } from "./modules.ts";
import type { Logger } from "./observability/log.ts";
import type { Publisher } from "./publisher/publisher.ts";
import type { Pollers } from "./publisher/shared-pollers.ts";
import type { Replica } from "./replica.ts";
import type { Ledger } from "./store/ledger.ts";
import type { LiveDocument } from "./traefik/live-document.ts";

/** What of a running console people see on its pages. */
export interface PageParts {
  readonly core: Core;
  readonly config: Config;
  readonly publisher: Publisher;
  readonly pollers: Pollers;
  readonly replica: Replica;
  readonly live: LiveDocument;
  readonly gitlabPages: GitLabPages | undefined;
  readonly modules: Modules;
  readonly domainDns: DomainDns | undefined;
  readonly doctor: Doctor;
  readonly clientAddress: (context: Context) => string;
  readonly log: Logger;
  /** How far changes have come. */
  readonly delivery: () => Delivery;
}

/** The pages of a state: members' and admins'. */
export function createPages(ledger: Ledger, parts: PageParts): Hono<PageEnv> {
  const { core, config, publisher, pollers, replica, live, gitlabPages } = parts;
  const now = () => core.now();
  const services = {
    ...servicesOf({
      ledger,
      rules: core.rules,
      config,
      now,
      log: parts.log,
      clientAddress: parts.clientAddress,
      gitlabPages: () => gitlabPages,
      modules: () => parts.modules,
      published: () => publisher.current?.revision ?? null,
      sessions: core.sessions,
      tries: core.tries,
      domainDns: parts.domainDns,
    }),
    site: siteOf(config, core.rules, now),
    delivery: parts.delivery,
  };
  const system = {
    problems: () => ({
      store: core.fault?.reason,
      publisher: publisher.problem,
      replica: replica.problem,
    }),
    publication: () => publisher.current,
    laidOut: () => live.laidOut(),
    unrouted: () => live.unrouted(),
    pollers: () => pollers.pollers(),
    doctor: parts.doctor,
  };
  return new Hono<PageEnv>()
    .route("/", pages(services))
    .route("/", adminPages({ ...services, system }));
}
