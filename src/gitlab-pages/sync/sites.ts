import {
  inZone,
  parseHostname,
  parsePathPrefix,
  type Hostname,
  type PathPrefix,
} from "../../domain/names.ts";
import { Refusal } from "../../errors.ts";

/** Where something of a site is served. */
export interface Place {
  readonly host: Hostname;
  readonly path: PathPrefix;
  readonly serves: "site" | "redirect";
}

export interface Deployment {
  readonly url: string;
  readonly pathPrefix: string;
}

export type Sited =
  | {
      readonly places: readonly Place[];
      /** The label of the domain that is the site's own, where it has one. */
      readonly unique: string | undefined;
    }
  /** What was read does not fit together; perhaps something moved while it was read. */
  | { readonly unclear: string };

/**
 * Where GitLab serves a project's deployments. Its URLs say so in lower case, while its Pages daemon
 * takes the project's path in its real case: that comes from the project. A deployment with a path
 * prefix lies below the site's own place and needs one for itself only where the site has no other
 * (https://docs.gitlab.com/user/project/pages/parallel_deployments/).
 * @param projectPath the project's path with its namespace, in its real case
 */
export function placesOf(
  projectPath: string,
  deployments: readonly Deployment[],
  zone: Hostname,
): Sited {
  const usual = usualPlace(projectPath, zone);
  if (usual === undefined) return { unclear: `${projectPath} is no path that can be served.` };
  const places = new Map<string, Place>();
  const add = (place: Place) => places.set(place.host + place.path, place);
  let unique: string | undefined;
  const withPlace = deployments.some(({ pathPrefix }) => pathPrefix === "");
  for (const { url, pathPrefix } of deployments) {
    const found = readUrl(url);
    if (found === undefined)
      return { unclear: `GitLab serves ${projectPath} at no usual address.` };
    const below = pathPrefix === "" ? "" : `/${pathPrefix}`;
    // A domain of its own may be called as its namespace is.
    const isOwn = usual.path !== "" && found.path.toLowerCase() === below.toLowerCase();
    const isUsual = found.host === usual.host && !isOwn;
    const expected = (isUsual ? usual.path.toLowerCase() : "") + below.toLowerCase();
    if (found.path.toLowerCase() !== expected) {
      return { unclear: `GitLab serves ${projectPath} at ${found.host}${found.path}.` };
    }
    if (!isUsual) {
      const label = found.host.split(".")[0] ?? "";
      if (unique !== undefined && unique !== label) {
        return { unclear: `GitLab serves ${projectPath} at two domains.` };
      }
      unique = label;
    }
    if (below !== "" && withPlace) continue;
    try {
      const path = parsePathPrefix(`${isUsual ? usual.path : ""}${below}`);
      add({ host: found.host, path, serves: "site" });
      // The daemon sends visitors of the namespace's address on to the site's own domain.
      if (!isUsual && inZone(found.host, zone)) {
        add({ host: usual.host, path: parsePathPrefix(usual.path + below), serves: "redirect" });
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { unclear: error.message };
    }
  }
  return { places: [...places.values()], unique };
}

/**
 * Where a project's site is, unless it has a domain of its own: `cosmo/foo` at `cosmo.<zone>/foo`,
 * `cosmo/cosmo.<zone>` on the whole host.
 */
export function usualPlace(projectPath: string, zone: Hostname): Place | undefined {
  const [root = "", ...rest] = projectPath.split("/");
  try {
    const host = parseHostname(`${root}.${zone}`);
    const isNamespaces = rest.length === 1 && rest[0]?.toLowerCase() === host;
    const path = parsePathPrefix(isNamespaces ? "" : `/${rest.join("/")}`);
    return { host, path, serves: "site" };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** The host of a namespace's sites, if it can have any. */
export function namespaceHost(path: string, zone: Hostname): Hostname | undefined {
  return usualPlace(`${path.split("/")[0]}/x`, zone)?.host;
}

function readUrl(text: string): { host: Hostname; path: string } | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") return undefined;
  try {
    return { host: parseHostname(url.hostname), path: url.pathname.replace(/\/+$/, "") };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
