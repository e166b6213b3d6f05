import type { Part } from "../checks/check.ts";
import type { Report } from "./report.ts";
import { examine, type Progress } from "./run.ts";

export interface DoctorOptions {
  readonly parts: () => Promise<readonly Part[]>;
  readonly now: () => Date;
  /** Milliseconds that each part may take. */
  readonly partMs?: number | undefined;
}

/** Before it is known what there is to look at. */
const NOTHING_YET: Progress = { of: 0, left: [] };

/** The doctor of a console that runs: one look at a time, whoever asks for it. */
export class Doctor {
  readonly #options: DoctorOptions;
  readonly #watchers = new Set<(progress: Progress) => void>();
  #looking: Promise<Report> | undefined;
  #progress: Progress | undefined;
  #last: Report | undefined;

  constructor(options: DoctorOptions) {
    this.#options = options;
  }

  /** What was found last; undefined before the first look. */
  get last(): Report | undefined {
    return this.#last;
  }

  /** How far the look is that goes on; undefined while there is none. */
  get progress(): Progress | undefined {
    return this.#looking === undefined ? undefined : (this.#progress ?? NOTHING_YET);
  }

  /** Looks at everything, or waits for the look that goes on. Never throws. */
  look(onProgress?: (progress: Progress) => void): Promise<Report> {
    if (onProgress !== undefined) {
      if (this.#progress !== undefined && this.#looking !== undefined) onProgress(this.#progress);
      this.#watchers.add(onProgress);
    }
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#watchers.clear();
    });
    return this.#looking;
  }

  async #look(): Promise<Report> {
    const { parts, now, partMs } = this.#options;
    // Of the last look.
    this.#progress = undefined;
    const onProgress = (progress: Progress) => {
      this.#progress = progress;
      for (const watcher of this.#watchers) watcher(progress);
    };
    this.#last = await examine(await parts(), { by: "console", now, partMs, onProgress });
    return this.#last;
  }
}
