/** A burst of hooks about one project is one read. */
const DEBOUNCE_MS = 100;
/** GitLab may announce a success before the deployment is active. */
const AGAIN_MS = [5_000, 30_000, 120_000];
const RETRY_MS = 30_000;
const RETRIES = 3;

/** Why a project is read. */
export interface Reason {
  readonly why: string;
  /** Whether a hook said that it was deleted. */
  readonly gone: boolean;
}

/** When a project that a hook spoke of is read. Times are in milliseconds. */
export interface Reread extends Reason {
  /** The read that its latest hint waits for; undefined once one has begun after that hint. */
  first: number | undefined;
  /** The reads after that, the soonest first. */
  again: readonly number[];
  retries: number;
  why: string;
  gone: boolean;
}

/** The projects that hooks spoke of, and when each is read. */
export class Rereads {
  readonly #projects = new Map<number, Reread>();

  get size(): number {
    return this.#projects.size;
  }

  get(project: number): Reread | undefined {
    return this.#projects.get(project);
  }

  [Symbol.iterator](): IterableIterator<[number, Reread]> {
    return this.#projects.entries();
  }

  /** Takes a hint. A read that is due soon stays where it is: hints that never end must not move it. */
  hint(project: number, { why, gone }: Reason, now: number): void {
    const known = this.#projects.get(project);
    this.#projects.set(project, {
      first: known?.first ?? now + DEBOUNCE_MS,
      again: AGAIN_MS.map((after) => now + after),
      retries: 0,
      why,
      // Ids are never given again: what was deleted stays so, whatever a late hook says.
      gone: gone || known?.gone === true,
    });
  }

  /** A read begins, for whatever reason: it answers all hints that came before. */
  begin(project: number, now: number): void {
    const reread = this.#projects.get(project);
    if (reread === undefined) return;
    reread.first = undefined;
    reread.again = reread.again.filter((at) => at > now);
  }

  /** @returns whether the project is gone for good: a hook and a read after it agree */
  succeed(project: number, gone: boolean): boolean {
    const reread = this.#projects.get(project);
    if (reread === undefined) return false;
    const isConfirmed = gone && reread.gone && reread.first === undefined;
    if (isConfirmed || isIdle(reread)) this.#projects.delete(project);
    return isConfirmed;
  }

  fail(project: number, now: number): void {
    const reread = this.#projects.get(project);
    if (reread === undefined || !isIdle(reread)) return;
    if (reread.retries++ < RETRIES) reread.again = [now + RETRY_MS];
    else this.#projects.delete(project);
  }

  clear(): void {
    this.#projects.clear();
  }
}

function isIdle({ first, again }: Reread): boolean {
  return first === undefined && again.length === 0;
}
