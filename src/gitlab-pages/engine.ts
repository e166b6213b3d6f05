import type { Context } from "../domain/decision.ts";
import type { PageSource } from "../domain/entities.ts";
import { messageOf } from "../errors.ts";
import { operator, type Actor } from "../domain/policy.ts";
import { pagesOfProject, type State } from "../domain/state.ts";
import type { Logger } from "../observability/log.ts";
import type { Ledger } from "../store/ledger.ts";
import { runToEnd } from "../turns.ts";
import { GitLabError } from "./client/error.ts";
import type { GitLab } from "./client/gitlab.ts";
import type { Clock } from "./clock.ts";
import { newRun, type SyncRecords, type SyncRun } from "./runs.ts";
import { ownerOf } from "./sync/owners.ts";
import { decideSync, type Synced } from "./sync/decide.ts";
import type { Plan, PlanOptions, SyncSettings } from "./sync/plan.ts";
import { readAll, type Progress } from "./sync/read-all.ts";
import { nothingNewer, withoutOvertaken, type Newer } from "./sync/newer.ts";
import { readSite } from "./sync/read-one.ts";
import type { RootNamespace, SiteRead, Snapshot } from "./sync/snapshot.ts";

/** What a sync needs of the state's ledger. */
export type SyncLedger = Pick<Ledger, "state" | "change" | "changeInTurns">;

export interface EngineOptions {
  readonly gitlab: GitLab;
  readonly ledger: () => SyncLedger | undefined;
  readonly records: SyncRecords;
  readonly settings: SyncSettings;
  readonly exclude: readonly string[];
  /** Calls at once. */
  readonly concurrency: number;
  readonly graphql: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** Calls so far, and the milliseconds waited for GitLab's limits. */
  readonly usage: () => { calls: number; waitedMs: number };
  /** Asks for a read of everything, soon. */
  readonly requestFull: () => void;
  /** Whether this replica is the one that reads GitLab. */
  readonly leads: () => boolean;
  readonly signal: AbortSignal;
}

export interface FullRequest {
  readonly id: string;
  readonly by: string;
  /** Who is written down for what it changes. */
  readonly actor?: Actor | undefined;
  /** Projects whose removal an admin has approved. */
  readonly approved?: ReadonlySet<number> | undefined;
}

export interface ProjectOptions {
  readonly gone?: boolean | undefined;
  readonly actor?: Actor | undefined;
  readonly mayStore?: ((owner: string | null) => void) | undefined;
}

/** What a read of one project came to. */
export interface ProjectOutcome {
  readonly read: SiteRead | "gone";
  /** Whose it is, as far as GitLab told. */
  readonly owner: string | null;
  readonly plan: Plan;
  readonly revision: number;
}

/** How often it is written down how far a read of everything has come. */
const PROGRESS_MS = 1_000;
/** How often a read of a project is made anew that others overtake. */
const TRIES = 3;

/** Who acts when GitLab has said so. */
export const syncActor: Actor = { ...operator, name: "GitLab Pages sync" };

/** Reads GitLab and stores what follows from it: all of it, or one project. */
export class SyncEngine {
  readonly #options: EngineOptions;
  /** What was read by itself since the running read of everything began. */
  #newer: Newer = nothingNewer();
  /** How often it was told of a read. */
  #told = 0;
  /** Projects that a hook said to be deleted, since the last read of everything. */
  #certain = new Set<number>();
  /** Whose sites are held, or were taken away by single reads since then. */
  #spent: ReadonlySet<string> = new Set();
  /** Reads of everything that have begun, and those that have ended. */
  #fulls = 0;
  readonly #reading = new Map<number, Promise<unknown>>();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** This replica, or another, has read a project by itself, and has seen what its namespace is called. */
  wasRead(project: number, namespace: Pick<RootNamespace, "id" | "path"> | undefined): void {
    this.#told++;
    this.#newer.projects.add(project);
    if (namespace !== undefined) this.#newer.names.set(namespace.id, namespace.path);
  }

  /**
   * Reads everything, plans, commits once. One at a time, which the caller sees to. Never throws:
   * what went wrong is in the run, and nothing was changed then.
   */
  async all({ id, by, actor = syncActor, approved = new Set() }: FullRequest): Promise<SyncRun> {
    const { clock, records, log, usage } = this.#options;
    const before = usage();
    let run: SyncRun = { ...newRun(id, by, clock.now()), state: "running" };
    await records.put(run);
    this.#newer = nothingNewer();
    this.#fulls++;
    // What hooks say while it reads belongs to the next one.
    const certain = this.#certain;
    this.#certain = new Set();
    const finish = async (parts: Partial<SyncRun>): Promise<SyncRun> => {
      const { calls, waitedMs } = usage();
      run = {
        ...run,
        ...parts,
        finishedAt: clock.now().toISOString(),
        progress: null,
        calls: calls - before.calls,
        waitedMs: waitedMs - before.waitedMs,
      };
      await records.put(run);
      return run;
    };
    try {
      let nextAt = 0;
      const snapshot = await this.#readAll((progress) => {
        run = { ...run, progress: { ...progress, of: progress.of ?? null } };
        // It comes with each of thousands of namespaces.
        if (performance.now() < nextAt) return;
        nextAt = performance.now() + PROGRESS_MS;
        void records.put(run);
      });
      const options = { source: "sync", certain, approved } as const;
      const { plan, notes, revision } = await this.#commit(snapshot, options, actor);
      // What is held must not go one by one instead.
      this.#spent = plan.held.length > 0 ? plan.losers : new Set();
      this.#fulls++;
      await this.#hold(run, plan);
      await records.putStatus({ completeAt: run.startedAt, error: null });
      const isHeld = plan.held.length > 0;
      if (isHeld) {
        log.warn(
          { owners: plan.heldOwners, pages: plan.held.length, run: id },
          "GitLab Pages of many owners are gone at once: their removal waits for an admin",
        );
      }
      const { created, changed, removed, held } = plan;
      return await finish({
        state: isHeld ? "held" : "done",
        revision,
        counts: {
          created: created.length,
          changed: changed.length,
          removed: removed.length,
          held: held.length,
          heldOwners: plan.heldOwners,
        },
        created: [...created],
        changed: [...changed],
        removed: [...removed],
        held: [...held],
        notes: [...notes],
      });
    } catch (error) {
      for (const project of certain) this.#certain.add(project);
      const reason = messageOf(error);
      const { completeAt } = await records.status();
      await records.putStatus({ completeAt, error: reason });
      log.warn({ err: error, run: id }, `GitLab was not read, nothing was changed: ${reason}`);
      return finish({ state: "failed", error: reason });
    }
  }

  async #readAll(progress: (progress: Progress) => void): Promise<Snapshot> {
    const { gitlab, settings, exclude, concurrency, graphql, clock, signal } = this.#options;
    const { state } = this.#ledger();
    const known = new Set([...state.pages.values()].map(({ project }) => project));
    const bound = new Set<number>();
    for (const { holder } of state.pageHosts.values()) {
      if (holder.kind === "namespace") bound.add(holder.id);
      else known.add(holder.id);
    }
    const { zone } = settings.rules;
    return readAll({
      gitlab,
      zone,
      exclude,
      concurrency,
      graphql,
      clock,
      signal,
      known,
      bound,
      progress,
    });
  }

  async #hold(run: SyncRun, plan: Plan): Promise<void> {
    const { records } = this.#options;
    if (plan.held.length === 0) return records.putHeld(undefined);
    const before = await records.held();
    await records.putHeld({
      run: run.id,
      since: before?.since ?? run.startedAt,
      projects: [...new Set(plan.held.map(({ project }) => project))],
      owners: plan.heldOwners,
    });
  }

  /**
   * Reads one project and stores what follows. Reads of one project come one after the other.
   * @param options `gone`: whether a hook said that it was deleted. `mayStore`: throws where what was
   *   read must not be stored; told whose the project is, as far as GitLab tells
   * @throws GitLabError, what `mayStore` throws, or Refusal when it could not be stored
   */
  async project(
    project: number,
    source: PageSource,
    options: ProjectOptions = {},
  ): Promise<ProjectOutcome> {
    if (options.gone === true) this.#certain.add(project);
    const before = this.#reading.get(project);
    const mine = (before ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#projectAsItIs(project, source, options));
    this.#reading.set(project, mine);
    try {
      return await mine;
    } finally {
      if (this.#reading.get(project) === mine) this.#reading.delete(project);
    }
  }

  /** Other replicas store reads of the same project: one that was overtaken is made again. */
  async #projectAsItIs(
    project: number,
    source: PageSource,
    options: ProjectOptions,
  ): Promise<ProjectOutcome> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#project(project, source, options);
      } catch (error) {
        if (!(error instanceof Overtaken) || tries === TRIES) throw error;
      }
    }
  }

  async #project(
    project: number,
    source: PageSource,
    { actor = syncActor, mayStore }: ProjectOptions,
  ): Promise<ProjectOutcome> {
    const { gitlab, settings, exclude, clock, signal, requestFull } = this.#options;
    let known = "";
    const read = await this.#betweenFulls(() => {
      known = knownOf(this.#ledger().state, project);
      return readSite(project, { gitlab, zone: settings.rules.zone, exclude, clock, signal });
    });
    const requireSame = (state: State) => {
      if (knownOf(state, project) !== known) throw new Overtaken(project);
    };
    const namespace = read === "gone" ? undefined : read.namespace;
    const owner =
      namespace === undefined ? null : ownerOf(this.#ledger().state, settings, namespace);
    mayStore?.(owner);
    const snapshot: Snapshot = {
      sites: new Map([[project, read]]),
      namespaces: new Map(namespace === undefined ? [] : [[namespace.id, namespace.path]]),
      domains: undefined,
      notes: [],
    };
    this.wasRead(project, namespace);
    // A hook that was wrong, or forged, makes no later loss a sure one.
    if (read !== "gone" && read.state !== "leaving") this.#certain.delete(project);
    const options = { source, certain: this.#certain, approved: new Set<number>() };
    // Who asks for a project by hand has looked: it is neither counted nor held for others' sake.
    const isAskedFor = source === "request";
    const spent = isAskedFor ? new Set<string>() : this.#spent;
    const { plan, revision } = await this.#commit(snapshot, options, actor, spent, requireSame);
    if (plan.held.length > 0) {
      // One by one they are too many as well: a read of everything decides.
      requestFull();
    } else if (!isAskedFor) {
      this.#spent = new Set([...this.#spent, ...plan.losers]);
    }
    return { read, owner, plan, revision };
  }

  /** A read during which one of everything began or ended is made again: which is newer is not known. */
  async #betweenFulls<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const fulls = this.#fulls;
      const result = await work();
      if (fulls === this.#fulls) return result;
    }
  }

  async #commit(
    snapshot: Snapshot,
    options: Omit<PlanOptions, "spent">,
    actor: Actor,
    spent: ReadonlySet<string> = new Set(),
    check?: (state: State) => void,
  ): Promise<Synced & { revision: number }> {
    const { settings, leads } = this.#options;
    const isWhole = options.source === "sync";
    let told = 0;
    const mayStore = () => options.source === "request" || leads();
    const decide = (state: State, context: Context) => {
      // Whoever leads by now may have stored what is newer.
      if (!mayStore()) {
        throw new GitLabError("unavailable", "Another console has begun to read GitLab instead.");
      }
      check?.(state);
      told = this.#told;
      const seen = isWhole ? withoutOvertaken(snapshot, this.#newer) : snapshot;
      return decideSync(state, context, seen, settings, { ...options, spent });
    };
    const ledger = this.#ledger();
    // Reads of one project come in bursts: in turns, each would overtake the others again and again.
    const { result, revision } = isWhole
      ? await ledger.changeInTurns(actor, decide, () => mayStore() && told === this.#told)
      : await ledger.change(actor, (state, context) => runToEnd(decide(state, context)));
    return { ...result, revision };
  }

  #ledger(): SyncLedger {
    const ledger = this.#options.ledger();
    if (ledger === undefined) throw new GitLabError("unavailable", "The store cannot be read now.");
    return ledger;
  }
}

/** A read of a project that must not be stored over what another has stored meanwhile. */
class Overtaken extends GitLabError {
  constructor(project: number) {
    super("unavailable", `Project ${project} changes all the time; try again shortly.`);
  }
}

/** What is stored of a project: another text after each change. */
function knownOf(state: State, project: number): string {
  const pages = pagesOfProject(state, project).map(({ id, revision }) => `${id} ${revision}`);
  return pages.toSorted().join();
}
