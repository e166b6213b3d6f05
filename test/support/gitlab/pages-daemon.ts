import { posix } from "node:path";
import { type LookupPath, lookUp } from "./lookup.ts";
import type { GitLabWorld } from "./world.ts";

/** What a request to the daemon gets. */
export type Served =
  /** The content of a project. `namespaceId` is who owns the project now, or owned it last. */
  | {
      readonly kind: "site";
      readonly projectId: number;
      readonly namespaceId: number;
      readonly deploymentId: number;
      /** The file within the site, without a slash in front. */
      readonly file: string;
    }
  /** To the unique or primary domain. */
  | { readonly kind: "redirect"; readonly location: string; readonly projectId: number }
  /** To the sign-in, for a private site. */
  | { readonly kind: "sign-in"; readonly location: string; readonly projectId: number }
  /** The daemon's own part of a sign-in. */
  | { readonly kind: "auth" }
  | { readonly kind: "none" };

/** How the daemon keeps what GitLab told it, in milliseconds. */
export interface DaemonOptions {
  /** How long an answer counts; 60,000 when left out (`gitlab_cache_refresh`). */
  readonly refreshAfter?: number;
  /**
   * The real daemon does not wait for the new answer: the first request after `refreshAfter` still
   * gets the old one while it is younger than this (`gitlab_cache_expiry`, 600,000 by default). Left
   * out, an answer that no longer counts is not used at all.
   */
  readonly staleUntil?: number;
}

/**
 * A Pages daemon: it resolves hosts from the world as it is, and keeps each host's answer for a
 * while, unknown hosts too. Any file of a deployment is there. Sources: GitLab's documentation,
 * "GitLab Pages administration" (cache, access control), and the daemon's source (the longest prefix
 * counts, in real case; `/foo` is `/foo/`; redirects are 308; sign-in goes by `projects.<zone>`).
 * HTTPS is not forced.
 */
export class PagesDaemon {
  readonly world: GitLabWorld;
  private readonly refreshAfter: number;
  private readonly staleUntil: number;
  private readonly cache = new Map<string, { paths: readonly LookupPath[] | null; at: number }>();
  /** How often GitLab was asked. */
  lookups = 0;

  constructor(world: GitLabWorld, options: DaemonOptions = {}) {
    this.world = world;
    this.refreshAfter = options.refreshAfter ?? 60_000;
    this.staleUntil = options.staleUntil ?? 0;
  }

  /** As after a restart. */
  forget(): void {
    this.cache.clear();
  }

  /**
   * @param authority a host, in any case, with or without a port
   * @param target a path, with a query or not
   */
  serve(authority: string, target: string): Served {
    const host = authority.replace(/:\d+$/, "").toLowerCase();
    const { pathname, search, searchParams } = new URL(`http://host${target}`);
    const path = decoded(pathname);
    if (path === "/auth" && this.world.accessControl && searchParams.has("state")) {
      const first = host === `projects.${this.world.zone}` && searchParams.has("domain");
      if (first || searchParams.has("code")) return { kind: "auth" };
    }
    const found = pick(this.resolve(host) ?? [], path);
    if (!found) return { kind: "none" };
    const { projectId } = found;
    const elsewhere = redirectOf(found, host, path);
    if (elsewhere) return { kind: "redirect", location: `${elsewhere}${search}`, projectId };
    if (found.accessControl) {
      const query = new URLSearchParams({ domain: `https://${host}`, state: `state-${projectId}` });
      const location = `https://projects.${this.world.zone}/auth?${query.toString()}`;
      return { kind: "sign-in", location, projectId };
    }
    const namespaceId = this.world.projects.get(projectId)?.namespaceId ?? found.namespaceId;
    const file = cleaned(path).slice(found.prefix.length);
    return { kind: "site", projectId, namespaceId, deploymentId: found.deploymentId, file };
  }

  private resolve(host: string): readonly LookupPath[] | null {
    const now = this.world.now().getTime();
    const kept = this.cache.get(host);
    const age = kept ? now - kept.at : Infinity;
    if (kept && age <= this.refreshAfter) return kept.paths;
    const paths = lookUp(this.world, host);
    this.lookups++;
    this.cache.set(host, { paths, at: now });
    return kept && age < this.staleUntil ? kept.paths : paths;
  }
}

function pick(paths: readonly LookupPath[], path: string): LookupPath | undefined {
  const clean = cleaned(path);
  return paths
    .toSorted((one, other) => other.prefix.length - one.prefix.length)
    .find(({ prefix }) => clean.startsWith(prefix) || `${clean}/` === prefix);
}

/** Where the site is to be seen instead: without the project's part of the path, nor its prefix. */
function redirectOf(found: LookupPath, host: string, path: string): string | undefined {
  const rest = `/${encodeURI(path.slice(found.prefix.length))}`;
  if (found.primaryDomain && new URL(found.primaryDomain).host !== host)
    return `${found.primaryDomain}${rest}`;
  if (found.uniqueHost && found.uniqueHost !== host) return `https://${found.uniqueHost}${rest}`;
  return undefined;
}

/** Without empty and dotted segments and the slash at the end. */
function cleaned(path: string): string {
  return posix.normalize(path).replace(/(.)\/$/, "$1");
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
