import { createHash } from "node:crypto";
import type { BucketKey } from "../domain/entities.ts";
import { bucketsOf, type State } from "../domain/state.ts";
import { eachAtOnce } from "../reconcile/at-once.ts";
import type { Kind, Plan, Step } from "../reconcile/kind.ts";
import type { Call } from "../reconcile/system.ts";
import type { BucketRecords } from "./records.ts";
import type { Grant, ObjectStorage, StoredAccount } from "./storage.ts";

/** The account that a key works with; undefined where the storage has none. */
export interface SeenKey {
  readonly account: StoredAccount | undefined;
}

/** The secret of a key that was just drawn. It is nowhere but here and, later, at the storage. */
export interface GivenSecret {
  readonly secretKey: string;
}

export type KeyStep = Step &
  (
    | { readonly do: "make" | "list" | "remove"; readonly accessKey: string }
    | { readonly do: "grant"; readonly accessKey: string; readonly grant: Grant }
    | { readonly do: "enable" | "disable"; readonly accessKey: string }
    | { readonly do: "note-issued" | "note-rotated" | "note-abandoned"; readonly accessKey: string }
    | { readonly do: "note-cleared"; readonly accessKeys: readonly string[] }
    | { readonly do: "forget" }
  );

/** What a key is for, as of now: of the owner's own buckets, those that are there and in use. */
export function grantOf(state: State, key: BucketKey): Grant {
  const buckets = bucketsOf(state, key.owner)
    .filter(({ stage, deleting }) => stage === "made" && deleting === undefined)
    .filter(({ id }) => key.buckets === null || key.buckets.includes(id))
    .map(({ name }) => name)
    .toSorted();
  // Reading and writing in nothing are the same.
  return { access: buckets.length === 0 ? "read" : key.access, buckets };
}

/**
 * What has to be done for a key, of its record and of what the storage has. Pure.
 *
 * An access key is in the record before its account is made, and noted as given out before the person
 * sees the secret. So a secret that nobody saw is known to be one: its account is removed, and what was
 * there before still works.
 */
export function planKey(
  key: BucketKey,
  { grant, suspended, given }: { grant: Grant; suspended: boolean; given: boolean },
  account: StoredAccount | undefined,
): Plan<KeyStep> {
  const isDrawn = given && !suspended;
  if (key.deleting || (!key.issued && !isDrawn)) {
    const all = [key.accessKey, ...(key.next === undefined ? [] : [key.next]), ...key.retired];
    const forget: KeyStep = { do: "forget", what: "removed its record" };
    return { steps: [...all.map(removing), forget], state: "deleting" };
  }
  if (!key.issued) {
    return {
      steps: [
        ...making(key.accessKey, grant),
        { do: "note-issued", accessKey: key.accessKey, what: "noted that it is given out" },
      ],
      state: "ready",
    };
  }
  if (key.next !== undefined) {
    const { next: accessKey } = key;
    const steps: KeyStep[] = isDrawn
      ? [
          ...making(accessKey, grant),
          { do: "note-rotated", accessKey, what: "noted the new access key" },
        ]
      : [
          removing(accessKey),
          { do: "note-abandoned", accessKey, what: "noted that the new access key is gone" },
        ];
    return { steps, state: "ready" };
  }
  if (key.retired.length > 0) {
    const cleared: KeyStep = {
      do: "note-cleared",
      accessKeys: key.retired,
      what: "noted that old access keys are gone",
    };
    return { steps: [...key.retired.map(removing), cleared], state: "ready" };
  }
  if (account === undefined) {
    return {
      stuck:
        "The storage has lost this key's account, and nobody else has its secret. Rotate the key to get a new one.",
    };
  }
  const { accessKey } = key;
  const steps: KeyStep[] = [];
  if (suspended && account.enabled)
    steps.push({ do: "disable", accessKey, what: "blocked the key" });
  if (!account.listed) steps.push({ do: "list", accessKey, what: "listed the account" });
  if (!sameGrant(account.grant, grant)) steps.push(granting(accessKey, grant));
  // Last: it may do no more than it should from the moment on that it may do anything.
  if (!suspended && !account.enabled)
    steps.push({ do: "enable", accessKey, what: "unblocked the key" });
  return {
    steps,
    state: suspended ? "suspended" : "ready",
    ...(suspended ? { why: "Its owner is suspended." } : {}),
  };
}

function removing(accessKey: string): KeyStep {
  return { do: "remove", accessKey, what: "removed an account" };
}

function granting(accessKey: string, grant: Grant): KeyStep {
  return { do: "grant", accessKey, grant, what: "set what the key may do" };
}

function making(accessKey: string, grant: Grant): KeyStep[] {
  return [
    { do: "make", accessKey, what: "made the account" },
    { do: "list", accessKey, what: "listed the account" },
    granting(accessKey, grant),
  ];
}

function sameGrant(stored: StoredAccount["grant"], wanted: Grant): boolean {
  if (typeof stored === "string") return false;
  return (
    stored.access === wanted.access &&
    JSON.stringify(stored.buckets) === JSON.stringify(wanted.buckets)
  );
}

const AT_ONCE = 8;

/** Keys to buckets, as the reconcilers keep them. */
export class KeyKind implements Kind<SeenKey, KeyStep, GivenSecret> {
  readonly name = "bucketKey";
  readonly #storage: ObjectStorage;
  readonly #records: BucketRecords;

  constructor(storage: ObjectStorage, records: BucketRecords) {
    this.#storage = storage;
    this.#records = records;
  }

  ids(): readonly string[] {
    return [...this.#records.state.bucketKeys.keys()];
  }

  async observe(id: string, call: Call): Promise<SeenKey> {
    const key = this.#key(id);
    if (key === undefined) return { account: undefined };
    return { account: await call((signal) => this.#storage.account(key.accessKey, signal)) };
  }

  async observeAll(call: Call): Promise<(id: string) => SeenKey | undefined> {
    const found = new Map<string, SeenKey>();
    await eachAtOnce(this.ids(), AT_ONCE, async (id) => {
      found.set(id, await this.observe(id, call));
    });
    return (id) => found.get(id);
  }

  plan(id: string, { account }: SeenKey, given: GivenSecret | undefined): Plan<KeyStep> {
    const key = this.#key(id);
    if (key === undefined) return { gone: true };
    const { state } = this.#records;
    const suspended = state.owners.get(key.owner)?.suspended !== undefined;
    const context = { grant: grantOf(state, key), suspended, given: given !== undefined };
    return planKey(key, context, account);
  }

  async apply(
    id: string,
    step: KeyStep,
    call: Call,
    given: GivenSecret | undefined,
  ): Promise<void> {
    const storage = this.#storage;
    const records = this.#records;
    switch (step.do) {
      case "make": {
        if (given === undefined) throw new Error("an account cannot be made without its secret");
        const { secretKey } = given;
        return call((signal) => storage.makeAccount(step.accessKey, secretKey, true, signal));
      }
      case "list":
        return call((signal) => storage.listAccount(step.accessKey, signal));
      case "grant":
        return call((signal) => storage.grant(step.accessKey, step.grant, signal));
      case "enable":
      case "disable":
        return call((signal) => storage.setEnabled(step.accessKey, step.do === "enable", signal));
      case "remove":
        return call((signal) => storage.removeAccount(step.accessKey, signal));
      case "note-issued":
        return records.issued(id, step.accessKey);
      case "note-rotated":
        return records.rotated(id, step.accessKey);
      case "note-abandoned":
        return records.abandoned(id, step.accessKey);
      case "note-cleared":
        return records.cleared(id, step.accessKeys);
      case "forget":
        return records.keyGone(id);
    }
  }

  desired(id: string): string {
    const key = this.#key(id);
    if (key === undefined) return "";
    const { state } = this.#records;
    const suspended = state.owners.get(key.owner)?.suspended !== undefined;
    const { accessKey, next, retired, deleting, issued } = key;
    const parts = [grantOf(state, key), suspended, accessKey, next, retired, deleting, issued];
    // Hashed, as an access key is nothing to be lying about.
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  }

  underway(id: string): "creating" | "repairing" | "deleting" {
    const key = this.#key(id);
    if (key === undefined || key.deleting) return "deleting";
    return key.issued ? "repairing" : "creating";
  }

  #key(id: string): BucketKey | undefined {
    return this.#records.state.bucketKeys.get(id);
  }
}
