import { messageOf } from "../errors.ts";
import { ifKnown, SYNC_WAIT, type Connections, type Statements } from "./connections.ts";
import type { NodeState, NodeTrouble } from "./server.ts";

const STATUS = [
  "wsrep_provider_name",
  "wsrep_cluster_size",
  "wsrep_cluster_status",
  "wsrep_ready",
  "wsrep_local_state_comment",
];

/**
 * What one server says of itself: one that is cut off from its cluster, too.
 * @param now this machine's time, in milliseconds
 */
export async function nodeState(
  address: string,
  connections: Connections,
  now: () => number,
  signal: AbortSignal,
): Promise<NodeState | NodeTrouble> {
  try {
    return await connections.use(signal, (on) =>
      withoutWaiting(on, async () => {
        const names = STATUS.map((name) => `'${name}'`).join(", ");
        const rows = await on.rows(`SHOW GLOBAL STATUS WHERE Variable_name IN (${names})`);
        const status = new Map(
          rows.map((row) => [String(row["Variable_name"]), String(row["Value"])]),
        );
        const [version] = await on.rows("SHOW VARIABLES LIKE 'version'");
        const [comment] = await on.rows("SHOW VARIABLES LIKE 'version_comment'");
        const [cipher] = await on.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
        const isClustered = (status.get("wsrep_provider_name") ?? "") !== "";
        const ready = status.get("wsrep_ready") === "ON";
        // One that is cut off refuses every SELECT.
        const aheadBy =
          isClustered && !ready ? undefined : await aheadOf(now, (sql) => on.rows(sql));
        return {
          address,
          kind: kindOf(String(version?.["Value"]), String(comment?.["Value"])),
          version: String(version?.["Value"]),
          cluster: isClustered
            ? {
                size: Number(status.get("wsrep_cluster_size")),
                primary: status.get("wsrep_cluster_status") === "Primary",
                ready,
                state: status.get("wsrep_local_state_comment") ?? "",
              }
            : undefined,
          cipher: String(cipher?.["Value"] ?? "") || undefined,
          aheadBy,
        };
      }),
    );
  } catch (error) {
    return { address, trouble: messageOf(error) };
  }
}

/** One that is cut off waits for what the others wrote in vain, and says nothing of itself meanwhile. */
async function withoutWaiting<T>(on: Statements, work: () => Promise<T>): Promise<T> {
  await ifKnown(() => on.run("SET SESSION wsrep_sync_wait = 0"));
  try {
    return await work();
  } finally {
    await ifKnown(() => on.run(SYNC_WAIT));
  }
}

async function aheadOf(
  now: () => number,
  rows: (sql: string) => Promise<{ [column: string]: unknown }[]>,
): Promise<number> {
  const before = now();
  // Without a time zone, whose hours may be two at once.
  const [row] = await rows(
    "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) AS told",
  );
  return Number(row?.["told"]) / 1e6 - (before + now()) / 2e3;
}

function kindOf(version: string, comment: string): string {
  if (/mariadb/i.test(version)) return "MariaDB";
  return /percona xtradb cluster/i.test(comment) ? "Percona XtraDB Cluster" : "MySQL";
}
