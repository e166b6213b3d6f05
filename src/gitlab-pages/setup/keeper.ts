import { createHash } from "node:crypto";
import { messageOf } from "../../errors.ts";
import type { Logger } from "../../observability/log.ts";
import type { GitLab, HookWish } from "../client/gitlab.ts";
import type { Clock } from "../clock.ts";
import type { SyncRecords } from "../runs.ts";
import {
  ensureProjectHook,
  hookWishFor,
  type ProjectHookOutcome,
  resultOf,
} from "./project-hooks.ts";
import { requireApi } from "./scopes.ts";
import type { HookSettings } from "./system-hook.ts";

export interface ProjectHookKeeperOptions {
  readonly gitlab: GitLab;
  readonly settings: HookSettings;
  /** The projects that have a site now. */
  readonly sites: () => ReadonlySet<number>;
  readonly records: SyncRecords;
  /** Whether this replica is the one that asks GitLab. */
  readonly leads: () => boolean;
  readonly onOutcome: (outcome: ProjectHookOutcome | "failed") => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** A hook is looked at again after this time: GitLab switches off those that failed for a while. */
const AGAIN_MS = 24 * 60 * 60_000;
/** After so many hooks it is written down how far it came. */
const BATCH = 50;

interface Kept {
  readonly looked: Map<number, number>;
  readonly older: Set<number>;
}

/**
 * Keeps the pipeline hook of each project that has a site: made when the site comes, looked at once a
 * day, made anew when our address or token has changed. One project at a time, on one replica. A hook
 * stays when its site goes: it tells of the next deployment. `install-hooks --remove` takes them away.
 */
export class ProjectHookKeeper {
  readonly #options: ProjectHookKeeperOptions;
  readonly #wish: HookWish;
  /** Of the wish, tokens included. */
  readonly #hash: string;
  #running: Promise<void> | undefined;
  #isAskedFor = false;
  #trouble = "";

  constructor(options: ProjectHookKeeperOptions) {
    this.#options = options;
    this.#wish = hookWishFor(options.settings);
    this.#hash = createHash("sha256").update(JSON.stringify(this.#wish)).digest("base64url");
  }

  /** Has a look at what there is to do, in the background. Never throws. */
  keep(): void {
    this.#isAskedFor = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when it has nothing under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #loop(): Promise<void> {
    while (this.#isAskedFor && this.#goesOn()) {
      this.#isAskedFor = false;
      await this.#look();
    }
  }

  #goesOn(): boolean {
    return this.#options.leads() && !this.#options.signal.aborted;
  }

  async #look(): Promise<void> {
    const { sites, clock } = this.#options;
    const present = sites();
    const kept = await this.#load(present);
    const due = [...present].filter((project) => {
      const at = kept.looked.get(project);
      return at === undefined || clock.now().getTime() - at >= AGAIN_MS;
    });
    if (due.length === 0) return;
    let done = 0;
    const failed: string[] = [];
    try {
      // Before each project is asked for in vain.
      await requireApi(this.#options.gitlab);
      for (const project of due) {
        if (!this.#goesOn()) break;
        const why = await this.#ensure(project, kept);
        if (why !== undefined) failed.push(`project ${project}: ${why}`);
        if (++done % BATCH === 0) await this.#save(kept);
      }
      const [first] = failed;
      this.#tell(first === undefined ? "" : `${failed.length} failed, the first: ${first}`);
    } catch (error) {
      this.#tell(messageOf(error));
    }
    await this.#save(kept);
  }

  /**
   * One that is gone meanwhile, or odd in itself, is asked for again the next day: no other waits.
   * @returns why it failed
   * @throws GitLabError where it will be the same with each other project
   */
  async #ensure(project: number, kept: Kept): Promise<string | undefined> {
    const { gitlab, clock, onOutcome } = this.#options;
    const renew = kept.older.has(project);
    const { outcome, reason } = await resultOf(() =>
      ensureProjectHook(gitlab, project, this.#wish, { renew }),
    );
    const isDone = outcome !== "missing" && outcome !== "failed";
    onOutcome(isDone ? outcome : "failed");
    if (isDone) kept.older.delete(project);
    kept.looked.set(project, clock.now().getTime());
    return reason;
  }

  /** Says it once, not at each look. */
  #tell(trouble: string): void {
    if (trouble !== "" && trouble !== this.#trouble) {
      this.#options.log.warn(`Hooks of projects are not kept right: ${trouble}`);
    }
    this.#trouble = trouble;
  }

  async #load(present: ReadonlySet<number>): Promise<Kept> {
    const found = await this.#options.records.keptHooks();
    const looked = (found?.looked ?? []).filter(([project]) => present.has(project));
    const older = new Set((found?.older ?? []).filter((project) => present.has(project)));
    if (found === undefined || found.wish === this.#hash) return { looked: new Map(looked), older };
    for (const [project] of looked) older.add(project);
    return { looked: new Map(), older };
  }

  async #save({ looked, older }: Kept): Promise<void> {
    const { records } = this.#options;
    await records.putKeptHooks({ wish: this.#hash, looked: [...looked], older: [...older] });
  }
}
