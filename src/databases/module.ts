import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { databaseAccountsOf, databasesOf, type Change, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { Logger } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics.ts";
import { Attempts, type Outcome } from "../reconcile/attempt.ts";
import { type Clock, systemClock } from "../reconcile/clock.ts";
import { attemptAll, Loop } from "../reconcile/loop.ts";
import type { PartOutcome, ResourceModule } from "../reconcile/module.ts";
import { partOf, settle } from "../reconcile/settle.ts";
import { type Standing, Standings } from "../reconcile/standing.ts";
import { System } from "../reconcile/system.ts";
import { Trouble } from "../reconcile/trouble.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Volatile } from "../store/volatile.ts";
import { AccountKind } from "./account-kind.ts";
import type { AccountStep, GivenPassword, SeenAccount } from "./account-plan.ts";
import { DatabaseKind, type DatabaseStep } from "./database-kind.ts";
import { ServerError } from "./error.ts";
import { MysqlServer } from "./mysql-server.ts";
import { DatabaseRecords } from "./records.ts";
import type { DatabaseServer, DatabaseUsage, StoredDatabase } from "./server.ts";

export interface DatabasesOptions {
  readonly config: Config["databases"];
  readonly ledger: () => Ledger | undefined;
  readonly volatile: () => Volatile | undefined;
  /** Whether this replica runs the loop. */
  readonly leads: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock?: Clock | undefined;
  /** Another database server than the configured one. */
  readonly server?: DatabaseServer | undefined;
  /** How long a call may take, in milliseconds. */
  readonly callMs?: number | undefined;
}

/** How much is in each database, and how many connections of each account are open, by their names. */
export interface Usage {
  readonly databases: ReadonlyMap<string, DatabaseUsage>;
  readonly connections: ReadonlyMap<string, number>;
}

/** How long what was counted is shown, and how long counting may take: of many tables it is slow. */
const USAGE_MS = 60_000;
const COUNTING_MS = 5_000;

/** Members' databases and the accounts for them, at one server or cluster. */
export class Databases implements ResourceModule {
  readonly config: Config["databases"];
  readonly server: DatabaseServer;
  readonly system: System;
  readonly standings: Standings;
  readonly databases: Attempts<StoredDatabase, DatabaseStep>;
  readonly accounts: Attempts<SeenAccount, AccountStep, GivenPassword>;
  readonly loop: Loop;
  readonly #options: DatabasesOptions;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #usage: { readonly at: number; readonly found: Promise<Usage | undefined> } | undefined;
  /** What was counted last. */
  #last: Usage | undefined;

  constructor(options: DatabasesOptions) {
    const { config, ledger, volatile, metrics, log, leads } = options;
    this.#options = options;
    this.config = config;
    this.#clock = options.clock ?? systemClock;
    this.server = options.server ?? serverOf(options);
    const { name } = this.server;
    metrics.systemAway.set({ system: name }, 0);
    this.system = new System({
      name: "The database server",
      troubleOf,
      ...(options.callMs === undefined ? {} : { callMs: options.callMs }),
      onChange: (why) => {
        metrics.systemAway.set({ system: name }, why === undefined ? 0 : 1);
        if (why === undefined) log.info(`${name} answers again`);
        else log.warn({ why }, `${name} is away`);
        this.loop.sweepSoon();
      },
    });
    this.standings = new Standings(volatile);
    const records = new DatabaseRecords(ledger);
    const unexpected = (error: unknown) =>
      log.error({ err: error }, "databases could not be looked after; it is tried again");
    const attempt = {
      system: this.system,
      standings: this.standings,
      volatile,
      clock: this.#clock,
      signal: this.#ended.signal,
      report: (thing: string, { state, why }: Standing, repairs: readonly string[]) => {
        metrics.reconcileRepairs.inc({ kind: thing.split("/")[0] ?? "" }, repairs.length);
        if (repairs.length > 0) log.warn({ thing, repairs }, "something was put right");
        else log.warn({ thing, state, why }, "something cannot be brought where it should be");
      },
      unexpected,
    };
    const shared = { server: this.server, records, now: () => this.#clock.now() };
    this.databases = new Attempts(new DatabaseKind(shared), attempt);
    const { prefix, connections } = config;
    this.accounts = new Attempts(new AccountKind({ ...shared, prefix, connections }), attempt);
    this.loop = new Loop({
      system: this.system,
      // Accounts are for databases that are there.
      kinds: [this.databases, this.accounts],
      leads,
      canRun: () => ledger() !== undefined,
      intervalMs: config.interval * 60_000,
      clock: this.#clock,
      onSweep: ({ things, attempted, why, ms }) => {
        metrics.reconcileThings.set({ system: name, state: "all" }, things);
        metrics.reconcileThings.set({ system: name, state: "wrong" }, attempted);
        log.debug({ things, attempted, why, ms }, "looked at all databases and accounts");
      },
      unexpected,
    });
  }

  start(): void {
    this.loop.start();
  }

  /** Ends what is under way: what is half done is repaired by the next look. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.loop.stop();
    if (this.#options.server === undefined) await this.server.close();
  }

  /** Has what a commit touched attempted soon, by the replica that leads. */
  onCommit(state: State, changes: readonly Change[] | undefined): void {
    if (changes === undefined) return this.loop.sweepSoon();
    for (const { kind, id, entity } of changes) {
      if (entity === null) continue;
      if (kind === "database") {
        this.loop.soon(this.databases, id);
        this.#accountsSoon(state, entity.owner);
      } else if (kind === "databaseAccount") this.loop.soon(this.accounts, id);
      else if (kind === "person" || kind === "group") {
        for (const database of databasesOf(state, id)) this.loop.soon(this.databases, database.id);
        this.#accountsSoon(state, id);
      }
    }
  }

  /**
   * Commits what a verb decides, and tries at once to bring the database there, then its owner's accounts.
   * @throws Refusal what the verb refuses; `unavailable` when something else is being done with it
   */
  async settleDatabase<T>(
    id: string,
    commit: () => Promise<T>,
  ): Promise<{ done: T; outcome: Outcome }> {
    const settled = await settle(this.databases, id, commit, () => undefined);
    const { state } = this.#ledger();
    const owner = state.databases.get(id)?.owner;
    if (owner !== undefined)
      await attemptAll(
        this.accounts,
        databaseAccountsOf(state, owner).map((account) => account.id),
      );
    return settled;
  }

  /**
   * As `settleDatabase`.
   * @param given the password that was drawn, if one was
   */
  settleAccount<T>(
    id: string,
    commit: () => Promise<T>,
    given: (done: T) => GivenPassword | undefined,
  ): Promise<{ done: T; outcome: Outcome }> {
    return settle(this.accounts, id, commit, given);
  }

  /**
   * Makes sure that the server answers, before something is drawn that cannot be had back.
   * @throws Refusal `unavailable`
   */
  async requireAnswer(): Promise<void> {
    try {
      await this.system.call((signal) => this.server.version(signal));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      throw new Refusal("unavailable", `${error.message} Nothing was changed; try again later.`, {
        retryAfter: 10,
      });
    }
  }

  /** Attempts everything of an owner's now, as after a suspension. @returns part by part */
  async settleOwner(owner: string): Promise<readonly PartOutcome[]> {
    const { state } = this.#ledger();
    const databases = databasesOf(state, owner);
    const accounts = databaseAccountsOf(state, owner);
    // Accounts first: they are what lets people in.
    const ofAccounts = await attemptAll(
      this.accounts,
      accounts.map(({ id }) => id),
    );
    const ofDatabases = await attemptAll(
      this.databases,
      databases.map(({ id }) => id),
    );
    return [
      ...accounts.map((one) => partOf("databaseAccount", one, ofAccounts.get(one.id))),
      ...databases.map((one) => partOf("database", one, ofDatabases.get(one.id))),
    ];
  }

  /**
   * How much is used, as seen a minute ago at most; undefined when it cannot be had. It is asked for past
   * the circuit breaker: that counting takes long does not make the server one that is away.
   * @param patienceMs how long to wait for it before what was seen before is told; until it is there, without
   */
  usage(patienceMs?: number): Promise<Usage | undefined> {
    const now = this.#clock.now().getTime();
    if (this.system.away !== undefined) return Promise.resolve(undefined);
    if (this.#usage === undefined || now - this.#usage.at > USAGE_MS)
      this.#usage = { at: now, found: this.#counted() };
    const { found } = this.#usage;
    if (patienceMs === undefined) return found;
    return Promise.race([
      found,
      delay(patienceMs, undefined, { ref: false }).then(() => this.#last),
    ]);
  }

  async #counted(): Promise<Usage | undefined> {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(COUNTING_MS)]);
    try {
      const databases = await this.server.usage(signal);
      const { prefix } = this.config;
      const { open } = await this.server.sessions({ prefix }, signal);
      const connections = new Map<string, number>();
      for (const { account } of open) connections.set(account, (connections.get(account) ?? 0) + 1);
      this.#last = { databases, connections };
      return this.#last;
    } catch (error) {
      if (!(error instanceof ServerError) && !signal.aborted) throw error;
      return undefined;
    }
  }

  #accountsSoon(state: State, owner: string): void {
    for (const { id } of databaseAccountsOf(state, owner)) this.loop.soon(this.accounts, id);
  }

  #ledger(): Ledger {
    const ledger = this.#options.ledger();
    if (ledger === undefined) throw new Refusal("unavailable", "The store cannot be reached.");
    return ledger;
  }
}

function serverOf({ config, metrics }: DatabasesOptions): DatabaseServer {
  const { address, nodes, user, password, tls } = config;
  return new MysqlServer({
    address,
    nodes,
    tls,
    // The configuration asks for both where the module is on.
    user: user ?? "",
    password: password ?? "",
    onCall: (outcome) => metrics.systemCalls.inc({ system: "MySQL", outcome }),
  });
}

function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof ServerError)) return undefined;
  return new Trouble(error.failure === "away" ? "away" : "stuck", error.message);
}
