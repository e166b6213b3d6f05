import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import type { Connection } from "mysql2/promise";
import type { Config } from "../../src/config.ts";
import { consoleGrants } from "../../src/databases/console-grants.ts";
import { Databases } from "../../src/databases/module.ts";
import { MysqlServer } from "../../src/databases/mysql-server.ts";
import {
  createAccount,
  deleteAccount,
  renewPassword,
  updateAccount,
  type DrawnAccount,
  type UpdateAccountInput,
} from "../../src/databases/verbs/accounts.ts";
import {
  createDatabase,
  deleteDatabase,
  restoreDatabase,
} from "../../src/databases/verbs/databases.ts";
import type { Verb } from "../../src/domain/decision.ts";
import type { Database, DatabaseAccount } from "../../src/domain/entities.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import type { State } from "../../src/domain/state.ts";
import { silentLog, type Logger } from "../../src/observability/log.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { createPerson } from "../../src/owners/create.ts";
import type { Outcome } from "../../src/reconcile/attempt.ts";
import { Ledger, newId } from "../../src/store/ledger.ts";
import { openLevelStore } from "../../src/store/leveldb.ts";
import { MemoryVolatile } from "../../src/store/memory-volatile.ts";
import { testConfig } from "../support/domain.ts";
import { temporaryFolder } from "../support/folder.ts";
import type { MariadbServer } from "../support/mariadb.ts";
import { toldLedger, toldSystem } from "../support/told.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;
/** What changes something at the server. */
const CHANGES = [
  "makeDatabase",
  "dropDatabase",
  "makeAccount",
  "setPassword",
  "setLocked",
  "setConnections",
  "grant",
  "revokeAll",
  "dropAccount",
  "endSessions",
] as const;

interface HostOptions {
  readonly log?: Logger;
  /** Another way to the server, as through a proxy. */
  readonly address?: string;
  /** Nodes, where it is a cluster. */
  readonly nodes?: readonly string[];
  readonly callMs?: number;
  /** Told of each call and each commit, before whoever waits for it learns of it. */
  readonly onStep?: () => void;
}

/** Where a host's store is and what it works at: all that another process needs to go on with it. */
export interface Place {
  readonly folder: string;
  readonly config: Config["databases"];
  /** By its own clock. */
  readonly now: number;
}

/** A console's databases at a real MariaDB, with a clock that the test turns. */
export class Host {
  readonly config: Config["databases"];
  /** One server serves several hosts: each with names of its own. */
  readonly prefix: string;
  ledger!: Ledger;
  module!: Databases;
  server!: MysqlServer;
  volatile!: MemoryVolatile;
  leads = true;
  /** Calls and commits that changed something, of all that were made in this process. */
  steps = 0;
  /** Told of each call that changes something, by its name, before it is made. */
  beforeChange: (name: string) => unknown = () => undefined;
  readonly #mariadb: MariadbServer | undefined;
  readonly #folder: string;
  readonly #clock: { now: number };
  readonly #options: HostOptions;

  private constructor(
    { folder, config, now }: Place,
    options: HostOptions,
    mariadb: MariadbServer | undefined,
  ) {
    this.#mariadb = mariadb;
    this.#folder = folder;
    this.#clock = { now };
    this.#options = options;
    this.config = config;
    this.prefix = config.prefix;
  }

  static async start(mariadb: MariadbServer, options: HostOptions = {}): Promise<Host> {
    const folder = (await temporaryFolder()).path;
    const prefix = `h${randomBytes(2).toString("hex")}`;
    const user = `console-${prefix}`;
    const password = randomBytes(16).toString("hex");
    // With the very rights that an operator is told to give.
    const grants = consoleGrants({ product: "MariaDB", user, prefix });
    await mariadb.root(
      ...grants.map((statement) => statement.replace("PUT A PASSWORD HERE", password)),
    );
    const config = {
      ...testConfig().databases,
      address: options.address ?? mariadb.address,
      nodes: [...(options.nodes ?? [])],
      user,
      password,
      prefix,
    };
    return Host.open({ folder, config, now: Date.now() }, options, mariadb);
  }

  /** A host that is there already, in another process; members are let in by `mariadb` alone. */
  static async open(place: Place, options: HostOptions, mariadb?: MariadbServer): Promise<Host> {
    const host = new Host(place, options, mariadb);
    await host.#open();
    return host;
  }

  get state(): State {
    return this.ledger.state;
  }

  /** Lets another process have the store, and is a new one after it: what was in memory is gone. */
  async lend<T>(use: (place: Place) => Promise<T>): Promise<T> {
    await this.stop();
    try {
      return await use({ folder: this.#folder, config: this.config, now: this.#clock.now });
    } finally {
      await this.#open();
    }
  }

  /** Another process: what was in memory is gone, and what is volatile, too. */
  restart(): Promise<void> {
    return this.lend(async () => undefined);
  }

  async #open(): Promise<void> {
    const onStep = () => {
      this.steps++;
      this.#options.onStep?.();
    };
    const ledger = await Ledger.open(await openLevelStore(this.#folder), {
      rules: rulesFrom({ ...testConfig(), databases: this.config }),
      now: () => new Date(this.#clock.now),
    });
    this.ledger = toldLedger(ledger, onStep);
    this.volatile = new MemoryVolatile();
    const { address, nodes, user, password, tls } = this.config;
    const login = { user: user ?? "", password: password ?? "" };
    this.server = toldSystem(
      (onCall) => new MysqlServer({ address, nodes, tls, ...login, onCall }),
      CHANGES,
      onStep,
      (name) => this.beforeChange(name),
    );
    this.module = new Databases({
      config: this.config,
      ledger: () => this.ledger,
      volatile: () => this.volatile,
      leads: () => this.leads,
      metrics: createMetrics(),
      log: this.#options.log ?? silentLog,
      clock: { now: () => new Date(this.#clock.now), sleep: async () => undefined },
      server: this.server,
      callMs: this.#options.callMs ?? 8_000,
    });
  }

  async do<I, R>(verb: Verb<I, R>, input: I, actor: Actor = operator): Promise<R> {
    const { result } = await this.ledger.change(actor, (state, context) =>
      verb(state, context, input),
    );
    return result;
  }

  async person(username: string): Promise<string> {
    return (await this.do(createPerson, { username })).id;
  }

  database(owner: string, name: string): Promise<{ done: Database; outcome: Outcome }> {
    const id = newId("db", new Date());
    return this.module.settleDatabase(id, () => this.do(createDatabase, { id, owner, name }));
  }

  account(
    owner: string,
    name = "app",
    access: "read" | "write" = "write",
    databases: string[] | null = null,
  ): Promise<{ done: DrawnAccount; outcome: Outcome }> {
    const id = newId("dbacc", new Date());
    const input = { id, owner, name, access, databases };
    return this.module.settleAccount(
      id,
      () => this.do(createAccount, input),
      ({ password }) => ({ password }),
    );
  }

  renew(id: string): Promise<{ done: DrawnAccount; outcome: Outcome }> {
    return this.module.settleAccount(
      id,
      () => this.do(renewPassword, { id }),
      ({ password }) => ({ password }),
    );
  }

  update(input: UpdateAccountInput): Promise<{ done: DatabaseAccount; outcome: Outcome }> {
    return this.module.settleAccount(
      input.id,
      () => this.do(updateAccount, input),
      () => undefined,
    );
  }

  end(id: string): Promise<{ done: DatabaseAccount; outcome: Outcome }> {
    return this.module.settleAccount(
      id,
      () => this.do(deleteAccount, { id }),
      () => undefined,
    );
  }

  remove(id: string): Promise<{ done: Database; outcome: Outcome }> {
    const name = this.state.databases.get(id)?.name ?? "";
    return this.module.settleDatabase(id, () => this.do(deleteDatabase, { id, name }));
  }

  /** Puts a database back into use that is kept yet. */
  restore(id: string): Promise<{ done: Database; outcome: Outcome }> {
    return this.module.settleDatabase(id, () => this.do(restoreDatabase, { id }));
  }

  /** Moves the clock. */
  wait(ms: number): void {
    this.#clock.now += ms;
  }

  /** Moves the clock, and lets the loop do all that is due. */
  async pass(ms: number): Promise<void> {
    this.wait(ms);
    for (let turn = 0; turn < 3; turn++) {
      this.module.loop.tick();
      await this.module.loop.settled();
    }
  }

  /** The server, with an account that somebody was given; at a node of a cluster. */
  async with(
    { account, password }: DrawnAccount,
    database?: string,
    at = this.#mariadb,
  ): Promise<Connection> {
    if (at === undefined) throw new Error("members are let in where the host was started");
    const connection = await at.connect(account.name, password, database);
    // It may be ended at any time.
    connection.on("error", () => undefined);
    return connection;
  }

  /** Whether an account gets in. */
  async opens(drawn: DrawnAccount): Promise<boolean> {
    try {
      (await this.with(drawn)).destroy();
      return true;
    } catch (error) {
      const { errno } = error as { errno?: number };
      // Another password, or none: there is no such account; and a lock.
      if (errno === 1045 || errno === 4151) return false;
      throw error;
    }
  }

  /** Ends what runs, and lets go of the store. */
  async stop(): Promise<void> {
    await this.module.stop();
    await this.server.close();
    await this.ledger.close();
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Whether a statement is let through; what is thrown for another reason than a refusal is thrown. */
export async function may(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    const { errno } = error as { errno?: number };
    if (errno !== undefined && REFUSALS.has(errno)) return false;
    throw error;
  }
}

/** Access denied: to the server, a database, a table, a column, a routine, for want of a privilege; another's session. */
const REFUSALS = new Set([1044, 1045, 1095, 1142, 1143, 1227, 1370, 1290, 1410, 1449, 1698, 1873]);
