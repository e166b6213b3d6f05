import type { Config } from "../config.ts";
import type { Owner, OwnTargetGrant, Scope } from "./entities.ts";
import { labelNextTo, labelOf, type Hostname } from "./names.ts";
import type { NamespaceLimits } from "./namespaces.ts";
import { systemAt, type System, type TargetGrant, type TargetPolicy } from "./target-policy.ts";
import { canonicalAddress, parseRange } from "./addresses.ts";
import { parsePorts } from "./targets.ts";

/** What an owner may have. */
export type Quota = Config["quotas"]["person"];

/** The parts that can be off, and what they alone give room for. */
const LIMITS_OF = {
  namespaces: ["namespaces"],
  databases: ["databases", "databaseAccounts"],
  buckets: ["buckets", "bucketKeys", "bucketGigabytes"],
} as const satisfies Record<string, readonly (keyof Quota)[]>;
export type Module = keyof typeof LIMITS_OF;
export const MODULES = Object.keys(LIMITS_OF) as readonly Module[];

/** The configuration as the domain's rules need it: parsed once, at start. */
export interface Rules {
  readonly zone: Hostname;
  /** The console's own host name, without a port. */
  readonly consoleHost: string;
  /** Labels nobody may have: the configured list, and every host of the configuration. */
  readonly reserved: ReadonlySet<string>;
  /** Exact hosts and `*.suffix` patterns that the operators keep for themselves. */
  readonly ownHosts: readonly string[];
  /** Whether a GitLab Pages site may be served at a host with several labels. */
  readonly severalLabels: boolean;
  readonly pagesEnabled: boolean;
  readonly restDays: number;
  readonly quotas: { readonly person: Quota; readonly group: Quota };
  /** The parts that are on. */
  readonly modules: ReadonlySet<Module>;
  readonly targets: TargetPolicy;
  readonly health: { readonly minSeconds: number; readonly maxSeconds: number };
  readonly memberships: {
    readonly warnDays: number;
    readonly suspend: boolean;
    /** Who renews one, from how long before its end on, and for how long. */
    readonly renew: {
      readonly self: boolean;
      readonly windowDays: number;
      readonly termDays: number;
    };
  };
  /** How many requests a person has open at once, and how long decided ones are kept. */
  readonly requests: { readonly open: number; readonly keepDays: number };
  readonly tokens: { readonly defaultDays: number; readonly maxDays: number };
  readonly signIn: {
    readonly linkMinutes: number;
    readonly invitationDays: number;
    /** Whether there is a provider that an invitation can be accepted with. */
    readonly provider: boolean;
    /** Whether somebody new becomes a person by signing in there. */
    readonly createPersons: boolean;
  };
  readonly buckets: { readonly graceDays: number; readonly gigabytes: number };
  readonly databases: { readonly graceDays: number; readonly prefix: string };
  readonly namespaces: {
    readonly graceDays: number;
    /** The most days that a kubeconfig is good for. */
    readonly kubeconfigDays: number;
    readonly limits: NamespaceLimits;
    /** The label that hosts of ingresses are below: `on`. */
    readonly hosts: string;
  };
  /** The port that visitors reach the HTTPS entry point on, for URLs shown. */
  readonly httpsPort: number;
}

const DEFAULT_PORTS: Record<string, number> = { "http:": 80, "https:": 443, "h2c:": 80 };

/** A system as the configuration spells it: a URL, `host:port`, an address, a CIDR or a name. */
function systemsOf(spelling: string, what: string): System[] {
  if (spelling.includes("://")) {
    const url = new URL(spelling);
    const port = url.port === "" ? DEFAULT_PORTS[url.protocol] : Number(url.port);
    return systemAt(url.hostname, port, what);
  }
  if (/\/\d+$/.test(spelling)) {
    return [{ kind: "range", range: parseRange(spelling), port: undefined, what }];
  }
  if (canonicalAddress(spelling) !== undefined) return systemAt(spelling, undefined, what);
  const withPort = /^(.*):(\d+)$/.exec(spelling);
  return withPort === null
    ? systemAt(spelling, undefined, what)
    : systemAt(withPort[1] ?? "", Number(withPort[2]), what);
}

function pagesSystems({ pages }: Config): System[] {
  return [
    ...systemsOf(pages.url, "pages.url"),
    ...systemsOf(pages.tlsAddress, "pages.tlsAddress"),
    ...systemsOf(pages.challengeUrl, "pages.challengeUrl"),
  ];
}

/** Where the store is, when it is not in the data folder: Redis itself, and its Sentinels. */
function redisAddresses({ store, redis }: Config): string[] {
  if (store !== "redis") return [];
  return [redis.url.replace(/^rediss?:\/\//, ""), ...redis.sentinels];
}

/** The database server itself, each node of it, and how members reach it. */
function databaseAddresses({ databases }: Config): string[] {
  if (!databases.enabled) return [];
  return [databases.address, databases.publicAddress, ...databases.nodes];
}

function targetPolicy(config: Config, localAddresses: readonly string[]): TargetPolicy {
  const grants: TargetGrant[] = [];
  for (const { cidr, ports, to } of [...config.targets.networks, ...config.targets.loopback]) {
    grants.push({
      kind: "network",
      range: parseRange(cidr),
      ports: ports.map(parsePorts),
      to: new Set(to),
    });
  }
  for (const { suffix, ports, to } of config.targets.names) {
    grants.push({ kind: "names", suffix, ports: ports.map(parsePorts), to: new Set(to) });
  }
  const { issuer } = config.signIn.oidc;
  const systems = [
    ...systemsOf(config.publicUrl, "publicUrl"),
    ...systemsOf(config.traefik.consoleUrl, "traefik.consoleUrl"),
    ...(config.pages.enabled ? pagesSystems(config) : []),
    ...(config.gitlab.enabled ? systemsOf(config.gitlab.url, "gitlab.url") : []),
    ...(issuer === null ? [] : systemsOf(issuer, "signIn.oidc.issuer")),
    ...(config.buckets.enabled ? systemsOf(config.buckets.url, "buckets.url") : []),
    ...databaseAddresses(config).flatMap((address) => systemsOf(address, "databases")),
    ...(config.namespaces.enabled ? systemsOf(config.namespaces.url, "namespaces.url") : []),
    ...(config.userhomes.enabled ? systemsOf(config.userhomes.url, "userhomes.url") : []),
    ...config.traefik.addresses.flatMap((address) => systemsOf(address, "traefik.addresses")),
    ...config.traefik.apiUrls.flatMap((url) => systemsOf(url, "traefik.apiUrls")),
    ...config.systems.flatMap((address) => systemsOf(address, "systems")),
    ...redisAddresses(config).flatMap((address) => systemsOf(address, "redis")),
  ];
  for (const [listener, what] of [
    [config.http, "http"],
    [config.internal, "internal"],
  ] as const) {
    systems.push(...systemAt(listener.host, listener.port, what));
    // A listener on all addresses is reached by each of the machine's own.
    if (listener.host === "0.0.0.0" || listener.host === "::") {
      for (const address of localAddresses) systems.push(...systemAt(address, listener.port, what));
    }
  }
  const { enabled, clusterDomain } = config.namespaces;
  return { grants, systems, services: enabled ? `.svc.${clusterDomain}` : undefined };
}

/**
 * @param localAddresses the machine's own IP addresses
 */
export function rulesFrom(config: Config, localAddresses: readonly string[] = []): Rules {
  const zone = config.zone as Hostname;
  const consoleHost = new URL(config.publicUrl).hostname;
  const reserved = new Set([...config.labels.reserved, ...config.labels.reservedAlso]);
  const hosts = [
    config.publicUrl,
    config.pages.url,
    config.pages.challengeUrl,
    config.userhomes.url,
    config.traefik.consoleUrl,
    ...(config.gitlab.enabled ? [config.gitlab.url] : []),
    ...(config.signIn.oidc.issuer === null ? [] : [config.signIn.oidc.issuer]),
    ...(config.buckets.enabled ? [config.buckets.url, config.buckets.publicUrl] : []),
    ...config.traefik.apiUrls,
    ...(config.namespaces.enabled ? [config.namespaces.url, config.namespaces.publicUrl] : []),
  ].map((url) => new URL(url).hostname);
  if (config.namespaces.enabled) hosts.push(`${config.namespaces.hosts}.${zone}`);
  hosts.push(
    ...[
      ...config.systems,
      ...config.traefik.addresses,
      ...redisAddresses(config),
      ...databaseAddresses(config),
    ].map((text) => text.replace(/^[a-z0-9]+:\/\//, "").replace(/[:/].*$/, "")),
  );
  hosts.push(...config.ownHosts.map((host) => host.replace(/^\*\./, "")));
  for (const host of hosts) {
    // The label next to the zone is what a member could ask for: `vm` of `db.vm.tardis.ac`.
    const first = labelNextTo(host, zone);
    if (first !== undefined && labelOf(`${first}.${zone}`, zone) !== undefined) reserved.add(first);
  }
  return {
    zone,
    consoleHost,
    reserved,
    ownHosts: config.ownHosts,
    severalLabels: config.pages.severalLabels,
    pagesEnabled: config.pages.enabled,
    restDays: config.labels.restDays,
    quotas: config.quotas,
    modules: new Set<Module>(
      (["namespaces", "databases", "buckets"] as const).filter((name) => config[name].enabled),
    ),
    targets: targetPolicy(config, localAddresses),
    health: config.limits.healthInterval,
    memberships: config.memberships,
    requests: config.requests,
    tokens: { defaultDays: config.tokens.defaultDays, maxDays: config.tokens.maxDays },
    signIn: {
      linkMinutes: config.signIn.linkMinutes,
      invitationDays: config.signIn.invitationDays,
      provider: config.signIn.oidc.issuer !== null,
      createPersons: config.signIn.oidc.createPersons,
    },
    buckets: { graceDays: config.buckets.graceDays, gigabytes: config.buckets.gigabytes },
    databases: { graceDays: config.databases.graceDays, prefix: config.databases.prefix },
    namespaces: {
      graceDays: config.namespaces.graceDays,
      kubeconfigDays: config.namespaces.kubeconfigDays,
      limits: config.namespaces.limits,
      hosts: config.namespaces.hosts,
    },
    httpsPort: config.traefik.httpsPort,
  };
}

/** The quota in force for an owner: the default of its kind, with what an admin set for it. */
export function quotaOf(rules: Rules, owner: Owner): Quota {
  return { ...rules.quotas[owner.kind], ...withoutUndefined(owner.quota ?? {}) };
}

/** Whether there is a limit of this kind here: not where its part is off. */
export function hasLimit({ modules }: Pick<Rules, "modules">, kind: keyof Quota): boolean {
  return MODULES.every(
    (module) =>
      modules.has(module) || !(LIMITS_OF[module] as readonly (keyof Quota)[]).includes(kind),
  );
}

/** Whether a token's scope is for anything here: not where its part is off. */
export function hasScope({ modules }: Pick<Rules, "modules">, scope: Scope): boolean {
  return !Object.hasOwn(LIMITS_OF, scope) || modules.has(scope as Module);
}

function withoutUndefined(quota: {
  readonly [K in keyof Quota]?: Quota[K] | undefined;
}): Partial<Quota> {
  return Object.fromEntries(Object.entries(quota).filter(([, value]) => value !== undefined));
}

/** The grants that an admin gave to one owner, in the form the policy compares. */
export function ownGrants(owner: Owner): TargetGrant[] {
  return (owner.targets ?? []).map((grant: OwnTargetGrant) => {
    const ports = grant.ports.map(parsePorts);
    const to = new Set([owner.name as string]);
    return "network" in grant
      ? { kind: "network", range: parseRange(grant.network), ports, to }
      : { kind: "names", suffix: grant.suffix, ports, to };
  });
}

/** Whether a host is one that the operators keep: exactly, or below a `*.suffix`. */
export function isOwnHost(rules: Pick<Rules, "ownHosts" | "consoleHost">, host: string): boolean {
  if (host === rules.consoleHost) return true;
  return rules.ownHosts.some((own) =>
    own.startsWith("*.") ? host.endsWith(own.slice(1)) : host === own,
  );
}
