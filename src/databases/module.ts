import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { databaseAccountsOf, databasesOf, type Change, type State } from "../domain/state.ts";
import { Attempts, type Outcome } from "../reconcile/attempt.ts";
import { attemptAll, type Loop } from "../reconcile/loop.ts";
import type { PartOutcome, ResourceModule } from "../reconcile/module.ts";
import { settle, settleParts } from "../reconcile/settle.ts";
import type { Standings } from "../reconcile/standing.ts";
import type { System } from "../reconcile/system.ts";
import { Trouble } from "../reconcile/trouble.ts";
import { type ModuleOptions, Upkeep } from "../reconcile/upkeep.ts";
import { AccountKind } from "./account-kind.ts";
import type { AccountStep, GivenPassword, SeenAccount } from "./account-plan.ts";
import { DatabaseKind, type DatabaseStep } from "./database-kind.ts";
import { ServerError } from "./error.ts";
import { MysqlServer } from "./mysql-server.ts";
import { DatabaseRecords } from "./records.ts";
import type { DatabaseServer, DatabaseUsage, StoredDatabase } from "./server.ts";

export interface DatabasesOptions extends ModuleOptions {
  readonly config: Config["databases"];
  /** Another database server than the configured one. */
  readonly server?: DatabaseServer | undefined;
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
  readonly #upkeep: Upkeep;
  #usage: { readonly at: number; readonly found: Promise<Usage | undefined> } | undefined;
  /** What was counted last. */
  #last: Usage | undefined;

  constructor(options: DatabasesOptions) {
    const { config, ledger } = options;
    this.#options = options;
    this.config = config;
    this.server = options.server ?? serverOf(options);
    const { name } = this.server;
    this.#upkeep = new Upkeep({
      options,
      name,
      spoken: "The database server",
      troubleOf,
      things: ["databases", "accounts"],
      intervalMinutes: config.interval,
    });
    const { clock, system, standings, attempting } = this.#upkeep;
    this.system = system;
    this.standings = standings;
    const records = new DatabaseRecords(ledger);
    const shared = { server: this.server, records, now: () => clock.now() };
    this.databases = new Attempts(new DatabaseKind(shared), attempting);
    const { prefix, connections } = config;
    this.accounts = new Attempts(new AccountKind({ ...shared, prefix, connections }), attempting);
    // Accounts are for databases that are there.
    this.loop = this.#upkeep.loopOver([this.databases, this.accounts]);
  }

  start(): void {
    this.loop.start();
  }

  /** Ends what is under way: what is half done is repaired by the next look. */
  async stop(): Promise<void> {
    await this.#upkeep.stop();
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
    const { state } = this.#upkeep.requireLedger();
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
  requireAnswer(): Promise<void> {
    return this.#upkeep.requireAnswer((signal) => this.server.version(signal));
  }

  /** Attempts everything of an owner's now, as after a suspension. @returns part by part */
  async settleOwner(owner: string): Promise<readonly PartOutcome[]> {
    const { state } = this.#upkeep.requireLedger();
    const databases = databasesOf(state, owner);
    const accounts = databaseAccountsOf(state, owner);
    // Accounts first: they are what lets people in.
    const ofAccounts = await settleParts(this.accounts, "databaseAccount", accounts);
    return [...ofAccounts, ...(await settleParts(this.databases, "database", databases))];
  }

  /**
   * How much is used, as seen a minute ago at most; undefined when it cannot be had. It is asked for past
   * the circuit breaker: that counting takes long does not make the server one that is away.
   * @param patienceMs how long to wait for it before what was seen before is told; until it is there, without
   */
  usage(patienceMs?: number): Promise<Usage | undefined> {
    const now = this.#upkeep.clock.now().getTime();
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
    const signal = AbortSignal.any([
      this.#upkeep.attempting.signal,
      AbortSignal.timeout(COUNTING_MS),
    ]);
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
