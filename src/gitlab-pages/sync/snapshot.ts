import type { Place } from "./sites.ts";

/** The namespace at the top of a project's path. */
export interface RootNamespace {
  readonly id: number;
  readonly kind: "user" | "group";
  readonly path: string;
  /** The user that a personal namespace is of. */
  readonly user?: number | undefined;
}

/** A project that has, had or could have a site, as GitLab told of it. */
export interface SiteRead {
  readonly project: number;
  /** In its real case. */
  readonly projectPath: string;
  /** Undefined where it was not asked for: the project serves nothing. */
  readonly namespace: RootNamespace | undefined;
  readonly accessControl: boolean;
  /**
   * `hidden`: its Pages are switched off. `leaving`: it is scheduled for deletion. `excluded`: by our
   * configuration. `withheld`: GitLab does not show it. `unclear`: what was read does not fit together.
   * Both say nothing of the site.
   */
  readonly state:
    | "deployed"
    | "not-deployed"
    | "hidden"
    | "leaving"
    | "excluded"
    | "withheld"
    | "unclear";
  readonly places: readonly Place[];
  /** When its newest deployment was made, ISO 8601, where that was told. */
  readonly latestDeployment: string | null;
  readonly reason?: string | undefined;
}

export interface DomainRead {
  readonly domain: string;
  readonly project: number;
  readonly verified: boolean;
  readonly verificationCode: string | null;
  readonly enabledUntil: string | null;
  readonly autoSsl: boolean;
  readonly certificateUntil: string | null;
}

/** What one read of GitLab found. It speaks of what is in it, and of nothing else. */
export interface Snapshot {
  readonly sites: ReadonlyMap<number, SiteRead | "gone">;
  /** The present paths of top namespaces, by id; null for those that are gone, or below another. */
  readonly namespaces: ReadonlyMap<number, string | null>;
  /** All custom domains; undefined where they were not asked for. */
  readonly domains: readonly DomainRead[] | undefined;
  /** What an admin should know of the read, in sentences. */
  readonly notes: readonly string[];
}
