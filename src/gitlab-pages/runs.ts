import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Volatile } from "../store/volatile.ts";

const plannedSchema = z.object({
  project: z.number().int(),
  projectPath: z.string(),
  host: z.string(),
  path: z.string(),
  owner: z.string().nullable(),
});

/** One read of GitLab, what it made of the state, or why it did not. */
export const syncRunSchema = z.object({
  id: z.string(),
  /** `held`: done but for removals that wait for an admin. */
  state: z.enum(["waiting", "running", "done", "held", "failed"]),
  /** Who or what asked for it: an admin's name, `interval`, `start`, `hooks`. */
  by: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  progress: z
    .object({
      phase: z.enum(["projects", "sites", "domains"]),
      done: z.number().int(),
      of: z.number().int().nullable(),
    })
    .nullable(),
  /** Calls to GitLab. */
  calls: z.number().int(),
  /** Time spent waiting because GitLab limits calls, in milliseconds. */
  waitedMs: z.number(),
  /** The state's revision after it. */
  revision: z.number().int().nullable(),
  counts: z.object({
    created: z.number().int(),
    changed: z.number().int(),
    removed: z.number().int(),
    held: z.number().int(),
    heldOwners: z.number().int(),
  }),
  /** The plan, page by page; long ones are cut. */
  created: z.array(plannedSchema),
  changed: z.array(plannedSchema),
  removed: z.array(plannedSchema),
  held: z.array(plannedSchema),
  /** Sentences on what did not fit together. */
  notes: z.array(z.string()),
  error: z.string().nullable(),
});
export type SyncRun = z.infer<typeof syncRunSchema>;

/** Removals that wait for an admin's word. */
export const heldSchema = z.object({
  run: z.string(),
  /** When they were first not found. */
  since: z.string(),
  projects: z.array(z.number().int()),
  owners: z.number().int(),
});
export type Held = z.infer<typeof heldSchema>;

const statusSchema = z.object({
  /** When the last complete read began; ISO 8601. */
  completeAt: z.string().nullable(),
  /** What went wrong since. */
  error: z.string().nullable(),
});
export type SyncStatus = z.infer<typeof statusSchema>;

const keptHooksSchema = z.object({
  /** What hooks are to be like, tokens included, as a hash. */
  wish: z.string(),
  /** Projects by id, and when their hook was looked at, in milliseconds. */
  looked: z.array(z.tuple([z.number().int(), z.number()])),
  /** Those whose hook still has an older token. */
  older: z.array(z.number().int()),
});
/** How far the hooks of projects are kept right. */
export type KeptHooks = z.infer<typeof keptHooksSchema>;

const RUN = "gitlab:run:";
const HELD = "gitlab:held";
const STATUS = "gitlab:status";
const HOOKS = "gitlab:project-hooks";
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const ON_ITS_WAY_MS = 60_000;
/** How many pages of a plan are kept with a run, of each kind. */
const LISTED_MAX = 500;

/** An id that no other run has; ids sort by time. */
export function newRunId(now: Date): string {
  return `sync-${now.getTime().toString(36)}${randomUUID().slice(0, 8)}`;
}

export function newRun(id: string, by: string, now: Date): SyncRun {
  return {
    id,
    state: "waiting",
    by,
    startedAt: now.toISOString(),
    finishedAt: null,
    progress: null,
    calls: 0,
    waitedMs: 0,
    revision: null,
    counts: { created: 0, changed: 0, removed: 0, held: 0, heldOwners: 0 },
    created: [],
    changed: [],
    removed: [],
    held: [],
    notes: [],
    error: null,
  };
}

/**
 * What all replicas know of syncs: runs, what is held, when the last was complete. It is no history:
 * it may be lost, and the next run writes it anew.
 */
export class SyncRecords {
  readonly #volatile: () => Volatile | undefined;

  constructor(volatile: () => Volatile | undefined) {
    this.#volatile = volatile;
  }

  /** Never throws: a run that cannot be written down has still run. */
  async put(run: SyncRun): Promise<void> {
    const cut: SyncRun = { ...run, notes: run.notes.slice(0, LISTED_MAX) };
    for (const list of ["created", "changed", "removed", "held"] as const) {
      cut[list] = run[list].slice(0, LISTED_MAX);
    }
    await this.#write(RUN + run.id, cut);
  }

  async get(id: string): Promise<SyncRun | undefined> {
    return this.#read(RUN + id, syncRunSchema);
  }

  /** The newest first. */
  async all(): Promise<readonly SyncRun[]> {
    const found = (await this.#volatile()?.list(RUN)) ?? new Map<string, string>();
    const runs = [...found.values()].map((text) => syncRunSchema.safeParse(JSON.parse(text)).data);
    return runs
      .filter((run) => run !== undefined)
      .toSorted((a, b) => (a.startedAt + a.id < b.startedAt + b.id ? 1 : -1));
  }

  /**
   * Ends runs that nobody carries out any more: their console was killed, or lost the lead. Never
   * throws.
   * @param carriedOut the ids of those that run or wait at this console, which leads
   */
  async endAbandoned(carriedOut: ReadonlySet<string>, now: Date): Promise<void> {
    for (const run of await this.all().catch(() => [])) {
      const isUnderWay = run.state === "running" || run.state === "waiting";
      // What was asked for just now may still be on its way to this console.
      const age = now.getTime() - Date.parse(run.startedAt);
      const isOnItsWay = run.state === "waiting" && age < ON_ITS_WAY_MS;
      if (!isUnderWay || isOnItsWay || carriedOut.has(run.id)) continue;
      const error = "The console that had it was stopped or lost the lead; ask again.";
      const finishedAt = now.toISOString();
      await this.put({ ...run, state: "failed", error, finishedAt, progress: null });
    }
  }

  async held(): Promise<Held | undefined> {
    const held = await this.#read(HELD, heldSchema);
    return held?.projects.length === 0 ? undefined : held;
  }

  /** The projects whose removal waits. */
  async heldProjects(): Promise<ReadonlySet<number>> {
    return new Set((await this.held())?.projects);
  }

  async putHeld(held: Held | undefined): Promise<void> {
    await this.#write(HELD, held ?? { run: "", since: "", projects: [], owners: 0 });
  }

  async status(): Promise<SyncStatus> {
    return (await this.#read(STATUS, statusSchema)) ?? { completeAt: null, error: null };
  }

  async putStatus(status: SyncStatus): Promise<void> {
    await this.#write(STATUS, status);
  }

  async keptHooks(): Promise<KeptHooks | undefined> {
    return this.#read(HOOKS, keptHooksSchema);
  }

  async putKeptHooks(kept: KeptHooks): Promise<void> {
    await this.#write(HOOKS, kept);
  }

  async #read<T extends z.ZodType>(key: string, schema: T): Promise<z.output<T> | undefined> {
    const text = await this.#volatile()
      ?.get(key)
      .catch(() => undefined);
    return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
  }

  async #write(key: string, value: object): Promise<void> {
    await this.#volatile()
      ?.set(key, JSON.stringify(value), WEEK_MS)
      .catch(() => undefined);
  }
}
