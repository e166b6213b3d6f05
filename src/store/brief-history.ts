import type { Ledger } from "./ledger.ts";
import type { HistoryQuery, Json, StoredEvent } from "./store.ts";

/** An event as a list shows it. */
export interface BriefEvent extends StoredEvent {
  /** How many of its changes are left out of `event`: of many, it keeps the first. */
  readonly leftOut: number;
}

/** Changes that are kept of an event with more. */
const CHANGES_KEPT = 24;
/** Events with more changes are kept here: to read one anew takes long. */
const LARGE = 100;
const LARGE_KEPT = 64;

/**
 * The history for lists of events, newest first. An event never changes, and a large one, such as
 * that of the first sync with GitLab, is megabytes of which a list shows a line: it is read once.
 */
export class BriefHistory {
  readonly #ledger: Pick<Ledger, "store" | "position">;
  /** Large events in brief, by revision. */
  #large = new Map<number, BriefEvent>();
  #lineage = "";

  constructor(ledger: Pick<Ledger, "store" | "position">) {
    this.#ledger = ledger;
  }

  /**
   * Events before a revision, newest first.
   * @throws StoreDamaged when an event is altered or missing
   */
  async read({ before, limit }: Pick<HistoryQuery, "before" | "limit">): Promise<BriefEvent[]> {
    this.#followLineage();
    const found: BriefEvent[] = [];
    let below = before;
    while (found.length < limit) {
      const known = this.#newestBelow(below);
      const wanted = limit - found.length;
      const read = await this.#ledger.store.history({
        reverse: true,
        limit: wanted,
        ...(below === undefined ? {} : { before: below }),
        ...(known === undefined ? {} : { after: known.revision }),
      });
      found.push(...read.map((stored) => this.#brief(stored)));
      if (read.length === wanted || known === undefined) break;
      found.push(known);
      below = known.revision;
    }
    return found;
  }

  /** After a recovery or an import, another event may be at a revision. */
  #followLineage(): void {
    const { lineage } = this.#ledger.position;
    if (lineage !== this.#lineage) this.#large = new Map();
    this.#lineage = lineage;
  }

  #newestBelow(before: number | undefined): BriefEvent | undefined {
    let newest: BriefEvent | undefined;
    for (const event of this.#large.values()) {
      if (before !== undefined && event.revision >= before) continue;
      if (newest === undefined || event.revision > newest.revision) newest = event;
    }
    return newest;
  }

  #brief(stored: StoredEvent): BriefEvent {
    const { changes } = stored.event;
    const all: readonly Json[] = Array.isArray(changes) ? changes : [];
    const event =
      all.length <= CHANGES_KEPT
        ? stored.event
        : { ...stored.event, changes: all.slice(0, CHANGES_KEPT) };
    const brief = { ...stored, event, leftOut: Math.max(0, all.length - CHANGES_KEPT) };
    if (all.length > LARGE) this.#keep(brief);
    return brief;
  }

  #keep(event: BriefEvent): void {
    this.#large.set(event.revision, event);
    const [oldest] = this.#large.keys();
    if (this.#large.size > LARGE_KEPT && oldest !== undefined) this.#large.delete(oldest);
  }
}
