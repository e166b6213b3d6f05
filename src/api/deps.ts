import type { Context } from "hono";
import type { Sessions } from "../auth/sessions.ts";
import type { Tries } from "../auth/tries.ts";
import type { Config } from "../config.ts";
import type { Actor } from "../domain/policy.ts";
import type { GitLabPages } from "../gitlab-pages/module.ts";
import type { Rules } from "../domain/rules.ts";
import type { DomainDns } from "../gitlab-pages/domains/dns.ts";
import type { Modules } from "../modules.ts";
import type { Ledger } from "../store/ledger.ts";

/** What the API reports: never a secret, never a request's body. */
export interface ApiLog {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What the API stands on. */
export interface Deps {
  readonly ledger: Ledger;
  readonly rules: Rules;
  readonly config: Pick<
    Config,
    "userhomes" | "pages" | "gitlab" | "publicUrl" | "buckets" | "databases" | "namespaces" | "zone"
  >;
  /** The sync with GitLab; undefined where none runs. */
  readonly gitlabPages?: (() => GitLabPages | undefined) | undefined;
  /** Who is signed in at the web pages. */
  readonly sessions: Sessions;
  /** How many wrong tokens come from an address. */
  readonly tries: Tries;
  /** What keeps members' things in other systems. */
  readonly modules: () => Modules;
  readonly now: () => Date;
  readonly log: ApiLog;
  /** Where a request comes from, for the limit on wrong tokens. */
  readonly clientAddress: (context: Context) => string;
  /** The revision of the document that Traefik is given; null before the first. */
  readonly published: () => number | null;
  /** Looks up where custom domains lead to; without it, nothing is said of that. */
  readonly domainDns?: DomainDns | undefined;
  /** Acts for every request, without a token: the operator's, over the control socket. */
  readonly actor?: Actor | undefined;
}

/** What a request carries from the middleware to its handler. */
export interface ApiEnv {
  Variables: {
    requestId: string;
    actor: Actor;
  };
}

export type ApiContext = Context<ApiEnv>;
