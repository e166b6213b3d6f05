import type { Context } from "hono";
import { Hono } from "hono";
import { servicesOf } from "./api/services.ts";
import type { Config } from "./config.ts";
import { adminPages } from "./console/admin/pages.ts";
import { deliveryOf } from "./console/delivery.ts";
import { Live } from "./console/live.ts";
import { pages } from "./console/pages/app.ts";
import { siteOf } from "./console/site.ts";
import type { PageEnv, Visitor } from "./console/visitor.ts";
import type { Core } from "./core.ts";
import type { DomainDns } from "./gitlab-pages/domains/dns.ts";
import type { GitLabPages } from "./gitlab-pages/module.ts";
import type { Logger } from "./observability/log.ts";
import type { Provider } from "./publisher/provider.ts";
import type { Publisher } from "./publisher/publisher.ts";
import type { Replica } from "./replica.ts";
import type { Ledger } from "./store/ledger.ts";
import type { LiveDocument } from "./traefik/live-document.ts";

/** What of a running console people see on its pages. */
export interface PageParts {
  readonly core: Core;
  readonly config: Config;
  readonly publisher: Publisher;
  readonly provider: Provider;
  readonly replica: Replica;
  readonly live: LiveDocument;
  readonly gitlabPages: GitLabPages | undefined;
  readonly domainDns: DomainDns | undefined;
  readonly clientAddress: (context: Context) => string;
  readonly log: Logger;
}

/** Who is signed in at the browser that asks, by the state of now. */
type Renew = (context: Context<PageEnv>) => Promise<Visitor | undefined>;

/** The pages for those who are signed in, and the streams that keep open ones up to date. */
export class ConsolePages {
  readonly #parts: PageParts;
  readonly #renew: Renew;
  #streams: Live | undefined;
  #closed = false;

  constructor(parts: PageParts, renew: Renew) {
    this.#parts = parts;
    this.#renew = renew;
    // Polls that were held have been answered by then, so that the pages can say who has it.
    parts.publisher.onPublish(() => this.#streams?.published());
  }

  /** The pages of a state. Streams of the one before end: it changes no more. */
  of(ledger: Ledger): Hono<PageEnv> {
    const { core, config, publisher, provider, gitlabPages, domainDns } = this.#parts;
    const now = () => core.now();
    const services = {
      ...servicesOf({
        ledger,
        rules: core.rules,
        config,
        now,
        log: this.#parts.log,
        clientAddress: this.#parts.clientAddress,
        gitlabPages: () => gitlabPages,
        published: () => publisher.current?.revision ?? null,
        domainDns,
      }),
      site: siteOf(config, now),
      sessions: core.sessions,
      delivery: () => deliveryOf(publisher, provider, core.now()),
    };
    this.#streams?.close();
    const streams = new Live({ ledger, renew: this.#renew });
    if (this.#closed) streams.close();
    this.#streams = streams;
    return new Hono<PageEnv>()
      .route("/", streams.routes())
      .route("/", pages(services))
      .route("/", adminPages({ ...services, system: this.#system() }));
  }

  /** Ends the streams: a server that closes would wait for them. */
  close(): void {
    this.#closed = true;
    this.#streams?.close();
  }

  #system() {
    const { core, publisher, provider, replica, live } = this.#parts;
    return {
      problems: () => ({
        store: core.fault?.reason,
        publisher: publisher.problem,
        replica: replica.problem,
      }),
      publication: () => publisher.current,
      laidOut: () => live.laidOut(),
      unrouted: () => live.unrouted(),
      pollers: () => provider.pollers(),
    };
  }
}
