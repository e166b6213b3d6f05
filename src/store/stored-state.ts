import { randomBytes } from "node:crypto";
import type { Context, Decision } from "../domain/decision.ts";
import { KINDS, type Kind } from "../domain/entities.ts";
import { actsFor, type Actor } from "../domain/policy.ts";
import { keyOf, readRecord } from "../domain/records.ts";
import {
  apply,
  applyInSteps,
  build,
  entityOf,
  type Change,
  type SetAside,
  type State,
} from "../domain/state.ts";
import { runInTurns, runToEnd, type Steps } from "../turns.ts";
import { workOutTexts } from "./chain.ts";
import { assertKey, type Commit, type Json, type Key, type Loaded, type Write } from "./store.ts";

/** A decision worked out: what a store keeps of it, and the state that it leaves. */
interface WorkedOut<T> {
  readonly result: T;
  readonly after: State;
  /** Undefined when there is nothing to store; `after` is then the state as it was. */
  readonly commit: Commit | undefined;
}

/**
 * Works a verb's decision out.
 * @throws TypeError when a record of it could not be read back: a fault of the verb's
 */
export function* workOut<T>(
  before: State,
  context: Context,
  decision: Decision<T>,
): Steps<WorkedOut<T>> {
  const { changes, result } = decision;
  if (changes.length === 0) return { result, after: before, commit: undefined };
  const writes: Write[] = [];
  for (const change of changes) {
    writes.push(writeOf(change));
    if (writes.length % STEP === 0) yield;
  }
  const commit = { writes, event: eventOf(before, context, decision) };
  yield* workOutTexts(commit);
  const after = yield* applyInSteps(before, changes, context.revision);
  return { result, after, commit };
}

/** Changes between two pauses: well below a millisecond. */
const STEP = 32;

/** What is stored must be readable at the next start: a record set aside then is a route lost. */
function writeOf(change: Change): Write {
  const key = keyOf(change);
  assertKey(key);
  if (change.entity === null) return { key, value: null };
  const value = change.entity as unknown as Json;
  const read = readRecord(key, value);
  if (read.kind === "set-aside") {
    throw new TypeError(`${key} could not be read back: ${read.entry.reason}`);
  }
  return { key, value };
}

/** Secrets, even hashed, stay out of the history; and access keys, which may be enough to write. */
const KEPT_OUT: ReadonlySet<Kind> = new Set<Kind>([
  "token",
  "answer",
  "bucketKey",
  "databaseAccount",
]);

function eventOf(
  before: State,
  { actor, now }: Context,
  { event, changes }: Decision<unknown>,
): Commit["event"] {
  return {
    v: 1,
    at: now.toISOString(),
    type: event.type,
    summary: event.summary,
    owners: [...event.owners],
    actor: {
      name: actor.name,
      owner: actor.owner,
      token: actor.token,
      ...(actor.admin ? { admin: true } : {}),
      ...(actsAsAdmin(before, actor, event.owners) ? { as: "admin" } : {}),
    },
    changes: changes.map((change): Json => {
      const key = keyOf(change);
      if (KEPT_OUT.has(change.kind)) return { key, removed: change.entity === null };
      const old = entityOf(before, change.kind, change.id) ?? null;
      return {
        key,
        before: old as unknown as Json,
        after: change.entity as unknown as Json,
      };
    }),
  };
}

/** Whether somebody did this for others, as only admins may: with nothing of it theirs or their group's. */
function actsAsAdmin(before: State, actor: Actor, owners: readonly string[]): boolean {
  if (!actor.admin || actor.owner === null || owners.length === 0) return false;
  return !owners.some((owner) => actsFor(before, actor, owner));
}

/** A state as it was read, beside what of it could not be. */
export interface ReadState {
  readonly state: State;
  /** The records that could not be read, as they are stored. */
  readonly unread: ReadonlyMap<Key, Json>;
  /** Whether a newer release wrote any of it. */
  readonly newer: boolean;
}

/** The state that a store holds; what cannot be read is set aside, not lost. */
export function stateFrom(loaded: Loaded): ReadState {
  return runToEnd(readInSteps(loaded));
}

/** The same, in turns: what waits meanwhile, such as polls, is answered between them. */
export async function readState(loaded: Loaded): Promise<ReadState> {
  return runInTurns(readInSteps(loaded));
}

function* readInSteps(loaded: Loaded): Steps<ReadState> {
  const setAside: SetAside[] = [];
  const unread = new Map<Key, Json>();
  let newer = false;
  function* changes(): Generator<Change> {
    for (const [key, value] of loaded.entities) {
      const read = readRecord(key, value);
      newer ||= read.newer;
      if (read.kind === "entity") yield read.change;
      else {
        setAside.push(read.entry);
        unread.set(key, value);
      }
    }
  }
  const state = yield* build(changes(), loaded.position.revision);
  return { state: { ...state, setAside }, unread, newer };
}

/**
 * A state with what was written to the store since.
 * @param entities what was written, as it is stored now; null for what was deleted
 * @returns also the changes; undefined when records were set aside, which no change can say
 */
export function follow(
  before: Pick<ReadState, "state" | "unread">,
  entities: ReadonlyMap<Key, Json | null>,
  revision: number,
): ReadState & { readonly changes: readonly Change[] | undefined } {
  const changes: Change[] = [];
  const setAside = new Map(before.state.setAside.map((entry) => [entry.key, entry]));
  const unread = new Map(before.unread);
  let newer = false;
  let whole = false;
  for (const [key, value] of entities) {
    whole ||= setAside.delete(key);
    unread.delete(key);
    const read = value === null ? undefined : readRecord(key, value);
    newer ||= read?.newer === true;
    if (read?.kind === "entity") {
      changes.push(read.change);
      continue;
    }
    const removal = removalOf(key);
    if (removal !== undefined) changes.push(removal);
    if (read === undefined || value === null) continue;
    whole = true;
    setAside.set(key, read.entry);
    unread.set(key, value);
  }
  const state = apply({ ...before.state, setAside: [] }, changes, revision);
  return {
    state: { ...state, setAside: [...setAside.values()] },
    unread,
    newer,
    changes: whole ? undefined : changes,
  };
}

/** Undefined for a kind of records that this release knows nothing of. */
function removalOf(key: Key): Change | undefined {
  const slash = key.indexOf("/");
  const kind = KINDS.find((known) => known === key.slice(0, slash));
  return kind === undefined ? undefined : { kind, id: key.slice(slash + 1), entity: null };
}

/**
 * A fresh id: the prefix, then Crockford's base 32 in lower case: 50 bits of milliseconds, then 60
 * random bits. Ids of one kind sort by time.
 */
export function newId(
  prefix: string,
  now: Date,
  random: (size: number) => Buffer = randomBytes,
): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  let time = now.getTime();
  let text = "";
  for (let digit = 0; digit < 10; digit++) {
    text = alphabet.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  for (const byte of random(12)) text += alphabet.charAt(byte % 32);
  return `${prefix}-${text}`;
}
