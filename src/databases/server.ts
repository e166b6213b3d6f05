import type { AccountName, DatabaseName } from "../domain/entities.ts";
import type { Password } from "./names.ts";

export type Access = "read" | "write";

/** What an account may do in which databases, by the name of each. */
export type Grants = ReadonlyMap<DatabaseName, Access>;

/** What the server has of a database. */
export interface StoredDatabase {
  readonly exists: boolean;
  /** Nothing is in it; undefined when it was not looked into. */
  readonly empty: boolean | undefined;
  /** Accounts that have rights in a database of this very name, whether it is there or not. */
  readonly grantees: readonly string[];
}

/** An account at the server, without its password. */
export interface StoredAccount {
  readonly locked: boolean;
  /** A digest of what it logs in with: another password has another. */
  readonly print: string;
  /** Connections that it may have at once, at each node. */
  readonly connections: number;
  /** By the name or the pattern of databases as the server has it; `other`: what the console never gives. */
  readonly grants: ReadonlyMap<string, Access | "other">;
  /** What it may do beside: `rights` that the console can take away, or what only an admin can. */
  readonly beside: "nothing" | "rights" | "beyond";
}

/** An open connection of an account's. */
export interface Session {
  readonly account: string;
  /** Where it is. */
  readonly node: string;
  readonly id: number;
}

export interface Sessions {
  readonly open: readonly Session[];
  /** Nodes that did not answer: what is open there is not known. */
  readonly unseen: readonly string[];
}

/** What the server is, and whether it can be used. */
export interface ServerVersion {
  /** `10.11.19-MariaDB`. */
  readonly version: string;
  readonly product: "MariaDB" | "MySQL";
  /** Nodes of the cluster that it is one of; 0: it stands alone. */
  readonly clusterSize: number;
  /** Names of databases in rights are taken as they are, not as patterns. */
  readonly partialRevokes: boolean;
}

/** What a node, or what leads to one, says of itself. */
export interface NodeState {
  readonly address: string;
  /** `MariaDB`, `MySQL`, `Percona XtraDB Cluster`. */
  readonly kind: string;
  readonly version: string;
  /** Undefined: it is of no cluster. `state`: as it calls it, `Synced`. */
  readonly cluster:
    | {
        readonly size: number;
        readonly primary: boolean;
        readonly ready: boolean;
        readonly state: string;
      }
    | undefined;
  /** What the connection is encrypted with; undefined: it is not. */
  readonly cipher: string | undefined;
  /** Seconds that its clock is ahead of this machine's; undefined: it does not tell. */
  readonly aheadBy: number | undefined;
}

/** A node that could not be asked, and why. */
export interface NodeTrouble {
  readonly address: string;
  readonly trouble: string;
}

/** One line of what an account may do. */
export interface GivenRights {
  /** As the server has it: `*.*`, `mysql.db`, `u\_%.*`. */
  readonly on: string;
  readonly rights: readonly string[];
  /** Whether it may give them to others. */
  readonly mayGive: boolean;
}

/** The console's own account, as the server takes it. */
export interface OwnAccount {
  /** `console@%`. */
  readonly takenFor: string;
  readonly rights: readonly GivenRights[];
}

export interface DatabaseUsage {
  readonly bytes: number;
  readonly tables: number;
}

/**
 * A database server, or a cluster of them, as far as the console needs it. Each method is one step, may
 * be done again, and ends by its signal. It throws `ServerError`.
 */
export interface DatabaseServer {
  /** As people know it: `MySQL`. */
  readonly name: string;
  version(signal: AbortSignal): Promise<ServerVersion>;
  /** Closes connections that are kept. */
  close(): Promise<void>;

  /**
   * The server as it is reached, then each node of its cluster.
   * @param now this machine's time, in milliseconds
   */
  nodes(now: () => number, signal: AbortSignal): Promise<readonly (NodeState | NodeTrouble)[]>;
  ownAccount(signal: AbortSignal): Promise<OwnAccount>;
  /** Hosts of accounts without a name: from these, they take the place of accounts at `%`. */
  nameless(signal: AbortSignal): Promise<readonly string[]>;

  database(name: DatabaseName, signal: AbortSignal): Promise<StoredDatabase>;
  /** All that the console's account may see, the server's own left out, by name; none was looked into. */
  databases(signal: AbortSignal): Promise<ReadonlyMap<string, StoredDatabase>>;
  usage(signal: AbortSignal): Promise<ReadonlyMap<string, DatabaseUsage>>;
  /** @throws ServerError `refused` when there is one already */
  makeDatabase(name: DatabaseName, signal: AbortSignal): Promise<void>;
  /** With all that is in it. It may be gone already. */
  dropDatabase(name: DatabaseName, signal: AbortSignal): Promise<void>;
  /** Events that run by themselves, and views, triggers and routines that run as whoever made them. */
  ownersWithin(name: DatabaseName, signal: AbortSignal): Promise<readonly string[]>;

  account(name: AccountName, signal: AbortSignal): Promise<StoredAccount | undefined>;
  /** Those whose names begin so, by name. */
  accounts(prefix: string, signal: AbortSignal): Promise<ReadonlyMap<string, StoredAccount>>;
  /**
   * Makes it, locked and without rights.
   * @throws ServerError `refused` when there is one already
   */
  makeAccount(
    name: AccountName,
    password: Password,
    connections: number,
    signal: AbortSignal,
  ): Promise<void>;
  setPassword(name: AccountName, password: Password, signal: AbortSignal): Promise<void>;
  setLocked(name: AccountName, locked: boolean, signal: AbortSignal): Promise<void>;
  setConnections(name: AccountName, connections: number, signal: AbortSignal): Promise<void>;
  /** Beside what it may do already. */
  grant(
    name: AccountName,
    database: DatabaseName,
    access: Access,
    signal: AbortSignal,
  ): Promise<void>;
  /** Takes all rights away. What was open before keeps those in the database that it is in. */
  revokeAll(name: AccountName, signal: AbortSignal): Promise<void>;
  /** It may be gone already. Its sessions go on. */
  dropAccount(name: AccountName, signal: AbortSignal): Promise<void>;

  /** @param account of this one; undefined: of all whose names begin with the prefix */
  sessions(
    of: { readonly account: AccountName } | { readonly prefix: string },
    signal: AbortSignal,
  ): Promise<Sessions>;
  /** Some may have ended already. */
  endSessions(sessions: readonly Session[], signal: AbortSignal): Promise<void>;
}
