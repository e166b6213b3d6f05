import { createHash } from "node:crypto";
import { failureOf, ServerError } from "../../src/databases/error.ts";
import type { Password } from "../../src/databases/names.ts";
import type {
  Access,
  DatabaseServer,
  NodeState,
  NodeTrouble,
  OwnAccount,
  Session,
  Sessions,
  StoredAccount,
  StoredDatabase,
} from "../../src/databases/server.ts";
import type { AccountName, DatabaseName } from "../../src/domain/entities.ts";

interface Kept {
  password: string;
  locked: boolean;
  connections: number;
  grants: Map<DatabaseName, Access>;
}

/** A database server in memory, for what does not depend on how the real one behaves. */
export class MemoryDatabases implements DatabaseServer {
  readonly name = "MySQL";
  readonly stored = new Set<string>();
  readonly kept = new Map<string, Kept>();
  open: Session[] = [];
  /** Accounts that views, triggers or routines name as theirs: MySQL does not drop such. */
  readonly definers = new Set<string>();
  /** Whether it answers. */
  isAway = false;

  #here(): void {
    if (this.isAway) throw new ServerError("away", "The database server cannot be reached.");
  }

  #account(name: AccountName): Kept {
    this.#here();
    const found = this.kept.get(name);
    if (found === undefined) throw new ServerError("refused", "There is no such account.", 1396);
    return found;
  }

  async version() {
    this.#here();
    return {
      version: "memory",
      product: "MariaDB",
      clusterSize: 0,
      partialRevokes: false,
    } as const;
  }
  async close() {}
  async nodes(): Promise<readonly (NodeState | NodeTrouble)[]> {
    const address = "memory:3306";
    if (this.isAway) return [{ address, trouble: "The database server cannot be reached." }];
    const { version, product: kind } = await this.version();
    return [{ address, kind, version, cluster: undefined, cipher: undefined, aheadBy: 0 }];
  }
  async ownAccount(): Promise<OwnAccount> {
    this.#here();
    const on = "*.*";
    return { takenFor: "root@%", rights: [{ on, rights: ["ALL PRIVILEGES"], mayGive: true }] };
  }
  async nameless() {
    this.#here();
    return [];
  }
  async database(name: DatabaseName): Promise<StoredDatabase> {
    this.#here();
    const grantees = [...this.kept]
      .filter(([, { grants }]) => grants.has(name))
      .map(([account]) => `${account}@%`);
    return { exists: this.stored.has(name), empty: true, grantees };
  }
  async databases() {
    this.#here();
    return new Map(
      [...this.stored].map((name) => [name, { exists: true, empty: undefined, grantees: [] }]),
    );
  }
  async usage() {
    this.#here();
    return new Map([...this.stored].map((name) => [name, { bytes: 16_384, tables: 1 }]));
  }
  async makeDatabase(name: DatabaseName) {
    this.#here();
    if (this.stored.has(name)) throw new ServerError("refused", "It is there already.", 1007);
    this.stored.add(name);
  }
  async dropDatabase(name: DatabaseName) {
    this.#here();
    this.stored.delete(name);
  }
  async ownersWithin() {
    this.#here();
    return ["the event nightly runs as root@%"];
  }

  async account(name: AccountName): Promise<StoredAccount | undefined> {
    return (await this.accounts("")).get(name);
  }
  async accounts(prefix: string) {
    this.#here();
    return new Map(
      [...this.kept]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, { password, locked, connections, grants }]): [string, StoredAccount] => [
          name,
          {
            locked,
            connections,
            grants: new Map(grants),
            beside: "nothing",
            print: createHash("sha256").update(password).digest("hex"),
          },
        ]),
    );
  }
  async makeAccount(name: AccountName, password: Password, connections: number) {
    this.#here();
    if (this.kept.has(name)) throw new ServerError("refused", "It is there already.", 1396);
    this.kept.set(name, { password, locked: true, connections, grants: new Map() });
  }
  async setPassword(name: AccountName, password: Password) {
    this.#account(name).password = password;
  }
  async setLocked(name: AccountName, locked: boolean) {
    this.#account(name).locked = locked;
  }
  async setConnections(name: AccountName, connections: number) {
    this.#account(name).connections = connections;
  }
  async grant(name: AccountName, database: DatabaseName, access: Access) {
    this.#account(name).grants.set(database, access);
  }
  async revokeAll(name: AccountName) {
    this.#account(name).grants.clear();
  }
  async dropAccount(name: AccountName) {
    this.#here();
    if (this.definers.has(name)) throw failureOf({ errno: 4006 }, new AbortController().signal);
    this.kept.delete(name);
  }
  async sessions(
    of: { readonly account: AccountName } | { readonly prefix: string },
  ): Promise<Sessions> {
    this.#here();
    const isMeant = (account: string) =>
      "account" in of ? account === of.account : account.startsWith(of.prefix);
    return { open: this.open.filter(({ account }) => isMeant(account)), unseen: [] };
  }
  async endSessions(sessions: readonly Session[]) {
    this.#here();
    this.open = this.open.filter((session) => !sessions.includes(session));
  }
}
