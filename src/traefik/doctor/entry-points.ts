import { ok, warning, wrong, type Found, type Look } from "../../checks/check.ts";
import type { Config } from "../../config.ts";
import type { TraefikApi, TraefikEntryPoint, TraefikStatic } from "../api.ts";

interface Context {
  readonly config: Config;
  readonly settings: TraefikStatic | undefined;
  readonly isHttps: boolean;
}

/** Whether the entry points of `traefik.entryPoints` are there, and set as the routers need them. */
export async function lookAtEntryPoints(
  { tell }: Look,
  api: TraefikApi,
  config: Config,
  settings: TraefikStatic | undefined,
): Promise<void> {
  const found = await api.entryPoints();
  const byName = new Map(found.map((entryPoint) => [entryPoint.name, entryPoint]));
  const { http, https } = config.traefik.entryPoints;
  for (const name of [...http, ...https]) {
    const entryPoint = byName.get(name);
    const isHttps = https.includes(name);
    const what = `entry point ${name}`;
    if (entryPoint === undefined) {
      const there = [...byName.keys()].join(", ");
      const key = `traefik.entryPoints.${isHttps ? "https" : "http"}`;
      const says = `Traefik has no entry point ${name}, only ${there}: every router that names it is switched off. Set ${key} to Traefik's own names.`;
      tell(what, wrong(says));
      continue;
    }
    const faults = faultsOf(entryPoint, { config, settings, isHttps });
    if (faults.length === 0) tell(what, plain(entryPoint, isHttps));
    for (const fault of faults) tell(what, fault);
  }
}

function plain({ name, address, http }: TraefikEntryPoint, isHttps: boolean): Found {
  const facts = { address };
  const codes = http?.encodedCharacters;
  // Only what is allowed is listed.
  const denies = codes !== undefined && codes["allowEncodedSlash"] !== true;
  const also = denies ? " It answers 400 to paths with an encoded slash (%2F)." : "";
  return ok(`${name} takes ${isHttps ? "HTTPS" : "HTTP"} at ${address}.${also}`, facts);
}

function faultsOf(entryPoint: TraefikEntryPoint, context: Context): Found[] {
  const { name, address, http = {} } = entryPoint;
  const facts = { address };
  const found: Found[] = [];
  const add = (make: typeof wrong, says: string) => found.push(make(says, facts));
  if (/\/udp$/i.test(address)) {
    add(wrong, `${name} takes UDP (${address}): name one that takes TCP in traefik.entryPoints.`);
  }
  if (entryPoint.forwardedHeaders?.insecure === true) {
    add(
      warning,
      `${name} believes everybody's X-Forwarded-For (forwardedHeaders.insecure), so visitors can give any address as theirs: set forwardedHeaders.trustedIPs instead.`,
    );
  }
  if (entryPoint.proxyProtocol?.insecure === true) {
    add(
      warning,
      `${name} believes everybody's PROXY protocol (proxyProtocol.insecure), so visitors can give any address as theirs: set proxyProtocol.trustedIPs instead.`,
    );
  }
  if (http.sanitizePath === false) {
    add(
      warning,
      `${name} does not clean paths (http.sanitizePath is off), so /x/../y reaches the service of /x: take that setting away.`,
    );
  }
  if (http.aliasHeadersStrategy !== "delete" && http.aliasHeadersStrategy !== "reject") {
    add(
      warning,
      `${name} lets X_Forwarded_For and the like pass, which many servers take for headers of Traefik's own: set http.aliasHeadersStrategy to delete (3.7.12 and newer).`,
    );
  }
  if (context.isHttps) addHttps(add, entryPoint, context);
  else addHttp(add, entryPoint, context);
  return found;
}

type Add = (make: typeof wrong, says: string) => void;

function addHttps(add: Add, { name, http }: TraefikEntryPoint, { config }: Context): void {
  const resolver = http?.tls?.certResolver ?? "";
  if (resolver !== "" && config.traefik.certResolver !== null) {
    add(
      warning,
      `${name} has a certificate resolver of its own (http.tls.certResolver ${resolver}), so a certificate is ordered for each member's host, up to the authority's limit: take it away; the zone's wildcard covers them.`,
    );
  }
  if (http?.redirections?.entryPoint !== undefined) {
    add(
      wrong,
      `${name} sends all visitors on to another entry point: take http.redirections away.`,
    );
  }
}

/** Custom domains prove themselves to their authority over plain HTTP, at GitLab Pages. */
function addHttp(add: Add, entryPoint: TraefikEntryPoint, { config, settings }: Context): void {
  const { name, http } = entryPoint;
  if (http?.tls !== undefined) {
    add(wrong, `${name} speaks TLS (http.tls), so plain HTTP is not answered: take that away.`);
  }
  if (!config.pages.enabled || !config.pages.customDomains) return;
  if (http?.redirections?.entryPoint !== undefined) {
    add(
      warning,
      `${name} redirects by itself (http.redirections), before our routers, so custom domains get no certificates: take that away; our own router redirects.`,
    );
  }
  const challenger = Object.entries(settings?.certificatesResolvers ?? {}).find(
    ([, { acme }]) => acme?.httpChallenge?.entryPoint === name,
  );
  if (challenger !== undefined && entryPoint.allowACMEByPass !== true) {
    add(
      warning,
      `${name} answers ACME challenges itself, for the resolver ${challenger[0]}, so custom domains get no certificates: set allowACMEByPass on it.`,
    );
  }
}
