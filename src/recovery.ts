import type { RecoverPreview, RecoverChoice } from "./control.ts";
import type { Core } from "./core.ts";
import { keyOf } from "./domain/records.ts";
import { emptyState, entitiesOf, type State } from "./domain/state.ts";
import { Refusal } from "./errors.ts";
import type { Ledger } from "./store/ledger.ts";
import { stateFrom } from "./store/stored-state.ts";
import type { Json, Key, Position, Readable, WholeStore } from "./store/store.ts";
import { compareTables, type TableChange } from "./traefik/compare.ts";
import { routingTable } from "./traefik/table.ts";
import { planFile, wholeStateEvent } from "./whole-state.ts";

const NOTHING_TO_RECOVER = "The store is sound; there is nothing to recover.";

/** Faults that a decision ends. */
const DECIDABLE: ReadonlySet<string> = new Set(["store_damaged", "store_diverged"]);

/**
 * What stands in the store, in the memory of this process and in the last good copy, and what each
 * choice would route differently from now.
 * @param text an export to look at as well
 * @throws Refusal `invalid_input` when the export is not valid
 */
export function recoverPreview(core: Core, text: string | undefined): Promise<RecoverPreview> {
  return core.inTurn(async () => {
    const copy = await core.lastGood.read();
    const { ledger } = core;
    const fault = core.fault?.reason ?? null;
    const readable = await readableOf(core);
    const exported = text === undefined ? undefined : stateOfFile(core, text).state;
    const compare = (after: State | undefined): TableChange | null =>
      ledger === undefined || after === undefined ? null : changeBetween(core, ledger.state, after);
    return {
      fault,
      problems: readable?.problems ?? [],
      store: readable === undefined ? null : countOf(readable.position, readable.entities.size),
      memory: ledger === undefined ? null : countOf(ledger.position, recordsOf(ledger).size),
      lastGood: copy === undefined ? null : { revision: copy.revision },
      accept: compare(readable === undefined ? undefined : stateFrom(readable).state),
      fromExport: compare(exported),
    };
  });
}

/** What the store gives where it is at fault; where it is sound, it is what is in memory. */
async function readableOf({ fault, store, ledger }: Core): Promise<Readable | undefined> {
  if (fault === undefined && ledger !== undefined) {
    return { position: ledger.position, entities: recordsOf(ledger), problems: [] };
  }
  return store?.loadUnchecked();
}

function countOf({ revision, lineage }: Position, records: number) {
  return { revision, lineage, records };
}

function changeBetween(core: Core, before: State, after: State): TableChange {
  const settings = { rules: core.rules, userhomes: core.config.userhomes.enabled };
  return compareTables(routingTable(before, settings), routingTable(after, settings));
}

/** The whole state of a ledger as records of a store, what could not be read included. */
export function recordsOf({ state, unread }: Pick<Ledger, "state" | "unread">): Map<Key, Json> {
  const records = new Map<Key, Json>(unread);
  for (const entity of entitiesOf(state)) records.set(keyOf(entity), entity as unknown as Json);
  return records;
}

/** @throws Refusal `invalid_input` with all that is wrong with the file */
function stateOfFile(core: Core, text: string) {
  const plan = planFile(core, text, { present: emptyState, merge: false });
  if (plan.problems.length > 0) throw new Refusal("invalid_input", plan.problems.join("\n"));
  return plan;
}

/**
 * Makes what was chosen the truth. The new revision is above every one that was acknowledged or
 * published. Traefik is given the new state, never one in between; other replicas take it up.
 * @returns the revision that the state stands at
 * @throws Refusal when there is nothing to recover, nothing in memory, the file is not valid, or
 *   nothing can be written
 */
export function recover(core: Core, choice: RecoverChoice): Promise<number> {
  return core.inTurn(async () => {
    const known = core.ledger?.position;
    const entities = entitiesOfChoice(core, choice);
    const store = await faultyStore(core, choice);
    const published = (await core.lastGood.read())?.revision ?? 0;
    await store.accept(wholeStateEvent(core, `recovered ${WORDS[choice.kind]}`), {
      above: Math.max(published, known?.revision ?? 0),
      supersedes: known === undefined ? [] : [known.lineage],
      ...(entities === undefined ? {} : { entities }),
    });
    await core.reopen();
    return core.requireLedger().state.revision;
  });
}

const WORDS: Record<RecoverChoice["kind"], string> = {
  accept: "from the store",
  memory: "from memory",
  export: "from an export",
};

/** The records of the choice; undefined for what the store gives. */
function entitiesOfChoice(core: Core, choice: RecoverChoice): ReadonlyMap<Key, Json> | undefined {
  if (choice.kind === "accept") return undefined;
  if (choice.kind === "export") return stateOfFile(core, choice.text).records;
  if (core.ledger !== undefined) return recordsOf(core.ledger);
  throw new Refusal("conflict", "There is no state in memory: this process has not read one.");
}

/**
 * The store, when it is in need of a decision. One that was found damaged while it ran is read anew:
 * it may have been put right meanwhile.
 * @throws Refusal when it is not
 */
async function faultyStore(core: Core, choice: RecoverChoice): Promise<WholeStore> {
  const { ledger } = core;
  if (ledger?.fault?.code === "store_damaged" && choice.kind !== "memory") await core.reopen();
  const { fault, store } = core;
  if (fault === undefined) throw new Refusal("conflict", NOTHING_TO_RECOVER);
  if (!DECIDABLE.has(fault.code) || store === undefined) {
    // A disk that is full or away is for the operator to mend, and no other release's data to cut.
    throw new Refusal("conflict", `Recovering would not help: ${fault.reason}`);
  }
  return store;
}
