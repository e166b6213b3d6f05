/** Who may see a project, by GitLab's names. */
export type Visibility = "private" | "internal" | "public";
/** Who may see a project's pages: `enabled` is whoever may see the project. */
export type PagesAccess = "disabled" | "private" | "enabled" | "public";

/** GitLab's numbers for the roles that matter here (API documentation, "Roles"). */
export const roles = { guest: 10, reporter: 20, developer: 30, maintainer: 40, owner: 50 } as const;

export interface User {
  readonly id: number;
  username: string;
  name: string;
  email: string;
  isAdmin: boolean;
  /** The namespace of the user's own projects. */
  readonly namespaceId: number;
  readonly createdAt: Date;
  updatedAt: Date;
}

/** A user's namespace or a group. Groups are in groups; users' namespaces are not. */
export interface Namespace {
  readonly id: number;
  readonly kind: "user" | "group";
  /** In real case. */
  path: string;
  name: string;
  parentId: number | null;
  /** The user whose namespace this is, null for a group. */
  readonly ownerId: number | null;
  visibility: Visibility;
  /** Roles by user id. */
  readonly members: Map<number, number>;
  /** A day, as `2026-01-05`. */
  markedForDeletionOn: string | null;
  /** The path before a delayed deletion. */
  pathBefore: string | null;
  readonly createdAt: Date;
  updatedAt: Date;
}

/** One publication of a project's pages. */
export interface Deployment {
  readonly id: number;
  readonly createdAt: Date;
  /** Empty for the site's base. */
  readonly pathPrefix: string;
  readonly rootDirectory: string | null;
  readonly ciBuildId: number;
  /** When a parallel deployment ends by itself, null for never. */
  readonly expiresAt: Date | null;
  active: boolean;
}

export interface Certificate {
  readonly subject: string;
  readonly expiration: Date;
  readonly certificate: string;
}

/** A custom domain of a project. */
export interface PagesDomain {
  readonly domain: string;
  verified: boolean;
  readonly verificationCode: string;
  enabledUntil: Date | null;
  autoSsl: boolean;
  certificate: Certificate | null;
}

/** A system hook, or a project's when it has a project id. */
export interface WebHook {
  readonly id: number;
  readonly projectId: number | null;
  url: string;
  name: string | null;
  description: string | null;
  /** Sent as `X-Gitlab-Token`; the API never shows it. */
  token: string | null;
  /** `whsec_…`; the API never shows it. */
  signingToken: string | null;
  sslVerification: boolean;
  /** Which events it gets, by the API's names: `push_events`, `pipeline_events`. */
  readonly events: Record<string, boolean>;
  readonly createdAt: Date;
}

export interface Project {
  readonly id: number;
  readonly projectNamespaceId: number;
  readonly creatorId: number;
  /** In real case. */
  path: string;
  name: string;
  namespaceId: number;
  visibility: Visibility;
  pagesAccess: PagesAccess;
  archived: boolean;
  /** A day, as `2026-01-05`. */
  markedForDeletionOn: string | null;
  /** The path before a delayed deletion. */
  pathBefore: string | null;
  /** The label of its unique domain, null when that is off. */
  uniqueDomain: string | null;
  forceHttps: boolean;
  /** A URL. */
  primaryDomain: string | null;
  readonly deployments: Deployment[];
  readonly domains: PagesDomain[];
  readonly hooks: WebHook[];
  /** Roles by user id, beyond those of the groups above. */
  readonly members: Map<number, number>;
  readonly createdAt: Date;
  updatedAt: Date;
  lastActivityAt: Date;
}

/** A personal access token. */
export interface AccessToken {
  readonly id: number;
  readonly value: string;
  readonly name: string;
  readonly userId: number;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  revoked: boolean;
}
