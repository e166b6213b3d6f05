import type { Config } from "../config.ts";
import type { Actor } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { Logger } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Volatile } from "../store/volatile.ts";
import type { TableSettings } from "../traefik/table.ts";
import { connect } from "./client/connect.ts";
import type { GitLab } from "./client/gitlab.ts";
import type { Send } from "./client/send.ts";
import { systemClock, type Clock } from "./clock.ts";
import { SyncEngine, type FullRequest, type ProjectOutcome } from "./engine.ts";
import type { Hint, NamespaceHint } from "./hooks/hint.ts";
import { RereadQueue } from "./hooks/queue.ts";
import { HintRelay } from "./hooks/relay.ts";
import { scheduleBy } from "./hooks/schedule.ts";
import { READ_TOPIC, readIn, readTold, requestIn, requestTold, SYNC_TOPIC } from "./nudges.ts";
import { PageCounts } from "./page-counts.ts";
import { newRun, newRunId, SyncRecords, type SyncRun } from "./runs.ts";
import { ProjectHookKeeper } from "./setup/keeper.ts";
import { FullSyncs } from "./full-syncs.ts";

export interface GitLabPagesOptions {
  readonly config: Config["gitlab"];
  /** Where hooks are to be sent. */
  readonly publicUrl: string;
  /** What the routing table needs to know, to tell how pages stand. */
  readonly table: TableSettings;
  readonly ledger: () => Ledger | undefined;
  readonly volatile: () => Volatile | undefined;
  /** Whether this replica is the one that reads GitLab. */
  readonly leads: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock?: Clock | undefined;
  readonly send?: Send | undefined;
}

const COUNT_MS = 10_000;

/**
 * GitLab Pages of one GitLab. The replica that leads reads everything at its start and on an
 * interval, and projects that hooks speak of; any replica takes hooks and admins' requests, and
 * passes on what the leading one has to do.
 */
export class GitLabPages {
  readonly records: SyncRecords;
  readonly gitlab: GitLab;
  readonly #options: GitLabPagesOptions;
  readonly #clock: Clock;
  readonly #engine: SyncEngine;
  readonly #fulls: FullSyncs;
  readonly #relay: HintRelay;
  readonly #ended = new AbortController();
  readonly #usage = { calls: 0, waitedMs: 0 };
  readonly #projectHooks: ProjectHookKeeper | undefined;
  #queue: RereadQueue | undefined;
  #unlisten: (() => void)[] = [];
  readonly #counts: PageCounts;
  #counting: NodeJS.Timeout | undefined;
  #heard: Volatile | undefined;

  constructor(options: GitLabPagesOptions) {
    const { config, table, ledger, volatile, metrics, log } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.records = new SyncRecords(volatile);
    const { signal } = this.#ended;
    this.gitlab = connect(config, {
      clock: this.#clock,
      send: options.send,
      signal,
      onCall: (outcome) => {
        this.#usage.calls++;
        metrics.gitlabCalls.inc({ outcome });
      },
      onWait: (ms) => {
        this.#usage.waitedMs += ms;
        metrics.gitlabWaitSeconds.inc(ms / 1000);
      },
    });
    this.#engine = new SyncEngine({
      gitlab: this.gitlab,
      ledger,
      records: this.records,
      settings: {
        rules: table.rules,
        issuer: config.issuer ?? config.url,
        owners: new Map(config.owners.map(({ namespace, owner }) => [namespace, owner])),
        guard: config.guard,
      },
      exclude: config.exclude,
      concurrency: config.concurrency,
      graphql: config.graphql,
      clock: this.#clock,
      log,
      usage: () => ({ ...this.#usage }),
      requestFull: () => {
        if (options.leads()) this.#fulls.soon();
        else this.#relay.send([{ kind: "full" }]);
      },
      leads: options.leads,
      signal,
    });
    this.#fulls = new FullSyncs({
      run: (request) => this.#all(request),
      leads: options.leads,
      canRun: () => {
        this.#listen();
        return ledger() !== undefined;
      },
      intervalMs: config.interval * 60_000,
      clock: this.#clock,
      signal,
      onLead: (leads) => this.#onLead(leads),
    });
    this.#counts = new PageCounts({
      state: () => ledger()?.state,
      table,
      held: () => this.records.heldProjects(),
      pending: () => this.#queue?.pending() ?? { projects: 0, watches: 0 },
      metrics,
    });
    if (config.hooks.projects && (config.hooks.token ?? config.hooks.signingToken) !== null) {
      this.#projectHooks = new ProjectHookKeeper({
        gitlab: this.gitlab,
        settings: { publicUrl: options.publicUrl, gitlab: config },
        sites: () => sitesOf(ledger()?.state),
        records: this.records,
        leads: options.leads,
        onOutcome: (outcome) => metrics.gitlabProjectHooks.inc({ outcome }),
        clock: this.#clock,
        log,
        signal,
      });
    }
    this.#relay = new HintRelay({ volatile, onHints: (hints) => this.#queue?.add(hints) });
  }

  /** Begins to read, here or as soon as this replica leads, and to listen to the others. */
  start(): void {
    this.#listen();
    this.#fulls.start();
    this.#counting = setInterval(() => void this.#counts.refresh(), COUNT_MS);
    this.#counting.unref();
  }

  /** Ends what is under way; nothing is half stored. */
  async stop(): Promise<void> {
    this.#ended.abort();
    this.#queue?.stop();
    for (const end of this.#unlisten) end();
    clearInterval(this.#counting);
    await this.#fulls.stopped();
    await this.#projectHooks?.settled();
  }

  /** Takes what a verified hook hints at; returns at once. */
  accept(hints: readonly Hint[]): void {
    this.#relay.send(hints);
  }

  /**
   * Has everything read as soon as it can be, wherever the leading replica is.
   * @returns the run as it is now: waiting, or one that waits already
   */
  async requestSync(actor: Actor, approved?: readonly number[]): Promise<SyncRun> {
    const now = this.#clock.now();
    const id = newRunId(now);
    const run = newRun(id, actor.name, now);
    await this.records.put(run);
    const request = { id, by: actor.name, approved: approved && new Set(approved) };
    if (this.#options.leads()) this.#fulls.request({ ...request, actor });
    else await this.#options.volatile()?.nudge(SYNC_TOPIC, requestTold(request));
    return run;
  }

  /**
   * Approves the removals that a run held.
   * @throws Refusal `conflict` when this run holds nothing (any more)
   */
  async approve(run: string, actor: Actor): Promise<SyncRun> {
    const held = await this.records.held();
    if (held === undefined || held.run !== run) {
      throw new Refusal("conflict", "This run holds nothing that waits; see the newest one.");
    }
    return this.requestSync(actor, held.projects);
  }

  /**
   * Reads one project now, at this replica.
   * @param mayStore throws where the actor has nothing to do with it; told whose it is
   * @throws GitLabError, or what `mayStore` throws
   */
  async syncProject(
    project: number,
    actor: Actor,
    mayStore?: (owner: string | null) => void,
  ): Promise<ProjectOutcome> {
    const outcome = await this.#readProject(project, "request", { actor, mayStore });
    await this.#options
      .volatile()
      ?.nudge(READ_TOPIC, readTold(project, outcome.read))
      .catch(() => undefined);
    return outcome;
  }

  async #readProject(
    ...[project, source, options]: Parameters<SyncEngine["project"]>
  ): Promise<ProjectOutcome> {
    const outcome = await this.#engine.project(project, source, options);
    if (outcome.plan.created.length > 0) this.#projectHooks?.keep();
    return outcome;
  }

  async #all(request: FullRequest): Promise<SyncRun> {
    const { metrics } = this.#options;
    const carriedOut = new Set([request.id, ...this.#fulls.waiting()]);
    await this.records.endAbandoned(carriedOut, this.#clock.now());
    const run = await this.#engine.all(request);
    metrics.gitlabSyncs.inc({ outcome: run.state });
    if (run.state !== "failed") {
      metrics.gitlabComplete.set(Date.parse(run.startedAt) / 1000);
      this.#projectHooks?.keep();
    }
    return run;
  }

  #onLead(leads: boolean): void {
    this.#queue?.stop();
    this.#queue = leads ? this.#newQueue() : undefined;
    if (!leads) return;
    void this.#relay.take().then((hints) => this.#queue?.add(hints));
  }

  #newQueue(): RereadQueue {
    return new RereadQueue({
      now: () => performance.now(),
      read: async (project, { why, gone }) => {
        const source = why === "push" ? "watch" : "hook";
        const { read } = await this.#readProject(project, source, { gone });
        return {
          latestDeployment: read === "gone" ? null : read.latestDeployment,
          gone: read === "gone",
        };
      },
      full: () => this.#fulls.soon(),
      namespaceProjects: (hint) => this.#projectsOf(hint),
      schedule: scheduleBy(() => performance.now()),
    });
  }

  #projectsOf({ path, oldPath, group }: NamespaceHint): number[] {
    const state = this.#options.ledger()?.state;
    const prefixes = [path, oldPath ?? path].map((one) => `${one.toLowerCase()}/`);
    const found = new Set<number>();
    for (const page of state?.pages.values() ?? []) {
      const projectPath = page.projectPath.toLowerCase();
      const isBelow = prefixes.some((prefix) => projectPath.startsWith(prefix));
      if (isBelow || (group !== undefined && page.namespace === group)) found.add(page.project);
    }
    return [...found];
  }

  /** What other replicas tell. A store that was opened anew has another volatile part. */
  #listen(): void {
    const volatile = this.#options.volatile();
    if (volatile === this.#heard) return;
    for (const end of this.#unlisten) end();
    this.#heard = volatile;
    this.#unlisten = [];
    if (volatile === undefined) return;
    this.#unlisten = [
      this.#relay.listen(volatile),
      volatile.onNudge(READ_TOPIC, (text) => {
        const told = readIn(text);
        if (told === undefined) return;
        this.#engine.wasRead(told.project, told.namespace);
        this.#projectHooks?.keep();
      }),
      volatile.onNudge(SYNC_TOPIC, (text) => {
        const request = requestIn(text);
        if (request !== undefined && this.#options.leads()) this.#fulls.request(request);
      }),
    ];
  }
}

/** The projects that have a site. */
function sitesOf(state: State | undefined): ReadonlySet<number> {
  const pages = [...(state?.pages.values() ?? [])];
  return new Set(pages.filter(({ deployed }) => deployed).map(({ project }) => project));
}
