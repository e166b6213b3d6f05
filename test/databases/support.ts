import { randomBytes } from "node:crypto";
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
import { createDatabase, deleteDatabase } from "../../src/databases/verbs/databases.ts";
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

export const DAY_MS = 24 * 60 * 60 * 1000;

/** The console's process ends here: nothing that it was about to do is done. */
export class Crash extends Error {}

interface HostOptions {
  readonly log?: Logger;
  /** Another way to the server, as through a proxy. */
  readonly address?: string;
  /** Nodes, where it is a cluster. */
  readonly nodes?: readonly string[];
  readonly callMs?: number;
}

/** A console's databases at a real MariaDB, with a clock that the test turns, and ends of its process. */
export class Host {
  readonly mariadb: MariadbServer;
  readonly config: Config["databases"];
  readonly ledger: Ledger;
  /** One server serves several hosts: each with names of its own. */
  readonly prefix: string;
  module!: Databases;
  server!: MysqlServer;
  volatile!: MemoryVolatile;
  leads = true;
  /** After so many calls and commits the process ends; each is done, and nothing after it. */
  crashAfter = Number.POSITIVE_INFINITY;
  /** Calls and commits so far. */
  acts = 0;
  readonly #clock: { now: number };
  readonly #options: HostOptions;
  readonly #close: () => Promise<void>;

  private constructor(
    mariadb: MariadbServer,
    ledger: Ledger,
    clock: { now: number },
    config: Config["databases"],
    options: HostOptions,
    close: () => Promise<void>,
  ) {
    this.mariadb = mariadb;
    this.ledger = ledger;
    this.#clock = clock;
    this.#options = options;
    this.#close = close;
    this.config = config;
    this.prefix = config.prefix;
    this.#begin();
  }

  static async start(mariadb: MariadbServer, options: HostOptions = {}): Promise<Host> {
    const folder = await temporaryFolder();
    const clock = { now: Date.now() };
    const prefix = `h${randomBytes(2).toString("hex")}`;
    const user = `console-${prefix}`;
    const password = randomBytes(16).toString("hex");
    // With the very rights that an operator is told to give.
    const grants = consoleGrants({ product: "MariaDB", user, prefix });
    await mariadb.root(
      ...grants.map((statement) => statement.replace("PUT A PASSWORD HERE", password)),
    );
    const whole = testConfig();
    const databases = {
      ...whole.databases,
      address: options.address ?? mariadb.address,
      nodes: [...(options.nodes ?? [])],
      user,
      password,
      prefix,
    };
    const ledger = await Ledger.open(await openLevelStore(folder.path), {
      rules: rulesFrom({ ...whole, databases }),
      now: () => new Date(clock.now),
    });
    return new Host(mariadb, ledger, clock, databases, options, async () => {
      await ledger.close();
      await folder.remove();
    });
  }

  get state(): State {
    return this.ledger.state;
  }

  /** Another process: what was in memory is gone, and what is volatile, too. */
  async restart(): Promise<void> {
    await this.server.close();
    this.#begin();
  }

  #begin(): void {
    this.crashAfter = Number.POSITIVE_INFINITY;
    this.acts = 0;
    this.volatile = new MemoryVolatile();
    const { address, nodes, user, password, tls } = this.config;
    this.server = new MysqlServer({
      address,
      nodes,
      tls,
      user: user ?? "",
      password: password ?? "",
      onCall: () => this.#act(),
    });
    const ledger = new Proxy(this.ledger, {
      get: (target, name) => {
        if (name !== "change") {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (...args: Parameters<Ledger["change"]>) => {
          const committed = await target.change(...args);
          this.#act();
          return committed;
        };
      },
    });
    this.module = new Databases({
      config: this.config,
      ledger: () => ledger,
      volatile: () => this.volatile,
      leads: () => this.leads,
      metrics: createMetrics(),
      log: this.#options.log ?? silentLog,
      clock: { now: () => new Date(this.#clock.now), sleep: async () => undefined },
      server: this.server,
      callMs: this.#options.callMs ?? 8_000,
    });
  }

  #act(): void {
    if (++this.acts > this.crashAfter) throw new Crash("the process has ended");
  }

  async do<I, R>(verb: Verb<I, R>, input: I, actor: Actor = operator): Promise<R> {
    const { result } = await this.ledger.change(actor, (state, context) =>
      verb(state, context, input),
    );
    this.#act();
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

  /** Moves the clock, and lets the loop do all that is due. */
  async pass(ms: number): Promise<void> {
    this.#clock.now += ms;
    for (let turn = 0; turn < 3; turn++) {
      this.module.loop.tick();
      await this.module.loop.settled();
    }
  }

  /** The server, with an account that somebody was given; at a node of a cluster. */
  async with(
    { account, password }: DrawnAccount,
    database?: string,
    at: MariadbServer = this.mariadb,
  ): Promise<Connection> {
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

  async close(): Promise<void> {
    await this.module.stop();
    await this.server.close();
    await this.#close();
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
