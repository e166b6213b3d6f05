import { networkInterfaces } from "node:os";
import { isSessionKey, Sessions } from "./auth/sessions.ts";
import { Tries } from "./auth/tries.ts";
import type { Config } from "./config.ts";
import { operator, type Actor } from "./domain/policy.ts";
import { rulesFrom, type Rules } from "./domain/rules.ts";
import type { State } from "./domain/state.ts";
import { Refusal } from "./errors.ts";
import type { Logger } from "./observability/log.ts";
import { sweep } from "./owners/sweep.ts";
import { createBootstrapToken, hashSecret } from "./owners/tokens.ts";
import { LastGoodCopy } from "./publisher/last-good.ts";
import { isStandingKey } from "./reconcile/standing.ts";
import { Ledger } from "./store/ledger.ts";
import { openStore, type OpenStore } from "./store/open.ts";
import {
  type ChainedEvent,
  type Position,
  StoreDamaged,
  StoreError,
  type WholeStore,
} from "./store/store.ts";
import type { Volatile } from "./store/volatile.ts";

export interface CoreOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly now?: () => Date;
  /** Makes the API for a ledger; the composition root decides how. */
  readonly api: (ledger: Ledger, actor: Actor | undefined) => Api;
  /** How long a state is good enough to let people in by, when the store is away; milliseconds. */
  readonly staleMs?: number | undefined;
  /** Told where the store stands before its records are read. */
  readonly onLoaded?: (position: Position) => Promise<void>;
}

export interface Api {
  readonly fetch: (request: Request, env?: unknown) => Response | Promise<Response>;
}

/** Why the state cannot be read, or not be written, now. */
export interface CoreFault {
  /** `store_damaged`, `store_unavailable`, `store_newer`, … */
  readonly code: string;
  /** For operators: it may name paths of the machine. */
  readonly reason: string;
}

const STALE_MS = 30_000;
const HOUR_MS = 60 * 60 * 1000;
/** A decision that changes nothing. */
const NOTHING = { changes: [], event: { type: "nothing", summary: "", owners: [] } };

/** The console itself acts, in the history. */
const system: Actor = { ...operator, name: "console" };

/**
 * State and store of a console, with or without listeners: what the server and the command line
 * share. When the store cannot be read it stays up with the fault, so that the last good document
 * can be served and `recover` be asked.
 */
export class Core {
  readonly config: Config;
  readonly rules: Rules;
  readonly lastGood: LastGoodCopy;
  /** Who is signed in at the web pages. */
  readonly sessions: Sessions;
  /** What is tried from which address, at any replica. */
  readonly tries = new Tries(() => this.volatile);
  readonly #options: CoreOptions;
  readonly #listeners = new Set<(ledger: Ledger) => void>();
  #opened: OpenStore | undefined;
  #unlisten: (() => void) | undefined;
  #ledger: Ledger | undefined;
  #api: Api | undefined;
  #operatorApi: Api | undefined;
  #fault: CoreFault | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CoreOptions) {
    this.#options = options;
    this.config = options.config;
    const addresses = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).map(({ address }) => address),
    );
    this.rules = rulesFrom(options.config, addresses);
    this.lastGood = new LastGoodCopy(options.config.data, (error) =>
      options.log.error({ err: error }, "the last good document could not be written"),
    );
    const { idleHours, sessionDays } = options.config.signIn;
    this.sessions = new Sessions({
      volatile: () => this.volatile,
      now: () => this.now(),
      idleMs: idleHours * HOUR_MS,
      lifeMs: sessionDays * 24 * HOUR_MS,
    });
  }

  /** The state's ledger; undefined while the store cannot be read. */
  get ledger(): Ledger | undefined {
    return this.#ledger;
  }

  /** The store, readable or not; undefined while it cannot even be opened. */
  get store(): WholeStore | undefined {
    return this.#opened?.store;
  }

  /** What replicas tell each other; undefined while the store cannot even be opened. */
  get volatile(): Volatile | undefined {
    return this.#opened?.volatile;
  }

  /**
   * As `volatile`.
   * @throws Refusal `unavailable` where there is none
   */
  requireVolatile(): Volatile {
    if (this.#opened !== undefined) return this.#opened.volatile;
    throw new Refusal("unavailable", "The store cannot be reached; try again shortly.", {
      retryAfter: 5,
    });
  }

  /** Why the store cannot be read, or cannot be written now. */
  get fault(): CoreFault | undefined {
    return this.#fault ?? this.#ledger?.fault;
  }

  /** Whether there is a state that can be brought up to what other replicas have stored. */
  get canFollow(): boolean {
    const { fault } = this;
    return this.#ledger !== undefined && (fault === undefined || fault.code === "store_newer");
  }

  /**
   * The API for whoever brings a token; undefined while the store cannot be read, and when it has
   * been away for long: tokens may have been revoked since.
   */
  get api(): Api | undefined {
    return this.#isStale ? undefined : this.#api;
  }

  /** The state that people are let in by; undefined whenever `api` is, for the same reasons. */
  get letsInBy(): Ledger | undefined {
    return this.#isStale ? undefined : this.#ledger;
  }

  /** Whether others may have changed for long what this replica does not know: a revoked token. */
  get #isStale(): boolean {
    const { config, staleMs = STALE_MS } = this.#options;
    return config.store === "redis" && (this.#ledger?.confirmedAgo ?? 0) > staleMs;
  }

  now(): Date {
    return this.#options.now?.() ?? new Date();
  }

  /** Calls back whenever there is a state to be read: at open, and after a recovery. */
  onLedger(listener: (ledger: Ledger) => void): void {
    this.#listeners.add(listener);
    if (this.#ledger !== undefined) listener(this.#ledger);
  }

  /**
   * Opens the store and reads its state. A fault is kept, not thrown.
   * @throws StoreLocked when another process has it
   */
  open(): Promise<void> {
    return this.inTurn(() => this.#open());
  }

  /**
   * Opens what could not be reached before, or was not the store that was known; what is damaged
   * waits for `recover`.
   */
  async retry(): Promise<void> {
    const passes = ["store_unavailable", "store_diverged"].includes(this.#fault?.code ?? "");
    if (this.#ledger !== undefined || !passes) return;
    await this.inTurn(() => this.#open());
  }

  /**
   * Closes the store and opens it anew, as what was recovered: whoever was signed in by what there
   * was before is not. In a turn only.
   */
  async reopen(): Promise<void> {
    await this.#opened?.forget();
    await this.#closeStore();
    await this.#open();
  }

  /** Runs one after the other what opens, closes or recovers the store. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #open(): Promise<void> {
    const { log, now, config } = this.#options;
    const before = this.#fault;
    try {
      this.#opened ??= await openStore(config, {
        report: (message) => log.warn(message),
        // Without how things stood, nobody could tell what was put right from what was begun.
        keeps: (key) => isSessionKey(key) || isStandingKey(key),
      });
      const { store, volatile } = this.#opened;
      this.#unlisten ??= this.tries.listen(volatile);
      const ledger = await Ledger.open(store, {
        rules: this.rules,
        report: (error) => log.error({ err: error }, "a change was stored, and not followed up"),
        onEvent: (event) => logEvent(log, event),
        onLoaded: async (position) => this.#options.onLoaded?.(position),
        ...(now === undefined ? {} : { now }),
      });
      await this.#requireNotOlder(ledger);
      this.#fault = undefined;
      this.#ledger = ledger;
      this.#api = this.#options.api(ledger, undefined);
      this.#operatorApi = this.#options.api(ledger, operator);
      for (const listener of this.#listeners) listener(ledger);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code === "store_locked") throw error;
      this.#fault = { code: error.code, reason: error.message };
      if (before?.reason !== error.message) log.error({ code: error.code }, error.message);
    }
  }

  /**
   * A store whose tail was lost cleanly looks like a sound one of earlier; the document that was
   * built from it knows better.
   * @throws StoreDamaged
   */
  async #requireNotOlder(ledger: Ledger): Promise<void> {
    const published = (await this.lastGood.read())?.revision ?? 0;
    const { revision } = ledger.position;
    if (published <= revision) return;
    throw new StoreDamaged(
      `The store ${this.store?.place} stands at revision ${revision}, but revision ${published} has been published from it: changes are missing. Put a backup back, or see \`tardis-console recover\`; if \`store\` was set anew, \`tardis-console migrate\` moves the state.`,
    );
  }

  /**
   * The ledger.
   * @throws Refusal `unavailable` while the store cannot be read
   */
  requireLedger(): Ledger {
    if (this.#ledger !== undefined) return this.#ledger;
    throw new Refusal("unavailable", this.#fault?.reason ?? "The store has not been read yet.", {
      retryAfter: 5,
    });
  }

  /**
   * The API as the operator, whose request needs no token.
   * @throws Refusal `unavailable` while the store cannot be read
   */
  async operatorApi(request: Request): Promise<Response> {
    this.requireLedger();
    return (this.#operatorApi as Api).fetch(request);
  }

  /**
   * Makes the first admin token where there is none.
   * @param chosen what the operator set in the environment; it takes the place of one that was drawn
   * @returns the secret, if one was drawn
   */
  async bootstrap(chosen: string | undefined): Promise<string | undefined> {
    const ledger = this.#ledger;
    if (ledger === undefined || ledger.fault !== undefined) return undefined;
    const { bootstrapHours, maxDays } = this.config.tokens;
    const hours = chosen === undefined ? bootstrapHours : maxDays * 24;
    // Decided on the state that it is stored on: another replica may start at the same moment.
    const { result } = await ledger.change(system, (state, context) =>
      this.#needsBootstrap(state, chosen)
        ? createBootstrapToken(state, context, { secret: chosen, hours })
        : { ...NOTHING, result: undefined },
    );
    return chosen === undefined ? result?.secret : undefined;
  }

  #needsBootstrap(state: State, chosen: string | undefined): boolean {
    const admins = [...state.tokens.values()].filter(({ scopes }) => scopes.includes("admin"));
    if (chosen === undefined) return admins.length === 0 && state.revision === 0;
    if (!admins.some(({ bootstrap }) => !bootstrap)) return true;
    if (!admins.some(({ hash }) => hash === hashSecret(chosen))) {
      this.#options.log.warn(
        "the bootstrap token of the environment is not used: there is an admin token already",
      );
    }
    return false;
  }

  /** Does what time has made due, until nothing is. */
  async sweep(): Promise<void> {
    const ledger = this.#ledger;
    for (;;) {
      if (ledger === undefined || ledger.fault !== undefined) return;
      // Asked on the state in memory first: an idle console writes nothing.
      if (sweep(ledger.state, ledger.context(system, ledger.state.revision + 1)) === undefined)
        return;
      await ledger.change(
        system,
        (state, context) => sweep(state, context) ?? { ...NOTHING, result: null },
      );
    }
  }

  async close(): Promise<void> {
    await this.lastGood.flush();
    await this.inTurn(() => this.#closeStore());
  }

  async #closeStore(): Promise<void> {
    const ledger = this.#ledger;
    const opened = this.#opened;
    this.#unlisten?.();
    this.#ledger = this.#api = this.#operatorApi = this.#opened = this.#unlisten = undefined;
    await ledger?.close();
    await opened?.close();
  }
}

/** Copies an event to the log: whoever alters the history in the store has to alter that, too. */
function logEvent(log: Logger, { revision, commit, event }: ChainedEvent): void {
  const { type, actor, summary } = event;
  const message = typeof summary === "string" ? summary : "something was changed";
  log.info({ audit: { revision, commit, type, actor } }, message);
}
