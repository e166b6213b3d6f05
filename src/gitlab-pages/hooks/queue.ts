import { TokenBucket } from "../../reconcile/token-bucket.ts";
import type { Hint, NamespaceHint } from "./hint.ts";
import { type Reason, Rereads } from "./rereads.ts";
import { Watches } from "./watches.ts";

/** What a read of a project found. */
export interface ReadOutcome {
  /** The newest active deployment's time, ISO 8601. */
  readonly latestDeployment: string | null;
  /** Whether GitLab says that there is no such project. */
  readonly gone: boolean;
}

export interface RereadLimits {
  /** Reads at once. */
  readonly concurrency: number;
  /** Reads a second, over all projects. */
  readonly perSecond: number;
  /** Projects that wait after a hook; with more, everything is read instead. */
  readonly maxProjects: number;
  /** Projects that are watched after a push. */
  readonly maxWatches: number;
}

export const REREAD_LIMITS: RereadLimits = {
  concurrency: 2,
  perSecond: 10,
  maxProjects: 1_000,
  maxWatches: 200,
};

export interface RereadQueueOptions {
  /** Milliseconds, of a clock that does not go back. */
  readonly now: () => number;
  /** Reads a project, and ends in bounded time: it has one of few places meanwhile. */
  readonly read: (project: number, reason: Reason) => Promise<ReadOutcome>;
  /** Asks for everything to be read, after this moment. Many at once are one to whoever is asked. */
  readonly full: () => void;
  /** The projects of a namespace as far as they are known. */
  readonly namespaceProjects: (hint: NamespaceHint) => readonly number[];
  /** Runs something at a time of `now`, and never at once. @returns cancels it */
  readonly schedule: (at: number, run: () => void) => () => void;
  /** `REREAD_LIMITS` where left out. */
  readonly limits?: Partial<RereadLimits>;
}

/** One project is not read more often, whatever hooks say. */
const GAP_MS = 5_000;
const NAMESPACE_MAX = 50;
/** While hooks flood in, they only count together, once in this time. */
const FLOOD_MS = 10_000;

/** A read that could begin: lower ranks first, and of one rank what has waited longest. */
interface Candidate {
  readonly project: number;
  /** 0 answers a hint, 1 makes sure of it, 2 watches. */
  readonly rank: 0 | 1 | 2;
  readonly at: number;
}

/**
 * Decides when which project is read again after hooks. Every hint is followed by a read that begins
 * after it (or by a call of `full` after it), and the number of reads is bounded by the limits alone,
 * however many hooks come.
 */
export class RereadQueue {
  readonly #options: RereadQueueOptions;
  readonly #limits: RereadLimits;
  readonly #bucket: TokenBucket;
  readonly #rereads = new Rereads();
  readonly #watches: Watches;
  readonly #running = new Set<number>();
  /** When each project's last read began, as long as that matters; the oldest first. */
  readonly #began = new Map<number, number>();
  /** While everything is to be read instead: until when, and whether there was a hint since. */
  #flood: { until: number; hinted: boolean } | undefined;
  #timer: { at: number; cancel: () => void } | undefined;
  #stopped = false;

  constructor(options: RereadQueueOptions) {
    this.#options = options;
    this.#limits = { ...REREAD_LIMITS, ...options.limits };
    this.#bucket = new TokenBucket(this.#limits.perSecond, options.now());
    this.#watches = new Watches(this.#limits.maxWatches);
  }

  add(hints: readonly Hint[]): void {
    if (this.#stopped) return;
    for (const hint of hints) this.#add(hint);
  }

  /** What is under way, for metrics. */
  pending(): { readonly projects: number; readonly watches: number; readonly running: number } {
    return {
      projects: this.#rereads.size,
      watches: this.#watches.size,
      running: this.#running.size,
    };
  }

  /** Reads nothing more. Reads that have begun end by themselves. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#rereads.clear();
    this.#watches.clear();
  }

  #add(hint: Hint): void {
    switch (hint.kind) {
      case "project":
        this.#hint(hint.project, { why: hint.why, gone: hint.gone === true });
        break;
      case "watch":
        this.#watches.push(hint.project, this.#options.now());
        this.#wake(this.#watches.get(hint.project)?.next);
        break;
      case "namespace": {
        const projects = this.#options.namespaceProjects(hint);
        if (projects.length > NAMESPACE_MAX) this.#full();
        else for (const project of projects) this.#hint(project, { why: "namespace", gone: false });
        break;
      }
      case "full":
        this.#full();
        break;
    }
  }

  #hint(project: number, reason: Reason): void {
    if (this.#flood !== undefined) return this.#full();
    const isNew = this.#rereads.get(project) === undefined;
    if (isNew && this.#rereads.size >= this.#limits.maxProjects) return this.#full();
    this.#rereads.hint(project, reason, this.#options.now());
    this.#wake(this.#rereads.get(project)?.first);
  }

  /** A full read takes the place of all that wait for one, watches not: these wait for later. */
  #full(): void {
    if (this.#flood !== undefined) {
      this.#flood.hinted = true;
      return;
    }
    this.#rereads.clear();
    this.#flood = { until: this.#options.now() + FLOOD_MS, hinted: false };
    this.#wake(this.#flood.until);
    this.#options.full();
  }

  #wake(at = Infinity): void {
    if (at === Infinity || (this.#timer !== undefined && this.#timer.at <= at)) return;
    this.#timer?.cancel();
    const cancel = this.#options.schedule(at, () => {
      this.#timer = undefined;
      this.#pump();
    });
    this.#timer = { at, cancel };
  }

  /** Begins what may begin now, and sees to it that it is called again when more may. */
  #pump(): void {
    if (this.#stopped) return;
    const now = this.#options.now();
    this.#forget(now);
    if (this.#flood !== undefined && this.#flood.until <= now) {
      const { hinted } = this.#flood;
      this.#flood = undefined;
      if (hinted) this.#full();
    }
    this.#wake(this.#flood?.until);
    while (this.#running.size < this.#limits.concurrency) {
      const next = this.#next(now);
      if (next === undefined) return;
      if (next.at > now) return this.#wake(next.at);
      if (!this.#bucket.take(now)) return this.#wake(this.#bucket.nextAt(now));
      void this.#read(next.project, now);
    }
  }

  /** The best of those that may begin now, else the soonest. */
  #next(now: number): Candidate | undefined {
    let best: Candidate | undefined;
    for (const candidate of this.#candidates()) {
      if (best === undefined || isBefore(candidate, best, now)) best = candidate;
    }
    return best;
  }

  *#candidates(): Iterable<Candidate> {
    for (const [project, { first, again }] of this.#rereads) {
      if (this.#running.has(project)) continue;
      const free = this.#freeAt(project);
      if (first !== undefined) yield { project, rank: 0, at: Math.max(first, free) };
      const [soonest] = again;
      if (soonest !== undefined) yield { project, rank: 1, at: Math.max(soonest, free) };
    }
    for (const [project, { next }] of this.#watches) {
      if (next === Infinity || this.#running.has(project)) continue;
      yield { project, rank: 2, at: Math.max(next, this.#freeAt(project)) };
    }
  }

  #freeAt(project: number): number {
    return (this.#began.get(project) ?? -Infinity) + GAP_MS;
  }

  async #read(project: number, now: number): Promise<void> {
    const { why = "push", gone = false } = this.#rereads.get(project) ?? {};
    this.#running.add(project);
    this.#began.delete(project);
    this.#began.set(project, now);
    this.#rereads.begin(project, now);
    const watch = this.#watches.begin(project, now);
    let outcome: ReadOutcome | undefined;
    try {
      outcome = await this.#options.read(project, { why, gone });
    } catch {
      // Whoever reads tells of it; here it is only tried again.
    }
    this.#running.delete(project);
    if (watch !== undefined) this.#watches.end(project, watch, outcome?.latestDeployment);
    if (outcome === undefined) this.#rereads.fail(project, this.#options.now());
    else if (this.#rereads.succeed(project, outcome.gone)) this.#watches.delete(project);
    this.#pump();
  }

  #forget(now: number): void {
    for (const [project, began] of this.#began) {
      if (began + GAP_MS > now) break;
      this.#began.delete(project);
    }
  }
}

function isBefore(a: Candidate, b: Candidate, now: number): boolean {
  const [isReady, isOtherReady] = [a.at <= now, b.at <= now];
  if (isReady !== isOtherReady) return isReady;
  return isReady && a.rank !== b.rank ? a.rank < b.rank : a.at < b.at;
}
