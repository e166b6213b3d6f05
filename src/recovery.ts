import type { RecoverPreview } from "./control.ts";
import type { Core } from "./core.ts";
import { emptyState, type State } from "./domain/state.ts";
import { Refusal } from "./errors.ts";
import type { LevelStore } from "./store/leveldb.ts";
import { planFile, wholeStateEvent } from "./whole-state.ts";

const NOTHING_TO_RECOVER = "The store is sound; there is nothing to recover.";

/** What stands in the store and in the last good copy, before `recover` decides. */
export async function recoverPreview(core: Core): Promise<RecoverPreview> {
  const copy = await core.lastGood.read();
  const lastGood = copy === undefined ? null : { revision: copy.revision };
  const fault = core.fault?.reason ?? null;
  const { ledger } = core;
  if (ledger !== undefined) {
    const store = { revision: ledger.state.revision, records: recordsOf(ledger.state) };
    return { fault, problems: [], store, lastGood };
  }
  return core.inTurn(async () => {
    const readable = await core.store?.loadUnchecked();
    return {
      fault,
      problems: readable?.problems ?? [],
      store:
        readable === undefined
          ? null
          : { revision: readable.position.revision, records: readable.entities.size },
      lastGood,
    };
  });
}

function recordsOf(state: State): number {
  const { owners, labels, endpoints, pages, reserved, tokens, answers } = state;
  return (
    [owners, labels, endpoints, pages, reserved, tokens, answers].reduce(
      (sum, map) => sum + map.size,
      0,
    ) + state.setAside.length
  );
}

/**
 * Takes what the store still gives as the truth, or an export file. The new revision is above every
 * one that was acknowledged or published. Traefik is given the new state, never one in between.
 * @param text the export; undefined to take what the store gives
 * @returns the revision that the state stands at
 * @throws Refusal when there is nothing to recover, the file is not valid, or nothing can be written
 */
export function recover(core: Core, text: string | undefined): Promise<number> {
  return core.inTurn(async () => {
    const store = await faultyStore(core);
    const published = (await core.lastGood.read())?.revision ?? 0;
    let entities;
    if (text !== undefined) {
      const plan = planFile(core, text, { present: emptyState, merge: false });
      if (plan.problems.length > 0) throw new Refusal("invalid_input", plan.problems.join("\n"));
      entities = plan.records;
    }
    await store.accept(wholeStateEvent(core, "recovered"), {
      above: published,
      ...(entities === undefined ? {} : { entities }),
    });
    await core.reopen();
    return core.requireLedger().state.revision;
  });
}

/**
 * The store, when it is in need of a decision. One that was found damaged while it ran is read anew:
 * it may have been put right meanwhile.
 * @throws Refusal when it is not
 */
async function faultyStore(core: Core): Promise<LevelStore> {
  const { ledger } = core;
  if (ledger?.fault?.code === "store_damaged") await core.reopen();
  const { fault, store } = core;
  if (fault === undefined) throw new Refusal("conflict", NOTHING_TO_RECOVER);
  if (fault.code !== "store_damaged" || store === undefined) {
    // A disk that is full or away is for the operator to mend, and no other release's data to cut.
    throw new Refusal("conflict", `Recovering would not help: ${fault.reason}`);
  }
  return store;
}
