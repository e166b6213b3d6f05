import { readFileSync } from "node:fs";
import { ok, skipped, warning, wrong, type Look, type ModuleDoctor } from "../checks/check.ts";
import { clockFound } from "../checks/clock.ts";
import { Reach } from "../checks/reach.ts";
import { hostOf } from "../checks/unreachable.ts";
import { isLoopbackHost } from "../config/syntax.ts";
import type { State } from "../domain/state.ts";
import { messageOf } from "../errors.ts";
import { lookAtStandings } from "../reconcile/look.ts";
import { Standings } from "../reconcile/standing.ts";
import type { Call } from "../reconcile/system.ts";
import type { Cluster } from "./cluster.ts";
import { tenancyOf, type Tenancy } from "./layout.ts";
import { ACCOUNT, NAMESPACE, SECRET } from "./objects.ts";
import { lookAtPrinted, PRINTED } from "./printed-look.ts";
import { rightsOf } from "./rights.ts";
import { listAll } from "./steps.ts";

/** Less than a part may take, so that a server that says nothing is told of as such. */
const CALL_MS = 8_000;
const NAMED_MAX = 3;
/** Questions that it is asked at once: there are dozens, and somebody waits. */
const AT_ONCE = 8;
/** The minor release of Kubernetes 1 that has admission policies for good. */
const MINOR_LEAST = 30;

/** Members' namespaces: the API server, what the console may do there, what holds it and members. */
export const namespaceDoctor: ModuleDoctor = {
  name: "Namespaces",
  off: ({ namespaces }) => (namespaces.enabled ? undefined : "namespaces.enabled is off."),
  // Its certificate is by an authority of its own, mostly: its clock is compared in here.
  systems: () => [],
  hosts: ({ namespaces, zone }) => {
    const ingresses = `*.${namespaces.hosts}.${zone}`;
    const { host, isAddress } = hostOf(namespaces.publicUrl);
    return [
      { host: ingresses, use: "members' ingresses", toTraefik: true },
      ...(isAddress || isLoopbackHost(host)
        ? []
        : [{ host, use: "members' kubeconfigs", toTraefik: false }]),
    ];
  },
  look: async (look, { config, state, volatile }) => {
    const { url, ca: file, token } = config.namespaces;
    const stored = await state();
    let ca: string | undefined;
    try {
      ca = file === null ? undefined : readFileSync(file, "utf8");
    } catch (error) {
      look.tell("certificates", wrong(`namespaces.ca cannot be read: ${messageOf(error)}`));
      return;
    }
    // Its client takes long to load.
    const { KubernetesCluster } = await import("./kubernetes-cluster.ts");
    const tenancy = tenancyOf(config);
    const { manager } = tenancy.layout;
    const cluster = new KubernetesCluster({ url, ca, token: token ?? "", manager });
    const signal = AbortSignal.any([look.signal, AbortSignal.timeout(CALL_MS)]);
    // One of its own for each call: so many listeners at one signal Node warns of.
    const call: Call = (work) => work(AbortSignal.any([signal]));
    try {
      await Promise.all([
        lookAtCluster(look, cluster, { tenancy, call }, stored),
        lookAtClock(look, new Reach({ ca }), url, signal),
      ]);
      if (stored !== undefined)
        await lookAtStandings(look, new Standings(volatile), namesIn(stored));
    } finally {
      cluster.close();
    }
  },
};

/** What stands wrong of namespaces and kubeconfigs is told by these. */
export function namesIn({
  namespaces,
  kubeconfigs,
}: State): Readonly<Record<string, (id: string) => string | undefined>> {
  return {
    namespace: (id) => namespaces.get(id)?.name,
    kubeconfig: (id) => kubeconfigs.get(id)?.name,
  };
}

interface Way {
  readonly tenancy: Tenancy;
  readonly call: Call;
}

/**
 * The cluster itself, through `call`.
 * @param state undefined where it is not known: then nothing can be told to be a stranger's
 */
export async function lookAtCluster(
  look: Pick<Look, "tell">,
  cluster: Cluster,
  { tenancy, call }: Way,
  state: State | undefined,
): Promise<void> {
  const { name } = cluster;
  const { tell } = look;
  let version: string;
  try {
    version = await call((signal) => cluster.version(signal));
  } catch (error) {
    tell("cluster", wrong(`${messageOf(error)} ${hintFor(messageOf(error))}`));
    return;
  }
  tell("cluster", ok(`${name} answers, version ${version}.`, { version }));
  const isNew = isNewEnough(version);
  if (!isNew) {
    const says = `${name} is older than 1.${MINOR_LEAST} (${version}): it has no admission policies, and nothing holds members and the console to what is theirs. Upgrade it.`;
    tell("version", wrong(says, { version }));
  }
  try {
    const { missing, all } = await rightsAt(cluster, { tenancy, call });
    tell("rights", rightsFound(missing, all));
    if (isNew) await lookAtPrinted(look, cluster, { tenancy, call });
    // Without its rights it cannot look further.
    if (missing.length > 0) return;
    if (state === undefined) {
      const says = "Which namespaces there are is not known while the store is not read.";
      tell("strangers", skipped(says));
      return;
    }
    tell("strangers", strangersFound(await strangersAt(cluster, { tenancy, call }, state)));
  } catch (error) {
    tell("rights", wrong(messageOf(error)));
  }
}

/** What is mostly meant by what the connection came to. */
function hintFor(message: string): string {
  if (message.includes("namespaces.token"))
    return "Give it the one that is in the secret there: see the operations guide.";
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ISSUER/.test(message))
    return "Is namespaces.ca the file of the authority that signs its certificate, and namespaces.url a name that this is for?";
  return "Is namespaces.url right, and is it up?";
}

/** @param version as Kubernetes has it: `v1.30.2+k0s` */
export function isNewEnough(version: string): boolean {
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 1 || (major === "1" && Number(minor) >= MINOR_LEAST);
}

async function rightsAt(
  cluster: Cluster,
  { tenancy, call }: Way,
): Promise<{ missing: readonly string[]; all: boolean }> {
  const rights = rightsOf(tenancy.layout);
  const missing: string[] = [];
  for (let at = 0; at < rights.length; at += AT_ONCE) {
    const some = rights.slice(at, at + AT_ONCE);
    const may = await Promise.all(
      some.map((right) => call((signal) => cluster.may(right, signal))),
    );
    for (const [index, { verb, resource }] of some.entries())
      if (may[index] !== true) missing.push(`${verb} ${resource}`);
  }
  const everything = { verb: "*", group: "*", resource: "*" };
  const all = await call((signal) => cluster.may(everything, signal));
  return { missing: [...new Set(missing)], all };
}

function rightsFound(missing: readonly string[], all: boolean) {
  const facts = { missing: missing.join(", "), all };
  if (missing.length > 0) {
    const named = missing.slice(0, NAMED_MAX).join(", ");
    const more = missing.length > NAMED_MAX ? ` and ${missing.length - NAMED_MAX} more` : "";
    return wrong(`The console lacks rights there: ${named}${more}. ${PRINTED}`, facts);
  }
  if (all) {
    const says =
      "The console may do everything there: give it the token of the account that `tardis-console kubernetes manifests` prints, as namespaces.token.";
    return warning(says, facts);
  }
  return ok("The console has all the rights there that it needs.", facts);
}

/** How many things there carry the console's mark and are of none that it knows. */
async function strangersAt(
  cluster: Cluster,
  { tenancy: { layout }, call }: Way,
  { namespaces, kubeconfigs }: State,
): Promise<number> {
  const own = { namespace: layout.consoleNamespace, label: layout.access };
  const [marked, accounts, secrets] = await Promise.all([
    listAll(cluster, NAMESPACE, { label: layout.tenant }, call),
    listAll(cluster, ACCOUNT, own, call),
    listAll(cluster, SECRET, own, call),
  ]);
  const idOf = (one: (typeof marked)[number]) => one.metadata.annotations?.[layout.id] ?? "";
  return (
    [...marked, ...accounts].filter((one) => !namespaces.has(idOf(one))).length +
    secrets.filter((one) => !kubeconfigs.has(idOf(one))).length
  );
}

function strangersFound(strangers: number) {
  const facts = { strangers };
  if (strangers === 0) {
    const says = "Everything there with the console's mark is a namespace's or a kubeconfig's.";
    return ok(says, facts);
  }
  const carry = strangers === 1 ? "1 thing there carries" : `${strangers} things there carry`;
  const says = `${carry} the console's mark (namespaces.prefix) and is not known to it: it is not touched. Remove it by hand if nobody needs it.`;
  // It opens a namespace, perhaps: whoever has it is in by no kubeconfig that anyone sees.
  return wrong(says, facts);
}

/** The API server's clock; tokens end by it. One that is not reached is told of elsewhere. */
async function lookAtClock(
  { tell }: Pick<Look, "tell">,
  reach: Reach,
  url: string,
  signal: AbortSignal,
): Promise<void> {
  const answer = await reach.get(`${url}/version`, { signal, most: 1 }).catch(() => undefined);
  if (answer?.aheadBy !== undefined) tell("clock", clockFound("Kubernetes", answer.aheadBy));
}
