const SECOND_MS = 1_000;
/** After a push, in seconds: pipelines of sites take about a minute, and some many. */
const SOON = [15, 30, 45, 60, 90, 120];
const LAST = 15 * 60;
const OFFSETS_MS = [...SOON, ...Array.from({ length: LAST / 60 - 2 }, (_, n) => (n + 3) * 60)].map(
  (seconds) => seconds * SECOND_MS,
);

/** What a project is read for after a push: a deployment that was not there yet. */
export interface Watch {
  /** The latest push, in milliseconds. */
  readonly since: number;
  /** The next read; infinite when there is none. */
  next: number;
  /** The latest deployment that the first read saw; undefined before that. */
  baseline: string | null | undefined;
}

/**
 * The projects that were pushed to. Where only the system hook is set up, nothing says that a
 * pipeline has ended.
 */
export class Watches {
  readonly #max: number;
  /** The one whose push is longest ago first. */
  readonly #projects = new Map<number, Watch>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#projects.size;
  }

  get(project: number): Watch | undefined {
    return this.#projects.get(project);
  }

  [Symbol.iterator](): IterableIterator<[number, Watch]> {
    return this.#projects.entries();
  }

  /** A push. It begins the watch anew: what an earlier one has deployed meanwhile does not end it. */
  push(project: number, now: number): void {
    const [after = 0] = OFFSETS_MS;
    const next = Math.min(this.#projects.get(project)?.next ?? Infinity, now + after);
    this.#projects.delete(project);
    this.#projects.set(project, { since: now, next, baseline: undefined });
    if (this.#projects.size <= this.#max) return;
    for (const oldest of this.#projects.keys()) {
      this.#projects.delete(oldest);
      break;
    }
  }

  /** A read begins, for whatever reason. */
  begin(project: number, now: number): Watch | undefined {
    const watch = this.#projects.get(project);
    if (watch === undefined) return undefined;
    const offset = OFFSETS_MS.find((after) => watch.since + after > now);
    watch.next = offset === undefined ? Infinity : watch.since + offset;
    return watch;
  }

  /**
   * A read has ended.
   * @param watch what `begin` gave; a push meanwhile has begun another
   * @param latest the latest deployment, ISO 8601, or null for none; undefined when the read failed
   */
  end(project: number, watch: Watch, latest: string | null | undefined): void {
    if (this.#projects.get(project) !== watch) return;
    const isFirst = watch.baseline === undefined;
    if (isFirst) watch.baseline = latest;
    const isDone = !isFirst && isNewer(latest, watch.baseline);
    if (isDone || watch.next === Infinity) this.#projects.delete(project);
  }

  delete(project: number): void {
    this.#projects.delete(project);
  }

  clear(): void {
    this.#projects.clear();
  }
}

function isNewer(latest: string | null | undefined, than: string | null | undefined): boolean {
  if (latest === null || latest === undefined) return false;
  return than === null || than === undefined || Date.parse(latest) > Date.parse(than);
}
