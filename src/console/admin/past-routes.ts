import { KINDS } from "../../domain/entities.ts";
import { readRecord } from "../../domain/records.ts";
import { applyInSteps, entityOf, type Change, type State } from "../../domain/state.ts";
import type { Ledger } from "../../store/ledger.ts";
import type { Json, StoredEvent } from "../../store/store.ts";
import { compareHost, type PlaceChange } from "../../traefik/compare.ts";
import type { Route } from "../../traefik/routes.ts";
import { lookupIn, type TableSettings } from "../../traefik/table.ts";
import { HostsBelow, touchedHosts } from "../../traefik/touched-hosts.ts";
import { runInTurns, type Steps } from "../../turns.ts";

/** What a revision changed in the routing table, as the console routes today. */
export interface RoutesChanged {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Some of them, by host and path. */
  readonly examples: readonly PlaceChange[];
}

const EXAMPLES_MAX = 8;
/** Revisions that are kept, the newest. */
const KEPT = 200;
const BATCH = 10;

/**
 * Which routes each of the last revisions changed. The state before a revision is found from the one
 * of now: the history has what each record was before, so its events can be taken back one by one.
 * What came of a revision is worked out once.
 */
export class PastRoutes {
  readonly #ledger: Pick<Ledger, "store" | "state" | "position">;
  readonly #settings: TableSettings;
  #known = new Map<number, RoutesChanged>();
  /** Up to this revision the state cannot be found. */
  #unknownTo = 0;
  #lineage = "";
  #looking: Promise<void> = Promise.resolve();

  constructor(ledger: Pick<Ledger, "store" | "state" | "position">, settings: TableSettings) {
    this.#ledger = ledger;
    this.#settings = settings;
  }

  /**
   * What revisions changed. One is left out where the history does not tell: what lies before a
   * whole state that was put in, or a record that this release cannot read.
   * @throws StoreError when the history cannot be read
   */
  async of(revisions: readonly number[]): Promise<ReadonlyMap<number, RoutesChanged>> {
    const look = this.#looking.then(() => this.#lookBack(revisions));
    // Those who come meanwhile find what this one found; its failure is its own.
    this.#looking = look.catch(() => undefined);
    await look;
    return new Map(
      revisions.flatMap((revision) => {
        const found = this.#known.get(revision);
        return found === undefined ? [] : [[revision, found] as const];
      }),
    );
  }

  async #lookBack(revisions: readonly number[]): Promise<void> {
    this.#followLineage();
    const { store, state: present } = this.#ledger;
    const missing = revisions.filter(
      (revision) =>
        !this.#known.has(revision) &&
        revision > this.#unknownTo &&
        revision <= present.revision &&
        revision > present.revision - KEPT,
    );
    const oldest = Math.min(...missing);
    let state = present;
    while (state.revision >= oldest) {
      const before = state.revision + 1;
      const events = await store.history({ reverse: true, before, limit: BATCH });
      for (const event of events) {
        if (state.revision < oldest) break;
        const undone = await runInTurns(undo(state, event));
        if (undone === undefined) return this.#giveUpAt(event.revision);
        if (!this.#known.has(event.revision)) {
          const routes = await runInTurns(compare(undone, state, this.#settings));
          this.#keep(event.revision, routes);
        }
        state = undone.before;
      }
      if (events.length < BATCH)
        return state.revision < oldest ? undefined : this.#giveUpAt(state.revision);
    }
  }

  #keep(revision: number, routes: RoutesChanged): void {
    this.#known.set(revision, routes);
    if (this.#known.size > KEPT) this.#known.delete(Math.min(...this.#known.keys()));
  }

  #giveUpAt(revision: number): void {
    this.#unknownTo = revision;
  }

  /** After a recovery or an import, another event may be at a revision. */
  #followLineage(): void {
    const { lineage } = this.#ledger.position;
    if (lineage === this.#lineage) return;
    this.#lineage = lineage;
    this.#known = new Map();
    this.#unknownTo = 0;
  }
}

interface Undone {
  readonly before: State;
  readonly changes: readonly Change[];
}

const STEP = 16;

/** Takes an event back. @returns undefined where it does not say what was before, or not of this state */
function* undo(state: State, { revision, event }: StoredEvent): Steps<Undone | undefined> {
  const { changes } = event;
  if (revision !== state.revision || !Array.isArray(changes)) return undefined;
  const last = new Map<string, { readonly before: Json; readonly after: Json }>();
  for (const change of changes as readonly Json[]) {
    const { key, before, after } = change as { key: string; before?: Json; after?: Json };
    // Of what is kept out of the history nothing is routed.
    if (before !== undefined && after !== undefined) last.set(key, { before, after });
  }
  const undoing: Change[] = [];
  for (const [key, { before, after }] of last) {
    const change = before === null ? removalOf(key) : readBack(key, before);
    if (change === undefined || !isNow(state, change, after)) return undefined;
    undoing.push(change);
    if (undoing.length % STEP === 0) yield;
  }
  return { before: yield* applyInSteps(state, undoing, revision - 1), changes: undoing };
}

function readBack(key: string, record: Json): Change | undefined {
  const read = readRecord(key, record);
  return read.kind === "entity" ? read.change : undefined;
}

function removalOf(key: string): Change | undefined {
  const [name = "", id = ""] = key.split(/\/(.*)/s);
  const kind = KINDS.find((one) => one === name);
  return kind === undefined ? undefined : { kind, id, entity: null };
}

/** Whether a record stands as an event left it. */
function isNow(state: State, { kind, id }: Change, after: Json): boolean {
  const found = entityOf(state, kind, id);
  if (after === null || found === undefined) return after === null && found === undefined;
  return (after as { readonly revision?: Json }).revision === found.revision;
}

function* compare(
  { before, changes }: Undone,
  after: State,
  settings: TableSettings,
): Steps<RoutesChanged> {
  const { rules } = settings;
  const hosts = new Set([
    ...touchedHosts(before, changes, rules, belowIn(before, settings)),
    ...touchedHosts(after, changes, rules, belowIn(after, settings)),
  ]);
  const [old, fresh] = [lookupIn(before, settings), lookupIn(after, settings)];
  const routes = { added: 0, removed: 0, changed: 0, examples: [] as PlaceChange[] };
  for (const host of [...hosts].toSorted()) {
    for (const place of compareHost(old, fresh, host)) {
      if (isRest(place.before) && isRest(place.after)) continue;
      routes[place.how]++;
      if (routes.examples.length < EXAMPLES_MAX) routes.examples.push(place);
    }
    yield;
  }
  return routes;
}

/** The rest of a host is answered alike whether or not something claims the host. */
function isRest(route: Route | undefined): boolean {
  return route === undefined || route.kind === "default";
}

/** The hosts below the labels of a past state, looked up when a label was changed. */
function belowIn(state: State, { rules }: TableSettings): Pick<HostsBelow, "of"> {
  let below: HostsBelow | undefined;
  return { of: (label) => (below ??= HostsBelow.of(state, rules.zone)).of(label) };
}
