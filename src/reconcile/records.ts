import type { Decision } from "../domain/decision.ts";
import { operator, type Actor } from "../domain/policy.ts";
import type { Change, State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { Ledger } from "../store/ledger.ts";
import { Trouble } from "./trouble.ts";

/** The console itself acts, in the history. */
const system: Actor = { ...operator, name: "console" };

/**
 * Forgets kept answers that say that a secret was drawn, where nobody was given it: a repeat of the
 * request draws another.
 * @param status of the answers that are meant: 201 to a thing's making, 200 to its rotation
 */
export function withoutAnswers(state: State, id: string, status: number): Change[] {
  return [...state.answers.values()]
    .filter((kept) => kept.status === status && kept.body.includes(`"id":"${id}"`))
    .map((kept) => ({ kind: "answer", id: kept.id, entity: null }));
}

/**
 * What steps write down in the store, each if the record is still as the step was planned for; else
 * nothing is written, and the next look plans anew. A module has one of its own, with its records.
 */
export class StepRecords {
  readonly #ledger: () => Ledger | undefined;

  /** @param ledger the present one; undefined while the store cannot be opened */
  constructor(ledger: () => Ledger | undefined) {
    this.#ledger = ledger;
  }

  /** @throws Trouble while the store cannot be read */
  get state(): State {
    return this.#required().state;
  }

  /**
   * @param decide undefined: nothing is to be written
   * @throws Trouble
   */
  protected async change(
    decide: (state: State, revision: number) => Decision<null> | undefined,
  ): Promise<void> {
    try {
      await this.#required().change(
        system,
        (state, { revision }) =>
          decide(state, revision) ?? {
            changes: [],
            event: { type: "nothing", summary: "", owners: [] },
            result: null,
          },
      );
    } catch (error) {
      if (error instanceof Refusal) throw new Trouble("away", error.message);
      throw error;
    }
  }

  #required(): Ledger {
    const ledger = this.#ledger();
    if (ledger === undefined) throw new Trouble("away", "The console's store cannot be reached.");
    return ledger;
  }
}
