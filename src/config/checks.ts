import { signInFindings } from "./sign-in-checks.ts";
import { isLoopbackHost } from "./syntax.ts";
import type { Settings } from "./schema.ts";
import { takesTree } from "./traefik-version.ts";

/** Something that no key shows by itself. `paths` are the keys it is about, the one at fault first. */
export interface Finding {
  readonly paths: readonly (readonly string[])[];
  readonly message: string;
  readonly hint?: string;
}

/** What keys say together and must not. Expects every key by itself to be right. */
export function crossProblems(settings: Settings): Finding[] {
  const found: Finding[] = [];
  const { http, internal, limits, memberships, targets, tokens, traefik, zone } = settings;
  if (http.port !== 0 && http.port === internal.port) {
    found.push({
      paths: [
        ["internal", "port"],
        ["http", "port"],
      ],
      message: `${internal.port} is the port of both listeners`,
      hint: "http.port and internal.port must differ",
    });
  } else {
    found.push(...internalExposed(settings));
  }
  if (internal.token === null && !isLoopbackHost(internal.host)) {
    found.push({
      paths: [
        ["internal", "host"],
        ["internal", "token"],
      ],
      message: `${internal.host} is not loopback, so internal.token is mandatory`,
      hint: "set TARDIS_INTERNAL__TOKEN_FILE, and the same token in Traefik's endpoint headers",
    });
  }
  const both = traefik.entryPoints.http.find((name) => traefik.entryPoints.https.includes(name));
  if (both !== undefined) {
    found.push({
      paths: [
        ["traefik", "entryPoints", "https"],
        ["traefik", "entryPoints", "http"],
      ],
      message: `"${both}" is also in traefik.entryPoints.http`,
      hint: "an entry point serves HTTP or HTTPS",
    });
  }
  if (traefik.layout === "tree" && traefik.version !== null && !takesTree(traefik.version)) {
    found.push({
      paths: [
        ["traefik", "layout"],
        ["traefik", "version"],
      ],
      message: `traefik.version ${traefik.version} does not take traefik.layout "tree"`,
      hint: "Traefik takes it from 3.6 on",
    });
  }
  if (targets.names.some(({ suffix }) => suffix === `.${zone}`)) {
    found.push({
      paths: [["targets", "names"], ["zone"]],
      message: `".${zone}" is the zone, whose names lead back to Traefik`,
      hint: `name what is below it, like ".vm.${zone}"`,
    });
  }
  found.push(
    ...redisFindings(settings),
    ...gitLabFindings(settings),
    ...signInFindings(settings),
    ...bucketFindings(settings),
    ...databaseFindings(settings),
    ...namespaceFindings(settings),
  );
  if (limits.healthInterval.minSeconds > limits.healthInterval.maxSeconds) {
    found.push({
      paths: [
        ["limits", "healthInterval", "maxSeconds"],
        ["limits", "healthInterval", "minSeconds"],
      ],
      message: `minSeconds, ${limits.healthInterval.minSeconds}, is more than maxSeconds, ${limits.healthInterval.maxSeconds}`,
    });
  }
  if (tokens.defaultDays > tokens.maxDays) {
    found.push({
      paths: [
        ["tokens", "defaultDays"],
        ["tokens", "maxDays"],
      ],
      message: `defaultDays, ${tokens.defaultDays}, is more than maxDays, ${tokens.maxDays}`,
    });
  }
  if (memberships.renew.windowDays >= memberships.renew.termDays) {
    found.push({
      paths: [
        ["memberships", "renew", "windowDays"],
        ["memberships", "renew", "termDays"],
      ],
      message: `windowDays, ${memberships.renew.windowDays}, is not less than termDays, ${memberships.renew.termDays}`,
      hint: "else a membership could be renewed again as soon as it was",
    });
  }
  return found;
}

function redisFindings({ store, redis }: Settings): Finding[] {
  if (store !== "redis") return [];
  const plain = redis.url.startsWith("redis:");
  const found: Finding[] = [];
  for (const key of ["ca", "serverName"] as const) {
    if (!plain || redis.tls[key] === null) continue;
    found.push({
      paths: [
        ["redis", "tls", key],
        ["redis", "url"],
      ],
      message: "is given, and redis.url asks for no TLS",
      hint: `write "${redis.url.replace("redis:", "rediss:")}"`,
    });
  }
  if (redis.username !== null && redis.password === null) {
    found.push({
      paths: [
        ["redis", "username"],
        ["redis", "password"],
      ],
      message: "is given without redis.password",
      hint: "set TARDIS_REDIS__PASSWORD_FILE",
    });
  }
  if (redis.sentinelPassword !== null && redis.sentinels.length === 0) {
    found.push({
      paths: [
        ["redis", "sentinelPassword"],
        ["redis", "sentinels"],
      ],
      message: "is given, and there are no redis.sentinels",
    });
  }
  if (redis.waitReplicas > 0 && redis.waitTimeout >= redis.commandTimeout) {
    found.push({
      paths: [
        ["redis", "waitTimeout"],
        ["redis", "commandTimeout"],
        ["redis", "waitReplicas"],
      ],
      message: `${redis.waitTimeout} ms, is not less than redis.commandTimeout, ${redis.commandTimeout} ms`,
      hint: "an answer must have time to come after the replicas' one",
    });
  }
  return found;
}

function bucketFindings({ buckets }: Settings): Finding[] {
  if (!buckets.enabled) return [];
  return (["accessKey", "secretKey"] as const)
    .filter((key) => buckets[key] === null)
    .map((key) => ({
      paths: [
        ["buckets", key],
        ["buckets", "enabled"],
      ],
      message: "is missing: the console needs an account at the storage",
      hint: `set TARDIS_BUCKETS__${key.toUpperCase()}_FILE`,
    }));
}

function databaseFindings({ databases }: Settings): Finding[] {
  if (!databases.enabled) return [];
  return (["user", "password"] as const)
    .filter((key) => databases[key] === null)
    .map((key) => ({
      paths: [
        ["databases", key],
        ["databases", "enabled"],
      ],
      message: "is missing: the console needs an account at the database server",
      hint: key === "password" ? "set TARDIS_DATABASES__PASSWORD_FILE" : "set it in the file",
    }));
}

function namespaceFindings({ namespaces }: Settings): Finding[] {
  if (!namespaces.enabled || namespaces.token !== null) return [];
  const paths = [
    ["namespaces", "token"],
    ["namespaces", "enabled"],
  ];
  const message = "is missing: the console needs an account at Kubernetes";
  return [{ paths, message, hint: "set TARDIS_NAMESPACES__TOKEN_FILE" }];
}

function gitLabFindings({ gitlab, pages }: Settings): Finding[] {
  if (!gitlab.enabled) return [];
  const found: Finding[] = [];
  if (gitlab.token === null) {
    found.push({
      paths: [
        ["gitlab", "token"],
        ["gitlab", "enabled"],
      ],
      message: "is missing: GitLab shows its projects to an admin's token only",
      hint: "set TARDIS_GITLAB__TOKEN_FILE",
    });
  }
  if (!pages.enabled) {
    found.push({
      paths: [
        ["gitlab", "enabled"],
        ["pages", "enabled"],
      ],
      message: "is true, and pages.enabled is false",
      hint: "set pages.enabled and pages.url, too",
    });
  }
  const mapped = new Map<number, string>();
  for (const { namespace, owner } of gitlab.owners) {
    if (mapped.has(namespace)) {
      found.push({
        paths: [["gitlab", "owners"]],
        message: `namespace ${namespace} is given to ${mapped.get(namespace)} and to ${owner}`,
      });
    }
    mapped.set(namespace, owner);
  }
  return found;
}

/** Addresses that Traefik sends visitors to, and that are the internal listener's. */
function internalExposed({ internal, traefik, pages, userhomes }: Settings): Finding[] {
  const used: [path: readonly string[], url: string][] = [
    [["traefik", "consoleUrl"], traefik.consoleUrl],
  ];
  if (userhomes.enabled) used.push([["userhomes", "url"], userhomes.url]);
  if (pages.enabled) {
    used.push([["pages", "url"], pages.url]);
    if (pages.customDomains) {
      used.push([["pages", "challengeUrl"], pages.challengeUrl]);
      used.push([["pages", "tlsAddress"], `https://${pages.tlsAddress}`]);
    }
  }
  return used
    .filter(([, url]) => reaches(url, internal))
    .map(([path]) => ({
      paths: [path, ["internal", "port"], ["internal", "host"]],
      message: "is the internal listener's address, which must not be public",
    }));
}

function reaches(text: string, listener: { host: string; port: number }): boolean {
  const url = new URL(text);
  const defaultPort = url.protocol === "https:" ? 443 : 80;
  if (listener.port === 0 || Number(url.port || defaultPort) !== listener.port) return false;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return host === listener.host || isLoopbackHost(host);
}

/** What works and is likely not meant. One sentence each, the key first. */
export function warningsFor(
  settings: Settings,
  given: { publicUrl: boolean; local: boolean },
): string[] {
  const { http, publicUrl, redis, store, systems, zone } = settings;
  const url = new URL(publicUrl);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const warnings: string[] = [];
  const inZone = host === zone || host.endsWith(`.${zone}`);
  if (url.protocol === "https:" && inZone) {
    warnings.push(
      `publicUrl: ${host} is in the zone, so members' sites are same-site with the console; give it a domain of its own.`,
    );
  }
  if (url.protocol === "http:" && !isLoopbackHost(host)) {
    warnings.push(
      "publicUrl: without https, nobody can sign in, and tokens travel readable by everyone on the way.",
    );
  }
  if (!given.publicUrl && zone !== "localhost") {
    warnings.push(`publicUrl: not set, so the console answers at ${publicUrl} only.`);
  }
  const { gitlab } = settings;
  const isPlain = gitlab.url.startsWith("http:");
  if (gitlab.enabled && isPlain && !isLoopbackHost(new URL(gitlab.url).hostname)) {
    warnings.push("gitlab.url: without https, its token travels readable by everyone on the way.");
  }
  if (gitlab.enabled && gitlab.hooks.token === null && gitlab.hooks.signingToken === null) {
    warnings.push(
      `gitlab.hooks: no token, so hooks are not taken and a change in GitLab takes up to ${gitlab.interval} minutes.`,
    );
  }
  if (http.trustedProxies.some((cidr) => cidr.endsWith("/0"))) {
    warnings.push("http.trustedProxies: everyone is trusted, so anyone can forge their address.");
  }
  if (store === "redis" && redis.sentinels.length > 0 && systems.length === 0) {
    warnings.push(
      "systems: empty, so endpoints may target the Redis servers that the Sentinels know; name them.",
    );
  }
  if (given.local && !isLoopbackHost(http.host)) {
    warnings.push(
      `targets.loopback: without a configuration file, endpoints may target this machine's loopback, and http.host ${http.host} is not loopback; give a file for anything but a trial.`,
    );
  }
  return warnings;
}
