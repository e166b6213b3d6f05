import type { Actor } from "../domain/policy.ts";
import { quotaOf, type Rules } from "../domain/rules.ts";
import { Refusal } from "../errors.ts";
import type { Ledger } from "../store/ledger.ts";

/** A change that is being made, with its place in the rate of whoever makes it. */
export interface Place {
  /**
   * To be asked where the change is decided, on the state that it is stored on: others may have made
   * changes for the same owner since it began.
   * @throws Refusal `rate_limited`
   */
  require(): void;
  /**
   * It came about, or to nothing. What was stored counts from then on by itself.
   * @param spent whether it counts though nothing was stored; at this replica alone
   */
  end(spent?: boolean): void;
}

const FREE: Place = { require: () => undefined, end: () => undefined };

/** The rate of changes that owners are held to, over the API and over the web pages. */
export class Limits {
  readonly #rules: Rules;
  readonly #ledger: Pick<Ledger, "state" | "recentChanges" | "countAsChange">;
  /** What each owner changes now, in the order in which it began. */
  readonly #underWay = new Map<string, Set<Place>>();

  constructor(rules: Rules, ledger: Pick<Ledger, "state" | "recentChanges" | "countAsChange">) {
    this.#rules = rules;
    this.#ledger = ledger;
  }

  /**
   * Takes a place in the acting owner's `changesPerHour`, which counts what they changed at any
   * replica. Admins are not limited.
   * @throws Refusal `rate_limited`
   */
  beginChange(actor: Actor): Place {
    const owner = actor.owner === null ? undefined : this.#ledger.state.owners.get(actor.owner);
    if (actor.admin || owner === undefined) return FREE;
    const { id, name } = owner;
    const points = quotaOf(this.#rules, owner).changesPerHour;
    const places = this.#underWay.get(id) ?? new Set();
    const place: Place = {
      require: () => {
        const { count, untilLess } = this.#ledger.recentChanges(id);
        const before = [...places].indexOf(place);
        if (count + before < points) return;
        const message = `${name} may make ${points} changes an hour; wait a little.`;
        throw tooMany(message, count === 0 ? 1_000 : untilLess);
      },
      end: (spent = false) => {
        if (spent) this.#ledger.countAsChange(id);
        places.delete(place);
        if (places.size === 0) this.#underWay.delete(id);
      },
    };
    this.#underWay.set(id, places.add(place));
    try {
      place.require();
    } catch (error) {
      place.end();
      throw error;
    }
    return place;
  }
}

function tooMany(message: string, waitMs: number): Refusal {
  return new Refusal("rate_limited", message, {
    retryAfter: Math.max(1, Math.ceil(waitMs / 1000)),
  });
}
