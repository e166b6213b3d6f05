import { z } from "zod";
import {
  entries,
  fieldInfo,
  number,
  oneOf,
  orNull,
  port,
  secret,
  text,
  texts,
  whole,
  yesNo,
  type FieldInfo,
} from "./fields.ts";
import * as networks from "./networks.ts";
import * as syntax from "./syntax.ts";
import { parseTraefikVersion } from "./traefik-version.ts";

const origin = text("URL without a path", syntax.parseOrigin);
const ports = texts("port or range", networks.parsePorts, 1).default(["1-65535"]);
const grantees = texts("username, group name or *", syntax.parseGrantee, 1).default(["*"]);
const addresses = texts("URL, host:port, host, address or CIDR", syntax.parseAddress);
const days = whole(1, 3650);
const count = whole(0, 1_000_000);

function grants(what: string, parse: syntax.Parser) {
  return entries({ cidr: text(what, parse), ports, to: grantees });
}

/** @param whose ends the descriptions: "of a person" */
function quota(whose: string) {
  return z.strictObject({
    endpoints: count.describe(`Endpoints ${whose}.`),
    labels: count.describe(`Labels ${whose}.`),
    pages: count.describe(`GitLab Pages sites ${whose}.`),
    tokens: count.describe(`API tokens ${whose} in force.`),
    namespaces: count.describe(`Kubernetes namespaces ${whose}.`),
    databases: count.describe(`MySQL databases ${whose}.`),
    databaseAccounts: count.describe(`Accounts at the databases ${whose}.`),
    buckets: count.describe(`Buckets ${whose}.`),
    bucketKeys: count.describe(`Keys to buckets ${whose}.`),
    bucketGigabytes: count.describe(`Gigabytes that all buckets ${whose} may hold, about.`),
    targetsPerEndpoint: whole(1, 1000).describe(`Servers behind one endpoint ${whose}.`),
    changesPerHour: whole(1, 1_000_000).describe(`Changes ${whose} in an hour.`),
  });
}

/**
 * What a configuration file may hold, every key with its description. It has no defaults: those
 * are in `config/defaults.yaml`, but for the keys of entries in lists.
 */
export const schema = z.strictObject({
  zone: text("DNS name", syntax.parseZone).describe(
    "The domain that members' names are under, as `tardis.ac`.",
  ),
  publicUrl: origin.describe("The console's own address, as people open it."),
  data: text("folder", syntax.parseFolder).describe(
    "Folder for the store, the last good document and the control socket.",
  ),
  store: oneOf(["leveldb", "redis"]).describe(
    "Where the state is kept: in the data folder, or in a Redis that several consoles share.",
  ),
  redis: z.strictObject({
    url: text("redis:// or rediss:// URL", syntax.parseRedisUrl).describe(
      "The server, or how the Sentinels' master is spoken to (TLS or not). Without a password.",
    ),
    username: orNull(text("name", syntax.parseName)).describe("The user; null: Redis's default."),
    password: orNull(secret("text", syntax.parseSecret)).describe("Their password."),
    database: whole(0, 1_000_000).describe("The number of the database."),
    prefix: text("name", syntax.parseName).describe("What the keys of this console begin with."),
    sentinels: texts("host:port", syntax.parseHostPort).describe(
      "Sentinels that know the master; none: `url` is the server itself.",
    ),
    sentinelName: text("name", syntax.parseName).describe("The master's name at the Sentinels."),
    sentinelPassword: orNull(secret("text", syntax.parseSecret)).describe(
      "The Sentinels' password.",
    ),
    tls: z.strictObject({
      ca: orNull(text("file", syntax.parseFile)).describe(
        "Certificates (PEM) that sign Redis's own; null: the system's.",
      ),
      serverName: orNull(text("host", syntax.parseHost)).describe(
        "The name in Redis's certificate; null: the host's.",
      ),
    }),
    commandTimeout: whole(100, 60_000).describe("Milliseconds that an answer may take."),
    durability: oneOf(["always", "everysec", "none"]).describe(
      "The least that Redis must promise of what it has acknowledged; else nothing is written.",
    ),
    waitReplicas: whole(0, 100).describe("Redis replicas that must have a change, too."),
    waitTimeout: whole(1, 60_000).describe("Milliseconds that they may take."),
    historyEvents: whole(0, 100_000_000).describe(
      "Events of the history that are kept, about; 0: all.",
    ),
  }),
  http: z.strictObject({
    host: text("address", syntax.parseListenHost).describe(
      "Where the public listener (console, API, host pages) binds.",
    ),
    port: whole(0, 65535).describe("Its port; 0 takes any free one."),
    trustedProxies: texts("CIDR", networks.parseCidr).describe(
      "Networks whose X-Forwarded-For is believed: Traefik's.",
    ),
  }),
  internal: z.strictObject({
    host: text("address", syntax.parseListenHost).describe(
      "Where the internal listener (provider, metrics, health) binds. Never expose it.",
    ),
    port: whole(0, 65535).describe("Its port; 0 takes any free one."),
    token: orNull(secret("at least 16 characters", syntax.parseToken)).describe(
      "What Traefik must send as bearer token. Mandatory when the host is not loopback.",
    ),
    maxHeldPolls: whole(0, 65536).describe("Polls held open at once; more are answered at once."),
  }),
  log: z.strictObject({
    level: oneOf(["debug", "info", "warn", "error"]).describe("The least level that is written."),
    pretty: orNull(yesNo()).describe("For people instead of JSON; null: when on a terminal."),
  }),
  traefik: z.strictObject({
    consoleUrl: origin.describe("How Traefik reaches the public listener."),
    entryPoints: z.strictObject({
      http: texts("entry point", syntax.parseEntryPoint, 1).describe("Entry points for HTTP."),
      https: texts("entry point", syntax.parseEntryPoint, 1).describe("Entry points for HTTPS."),
    }),
    certResolver: orNull(text("certificate resolver", syntax.parseResolver)).describe(
      "Gets the zone's wildcard certificate (DNS-01); null: Traefik has certificates already.",
    ),
    middlewares: texts("name@provider", syntax.parseMiddleware).describe(
      "Put on every HTTPS router, in this order.",
    ),
    layout: oneOf(["auto", "flat", "tree"]).describe(
      "How routers stand to each other. auto: a tree for many hosts, if `version` takes it.",
    ),
    version: orNull(text("version of Traefik 3", parseTraefikVersion)).describe(
      'Traefik\'s version, as `"3.7"`. From 3.6 on it takes a tree; null: not known.',
    ),
    httpsPort: port.describe("The public HTTPS port, for redirects and the URLs shown."),
    addresses: addresses.describe(
      "Traefik's own API and entry points, which no endpoint may target.",
    ),
    apiUrls: texts("URL", syntax.parseBaseUrl).describe(
      "Where the API of each Traefik is reached from here, for `doctor`; none: it is not asked.",
    ),
  }),
  pages: z.strictObject({
    enabled: yesNo().describe("Whether GitLab Pages sites are routed."),
    url: origin.describe("GitLab Pages' HTTP listener."),
    customDomains: yesNo().describe(
      "Hands TLS for hosts outside the zone, and their ACME challenges, to GitLab Pages.",
    ),
    tlsAddress: text("host:port", syntax.parseHostPort).describe(
      "GitLab Pages' TLS listener, for custom domains.",
    ),
    challengeUrl: origin.describe("Where GitLab Pages answers ACME HTTP-01 challenges."),
    proxyProtocol: yesNo().describe("Sends the PROXY protocol, version 2, to tlsAddress."),
    severalLabels: yesNo().describe("Allows sites at hosts of several labels, as `x.on.<zone>`."),
  }),
  gitlab: z.strictObject({
    enabled: yesNo().describe(
      "Whether the Pages sites of GitLab are routed by themselves; else they come by import only.",
    ),
    url: text("URL", syntax.parseBaseUrl).describe("GitLab's address."),
    token: orNull(secret("text", syntax.parseSecret)).describe(
      "An admin's access token with `read_api`; to set hooks up, `api`.",
    ),
    issuer: orNull(text("URL", syntax.parseBaseUrl)).describe(
      "The issuer of persons' GitLab identities; null: `gitlab.url`.",
    ),
    interval: whole(1, 1440).describe("Minutes between complete reads of GitLab."),
    concurrency: whole(1, 64).describe("Calls to GitLab at once."),
    timeout: whole(1, 600).describe("Seconds that an answer of GitLab may take."),
    graphql: yesNo().describe("Asks by GraphQL for a namespace's sites where that saves calls."),
    owners: entries({
      namespace: whole(1, 2_147_483_647),
      owner: text("name", syntax.parseGrantee),
    }).describe(
      "Whose the sites of a namespace of GitLab are: its id there, and the owner's name here.",
    ),
    exclude: texts("path", syntax.parseGitLabPath).describe(
      'Namespaces and projects whose sites are not routed, by path; "club/*" with all below.',
    ),
    guard: z.strictObject({
      owners: whole(1, 1_000_000).describe(
        "A read that takes the sites of so many owners away is held for an admin.",
      ),
      percent: whole(0, 100).describe("Or of so many of all owners with sites, whichever is more."),
    }),
    hooks: z.strictObject({
      token: orNull(secret("at least 16 characters", syntax.parseToken)).describe(
        "The secret token of GitLab's hooks.",
      ),
      signingToken: orNull(secret("signing token", syntax.parseSigningToken)).describe(
        "Their signing token (GitLab 19): with it, hooks without a right signature are refused.",
      ),
      projects: yesNo().describe(
        "Keeps a pipeline hook on each project that has a site; for that the token needs `api`.",
      ),
    }),
    domains: z.strictObject({
      targets: texts("host or address", syntax.parseHostOrAddress).describe(
        "Where custom domains must point to; none: where the zone itself points to.",
      ),
      resolvers: texts("address:port", syntax.parseAddressPort).describe(
        "DNS servers to look that up at; none: the machine's.",
      ),
    }),
  }),
  buckets: z.strictObject({
    enabled: yesNo().describe("Whether members have buckets at an object storage, which is MinIO."),
    url: origin.describe("Its address, as the console reaches it."),
    publicUrl: origin.describe("Its address, as members reach it."),
    region: text("name", syntax.parseName).describe("The region that it says it is in."),
    accessKey: orNull(secret("text", syntax.parseSecret)).describe(
      "The console's own account there.",
    ),
    secretKey: orNull(secret("text", syntax.parseSecret)).describe("Its secret key."),
    prefix: text("name", syntax.parseName).describe(
      "The group that members' accounts are put into, and what their policies begin with.",
    ),
    interval: whole(1, 1440).describe("Minutes between looks at all buckets and keys."),
    graceDays: whole(0, 365).describe("Days for which a deleted bucket can be had back."),
    gigabytes: whole(1, 1_000_000).describe("What a bucket may hold unless it is asked for."),
  }),
  databases: z.strictObject({
    enabled: yesNo().describe(
      "Whether members have databases at MySQL (Percona XtraDB Cluster) or MariaDB.",
    ),
    address: text("host:port", syntax.parseHostPort).describe(
      "The server, as the console reaches it; of a cluster, what leads to the node that is written to.",
    ),
    publicAddress: text("host:port", syntax.parseHostPort).describe(
      "The server, as members reach it.",
    ),
    nodes: texts("host:port", syntax.parseHostPort).describe(
      "Each node of a cluster by itself: open sessions are ended where they are; none: there is no cluster.",
    ),
    user: orNull(text("name", syntax.parseName)).describe("The console's own account there."),
    password: orNull(secret("text", syntax.parseSecret)).describe("Its password."),
    tls: z.strictObject({
      mode: oneOf(["off", "verify"]).describe(
        "Whether connections are by TLS, with a certificate that is looked at.",
      ),
      ca: orNull(text("file", syntax.parseFile)).describe(
        "Certificates (PEM) that sign the server's own; null: the system's.",
      ),
      serverName: orNull(text("host", syntax.parseHost)).describe(
        "The name in the server's certificate; null: the address's.",
      ),
    }),
    prefix: text("name", syntax.parseDatabasePrefix).describe(
      "What the names of members' databases and accounts begin with; those that are made keep theirs.",
    ),
    connections: whole(1, 10_000).describe(
      "Connections that an account may have at once, at each node.",
    ),
    interval: whole(1, 1440).describe("Minutes between looks at all databases and accounts."),
    graceDays: whole(0, 365).describe("Days for which a deleted database can be had back."),
  }),
  namespaces: z.strictObject({
    enabled: yesNo().describe("Whether members have namespaces at Kubernetes."),
    url: origin.describe("Its API server, as the console reaches it."),
    publicUrl: origin.describe("Its API server, as members reach it."),
    ca: orNull(text("file", syntax.parseFile)).describe(
      "Certificates (PEM) that sign the API server's own; null: the system's.",
    ),
    token: orNull(secret("text", syntax.parseSecret)).describe(
      "The token of the console's own service account there.",
    ),
    prefix: text("label", syntax.parseReservedLabel).describe(
      "What the console's own objects there are called after.",
    ),
    hosts: text("label", syntax.parseReservedLabel).describe(
      "Ingresses of `alice` may be at `alice.<this>.<zone>`, and below.",
    ),
    clusterDomain: text("DNS name", syntax.parseZone).describe(
      "The domain of the cluster's own DNS; services in it are their owners' targets alone.",
    ),
    traefik: z.strictObject({
      namespace: orNull(text("label", syntax.parseReservedLabel)).describe(
        "The namespace of Traefik's pods, which may reach members'; null: it has none.",
      ),
      networks: texts("CIDR", networks.parseCidr).describe(
        "Networks that Traefik's requests come from otherwise: of nodes, where it is on theirs.",
      ),
    }),
    closedNetworks: texts("CIDR", networks.parseCidr).describe(
      "What members' pods may not reach: the host's own networks.",
    ),
    interval: whole(1, 1440).describe("Minutes between looks at all namespaces."),
    graceDays: whole(0, 365).describe("Days for which a deleted namespace can be had back."),
    kubeconfigDays: whole(1, 365).describe("The most days that a kubeconfig is good for."),
    limits: z.strictObject({
      cpu: whole(1, 10_000_000).describe("What a namespace may use, in thousandths of a core."),
      memory: whole(1, 100_000_000).describe("Memory, in MiB."),
      pods: whole(0, 10_000).describe("Pods."),
      storage: whole(0, 1_000_000).describe("Volumes, in GiB."),
    }),
  }),
  userhomes: z.strictObject({
    enabled: yesNo().describe("Whether names that nothing else claims go to the userhomes server."),
    url: origin.describe("The userhomes server."),
    passHostHeader: yesNo().describe("Sends it the visitor's Host header."),
  }),
  ownHosts: texts("host or *.suffix", syntax.parseOwnHost).describe(
    "Hosts of the operators: never passed through to GitLab Pages, never challenged there.",
  ),
  systems: addresses.describe(
    "Addresses that no endpoint may target: databases, Redis, GitLab, API servers.",
  ),
  labels: z.strictObject({
    restDays: whole(0, 3650).describe("Days for which a name given back is nobody else's."),
    reserved: texts("label", syntax.parseReservedLabel).describe("Names that no member may take."),
    reservedAlso: texts("label", syntax.parseReservedLabel).describe("Added to `reserved`."),
  }),
  targets: z.strictObject({
    networks: grants("CIDR", networks.parseNetwork).describe(
      "Networks that endpoints may target, on which ports, and whose endpoints.",
    ),
    names: entries({ suffix: text("suffix", syntax.parseSuffix), ports, to: grantees }).describe(
      "Host names that endpoints may target, by what they end in. The operators control its DNS.",
    ),
    loopback: grants("loopback CIDR", networks.parseLoopback).describe(
      "Loopback addresses that endpoints may target. Without a file and a zone: all of them.",
    ),
  }),
  quotas: z.strictObject({ person: quota("of a person"), group: quota("of a group") }),
  limits: z.strictObject({
    inFlight: orNull(whole(1, 1_000_000)).describe("Requests at once for one endpoint; null: any."),
    responseHeaderTimeout: orNull(number(0.1, 86_400)).describe(
      "Seconds that a target has to start its answer; null: any.",
    ),
    healthInterval: z.strictObject({
      minSeconds: whole(1, 86_400).describe("The shortest interval of health checks, in seconds."),
      maxSeconds: whole(1, 86_400).describe("The longest interval of health checks, in seconds."),
    }),
  }),
  memberships: z.strictObject({
    warnDays: whole(0, 3650).describe("Days before its end that a membership is warned about."),
    suspend: yesNo().describe("Whether an ended membership suspends the person."),
    renew: z.strictObject({
      self: yesNo().describe("Whether members renew theirs by themselves; else they ask an admin."),
      windowDays: whole(1, 3650).describe("Days before its end from which on it can be renewed."),
      termDays: whole(2, 3650).describe("Days for which it is renewed, from its end on."),
    }),
  }),
  requests: z.strictObject({
    open: whole(0, 1000).describe("Requests that one person may have before the admins at once."),
    keepDays: whole(1, 3650).describe("Days for which a request is kept that was decided."),
  }),
  tokens: z.strictObject({
    defaultDays: days.describe("Life of an API token when none is asked for, in days."),
    maxDays: days.describe("The longest life of an API token, in days."),
    bootstrapHours: whole(1, 8760).describe("Life of the first admin token, in hours."),
  }),
  signIn: z.strictObject({
    idleHours: whole(1, 8760).describe("Hours after which a session ends that is not used."),
    sessionDays: days.describe("The longest life of a session, in days."),
    linkMinutes: whole(1, 1440).describe(
      "Life of a sign-in link when none is asked for, in minutes.",
    ),
    invitationDays: days.describe("Life of an invitation when none is asked for, in days."),
    oidc: z.strictObject({
      issuer: orNull(text("URL", syntax.parseIssuer)).describe(
        "The OpenID Connect provider, as GitLab's address; null: sign-in links only.",
      ),
      clientId: orNull(text("word", syntax.parseScope)).describe(
        "The console's application id there.",
      ),
      clientSecret: orNull(secret("text", syntax.parseSecret)).describe(
        "Its secret; null: a public client.",
      ),
      scopes: texts("scope", syntax.parseScope, 1).describe("What is asked for; with `openid`."),
      caption: text("text", syntax.parseCaption).describe("What the sign-in page calls it."),
      usernameClaim: text("claim", syntax.parseScope).describe(
        "Where a new person's name comes from.",
      ),
      createPersons: yesNo().describe(
        "Whether whoever signs in there for the first time becomes a person; else by invitation.",
      ),
    }),
    admins: z.strictObject({
      group: orNull(whole(1, 2_147_483_647)).describe(
        "The id of the group in GitLab whose members are admins; null: by their role here only.",
      ),
      level: whole(5, 60).describe("The least role in it, as GitLab counts: 40 is Maintainer."),
      hours: whole(1, 720).describe(
        "Hours after a sign-in for which that holds, as long as GitLab says so.",
      ),
    }),
  }),
});

export type Settings = z.output<typeof schema>;

/** A key of the configuration, and the names of the levels that lead to it. */
export interface Leaf extends FieldInfo {
  readonly path: readonly string[];
}

let leaves: readonly Leaf[] | undefined;

/** Every key that holds a value, in the order of the schema. */
export function allLeaves(): readonly Leaf[] {
  leaves ??= leavesOf(schema, []);
  return leaves;
}

function leavesOf(section: z.ZodType, path: readonly string[]): Leaf[] {
  const info = fieldInfo(section);
  if (info !== undefined) return [{ ...info, path }];
  if (!(section instanceof z.ZodObject)) throw new Error(`${path.join(".")} has no description`);
  return Object.entries(section.shape).flatMap(([key, field]) =>
    leavesOf(field as z.ZodType, [...path, key]),
  );
}
