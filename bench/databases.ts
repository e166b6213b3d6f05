import { randomBytes } from "node:crypto";
import { consoleGrants } from "../src/databases/console-grants.ts";
import { Host } from "../test/databases/support.ts";
import { type MariadbServer, startMariadb } from "../test/support/mariadb.ts";
import { resync, type ResyncSystem } from "./resync.ts";
import { type Bench, median, plainRow, type Row, timed } from "./table.ts";

const ROUNDS = 20;
const DAYS_MS = 8 * 24 * 60 * 60_000;

/** What databases cost at a real MariaDB: one made and deleted, and looks at those of many owners. */
export const databases: Bench = {
  name: "databases",
  async run({ quick }) {
    const mariadb = await startMariadb();
    const host = await Host.start(mariadb, { callMs: 10_000 });
    try {
      return [...(await oneOfEach(host)), ...(await resync(await resyncOf(mariadb), { quick }))];
    } finally {
      await host.close();
      await mariadb.destroy();
    }
  },
};

async function oneOfEach(host: Host): Promise<Row[]> {
  const owner = await host.person("one");
  const made: number[] = [];
  const drawn: number[] = [];
  const renewed: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    made.push(await timed(() => host.database(owner, `b_${round}`)));
  for (let round = 0; round < ROUNDS; round++)
    drawn.push(await timed(() => host.account(owner, `a-${round}`)));
  const accounts = [...host.state.databaseAccounts.keys()];
  for (const id of accounts) renewed.push(await timed(() => host.renew(id)));
  const ended: number[] = [];
  for (const id of accounts) ended.push(await timed(() => host.end(id)));
  for (const { id } of host.state.databases.values()) await host.remove(id);
  const deleted = await timed(() => host.pass(DAYS_MS));
  return [
    plainRow("a database made, median", `${median(made).toFixed(0)} ms`),
    plainRow(`an account made for ${ROUNDS} databases, median`, `${median(drawn).toFixed(0)} ms`),
    plainRow("a password renewed, median", `${median(renewed).toFixed(0)} ms`),
    plainRow("an account ended, median", `${median(ended).toFixed(0)} ms`),
    plainRow("a database deleted for good", `${(deleted / ROUNDS).toFixed(0)} ms`),
  ];
}

/** Statements that change something, as the server counts them. */
const WRITES =
  /^Com_(alter|create|drop|grant|rename|revoke|insert|update|delete|replace|truncate)(?!.*_stmt)/;

/** A database and an account for each owner; by hand the account is robbed of its rights and locked. */
async function resyncOf(mariadb: MariadbServer): Promise<ResyncSystem<{ account: string }>> {
  const password = randomBytes(16).toString("hex");
  const [user, prefix] = ["console-resync", "r"];
  // With the very rights that an operator is told to give.
  const grants = consoleGrants({ product: "MariaDB", user, prefix });
  await mariadb.root(
    ...grants.map((statement) => statement.replace("PUT A PASSWORD HERE", password)),
  );
  const written = async () => {
    const rows = await mariadb.root("SHOW GLOBAL STATUS LIKE 'Com\\_%'");
    return rows
      .filter((row) => WRITES.test(String(row["Variable_name"])))
      .reduce((sum, row) => sum + Number(row["Value"]), 0);
  };
  return {
    module: "databases",
    name: "MariaDB",
    settings: { address: mariadb.address, user, password, prefix },
    async furnish(must, owner) {
      await must("POST", "/databases", { owner, name: "files" });
      const account = await must("POST", "/database-accounts", {
        owner,
        name: "app",
        access: "write",
      });
      return { account: account.name };
    },
    spoil: ({ account }) =>
      mariadb.root(
        `REVOKE ALL PRIVILEGES, GRANT OPTION FROM '${account}'@'%'`,
        `ALTER USER '${account}'@'%' ACCOUNT LOCK`,
      ),
    async countWrites() {
      const before = await written();
      return async () => (await written()) - before;
    },
  };
}
