import { ok, warning, wrong, type Found, type Look, type ModuleDoctor } from "../checks/check.ts";
import { clockFound } from "../checks/clock.ts";
import type { Config } from "../config.ts";
import { isLoopbackHost } from "../config/syntax.ts";
import { hostOf } from "../checks/unreachable.ts";
import type { State } from "../domain/state.ts";
import { messageOf } from "../errors.ts";
import { lookAtStandings } from "../reconcile/look.ts";
import { Standings } from "../reconcile/standing.ts";
import type { Call } from "../reconcile/system.ts";
import { lookAtAccount } from "./account-look.ts";
import type { DatabaseServer, NodeState, NodeTrouble } from "./server.ts";

/** Less than a part may take, so that a server that says nothing is told of as such. */
const CALL_MS = 8_000;

/** Members' databases: the server and its nodes, what the console may do there, what stands wrong. */
export const databaseDoctor: ModuleDoctor = {
  name: "Databases",
  off: ({ databases }) => (databases.enabled ? undefined : "databases.enabled is off."),
  // It does not speak HTTP: its clock is compared in here.
  systems: () => [],
  hosts: ({ databases }) => {
    const { host, isAddress } = hostOf(`tcp://${databases.publicAddress}`);
    if (isAddress || isLoopbackHost(host)) return [];
    return [{ host, use: "members' databases", toTraefik: false }];
  },
  look: async (look, { config: { databases: config }, state, volatile, now }) => {
    // Its client takes long to load.
    const { MysqlServer } = await import("./mysql-server.ts");
    const { address, nodes, tls, user, password } = config;
    const account = { user: user ?? "", password: password ?? "" };
    const server = new MysqlServer({ address, nodes, tls, ...account });
    const signal = AbortSignal.any([look.signal, AbortSignal.timeout(CALL_MS)]);
    try {
      const stored = await state();
      const time = () => now().getTime();
      const call: Call = (work) => work(signal);
      await lookAtServer(look, server, { config, call, signal, now: time }, stored);
      if (stored !== undefined)
        await lookAtStandings(look, new Standings(volatile), namesIn(stored));
    } finally {
      await server.close();
    }
  },
};

/** What stands wrong of databases and accounts is told by these. */
export function namesIn({
  databases,
  databaseAccounts,
}: State): Readonly<Record<string, (id: string) => string | undefined>> {
  return {
    database: (id) => databases.get(id)?.name,
    databaseAccount: (id) => databaseAccounts.get(id)?.name,
  };
}

interface Way {
  readonly config: Pick<Config["databases"], "address" | "nodes" | "prefix" | "tls">;
  readonly call: Call;
  /** Ends what is asked of nodes. */
  readonly signal: AbortSignal;
  /** This machine's time, in milliseconds. */
  readonly now: () => number;
}

/**
 * The server itself, through `call`.
 * @param state undefined where it is not known: then nobody can be told to be a stranger
 */
export async function lookAtServer(
  { tell }: Pick<Look, "tell">,
  server: DatabaseServer,
  { config, call, signal, now }: Way,
  state: State | undefined,
): Promise<void> {
  // Past the circuit breaker: that one of them answers says nothing of the way that calls take.
  const nodes = await server.nodes(now, signal);
  const [main, ...others] = nodes;
  if (main === undefined) return;
  const where = "Are databases.address and databases.tls right, and is it up?";
  if ("trouble" in main) tell("server", wrong(`${main.trouble} ${where}`));
  else {
    const says = `The database server answers: ${main.kind} ${main.version}.`;
    tell("server", ok(says, { kind: main.kind, version: main.version }));
    tell("cluster", clusterFound(main, config.nodes));
    tell("tls", tlsFound(main, config.tls.mode));
  }
  for (const node of nodes) tellNode(tell, node, node === main);
  if ("trouble" in main || main.cluster?.ready === false) return;
  for (const { address, version } of others.filter(isState))
    if (version !== main.version)
      tell(address, warning(`The node ${address} is of another version, ${version}.`));

  try {
    const version = await call((signal) => server.version(signal));
    await lookAtAccount(tell, server, { version, config, call }, state);
  } catch (error) {
    tell("rights", wrong(messageOf(error)));
  }
}

type Tell = Look["tell"];

const isState = (node: NodeState | NodeTrouble): node is NodeState => !("trouble" in node);

/** What is wrong with one node, or what leads to one. */
function tellNode(tell: Tell, node: NodeState | NodeTrouble, isMain: boolean): void {
  const { address } = node;
  const name = isMain ? "The database server" : `The node ${address}`;
  const what = isMain ? "node" : address;
  if ("trouble" in node) {
    if (isMain) return;
    const why = `${name} does not answer: what is open there cannot be ended. ${node.trouble}`;
    tell(what, wrong(why));
    return;
  }
  const { cluster, aheadBy } = node;
  if (cluster !== undefined) {
    const { primary, ready, state } = cluster;
    const facts = { ...cluster };
    if (!primary || !ready) {
      const says = `${name} is cut off from its cluster (${state}): it is not of the majority. See its log and the network between the nodes.`;
      tell(what, wrong(says, facts));
    } else if (state !== "Synced") {
      tell(what, warning(`${name} takes part in its cluster, but is behind it (${state}).`, facts));
    } else tell(what, ok(`${name} takes part in its cluster.`, facts));
  } else if (!isMain) {
    const says = `${name} is of no cluster, though databases.nodes names it: leave databases.nodes empty for a server that stands alone.`;
    tell(what, wrong(says));
  }
  if (aheadBy !== undefined) {
    const clock = clockFound(name, aheadBy);
    if (isMain || clock.state !== "ok") tell(isMain ? "clock" : what, clock);
  }
}

/** Whether all nodes are known on which sessions may have to be ended. */
function clusterFound({ cluster }: NodeState, nodes: readonly string[]): Found {
  const { size } = cluster ?? { size: 0 };
  const facts = { size, named: nodes.length };
  if (cluster === undefined && nodes.length === 0)
    return ok("It stands alone: it is of no cluster.", facts);
  const says = `It is of a cluster of ${size} nodes, and databases.nodes names ${nodes.length}`;
  if (size > nodes.length) {
    return wrong(
      `${says}: what is open at the others cannot be ended when somebody is suspended.`,
      facts,
    );
  }
  if (size < nodes.length) return warning(`${says}: some are away, or none any more.`, facts);
  return ok(`${says}.`, facts);
}

function tlsFound({ address, cipher }: NodeState, mode: "off" | "verify"): Found {
  if (cipher !== undefined) return ok(`It is spoken to by TLS (${cipher}).`, { cipher });
  if (mode === "off" && isLoopbackHost(hostOf(`tcp://${address}`).host))
    return ok("It is spoken to without TLS, on this machine.", { cipher: null });
  const says =
    "It is spoken to without TLS: passwords go over the network readable. Set databases.tls.mode to verify.";
  return warning(says, { cipher: null });
}
