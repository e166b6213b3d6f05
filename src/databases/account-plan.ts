import type { DatabaseAccount, DatabaseName } from "../domain/entities.ts";
import { databasesOf, type State } from "../domain/state.ts";
import type { Plan, Step } from "../reconcile/kind.ts";
import { soonAfter } from "../reconcile/times.ts";
import type { Password } from "./names.ts";
import type { Access, Grants, Session, Sessions, StoredAccount } from "./server.ts";

/** An account at the server, undefined where there is none, and what is open of it. */
export interface SeenAccount {
  readonly account: StoredAccount | undefined;
  readonly sessions: Sessions;
}

/** A password that was just drawn. It is nowhere but here and, later, at the server. */
export interface GivenPassword {
  readonly password: Password;
}

export type AccountStep = Step &
  (
    | { readonly do: "note-free" | "make" | "set-password" | "drop" | "forget" }
    | { readonly do: "note-issued" | "note-renewed" | "note-abandoned" }
    | { readonly do: "note-unended"; readonly nodes: readonly string[] }
    | { readonly do: "lock" | "unlock" | "limit" | "revoke" }
    | { readonly do: "grant"; readonly database: DatabaseName; readonly access: Access }
    | { readonly do: "end"; readonly sessions: readonly Session[] }
  );

/** What an account is for, as of now: of the owner's own databases, those that are there and in use. */
export function grantsOf(state: State, account: DatabaseAccount): Grants {
  const databases = databasesOf(state, account.owner)
    .filter(({ stage, deleting }) => stage === "made" && deleting === undefined)
    .filter(({ id }) => account.databases === null || account.databases.includes(id))
    .map(({ name }) => name)
    .toSorted();
  return new Map(databases.map((name) => [name, account.access]));
}

const LOCK = { do: "lock", what: "locked the account" } as const;
const UNLOCK = { do: "unlock", what: "unlocked the account" } as const;
const MAKE = { do: "make", what: "made the account" } as const;
const DROP = { do: "drop", what: "removed the account" } as const;
const FORGET = { do: "forget", what: "removed its record" } as const;
const REVOKE = { do: "revoke", what: "took away what it might do" } as const;
const LIMIT = { do: "limit", what: "set how many connections it may have" } as const;

const NO_GRANTS: Grants = new Map();

export interface AccountContext {
  readonly grants: Grants;
  readonly suspended: boolean;
  /** A password was drawn, and whoever asked waits for it. */
  readonly given: boolean;
  readonly connections: number;
  readonly now: Date;
}

/**
 * What has to be done for an account, of its record and of what the server has. Pure.
 *
 * Neither a lock nor a right that is taken away reaches what is open already. So an account is locked
 * before anything is taken from it, and unlocked only when nothing of it is open any more: the lock
 * itself is what a process after a crash knows by that there are sessions to be ended. A node that does
 * not answer, maybe for days, is to lock nobody out: it is written down before the lock goes, and what is
 * open there is ended once it answers.
 */
export function planAccount(
  record: DatabaseAccount,
  context: AccountContext,
  { account, sessions }: SeenAccount,
): Plan<AccountStep> {
  const { suspended, now } = context;
  const isDrawn = context.given && !suspended;
  if (record.deleting || (record.stage !== "issued" && !isDrawn))
    return leaving(record, account, sessions, now);
  if (record.stage !== "issued") {
    if (account === undefined)
      return { steps: [record.stage === "free" ? MAKE : NOTE_FREE], state: "ready" };
    if (record.stage === "asked") {
      return {
        conflict:
          "The server has an account of this name that the console did not make. Take another name.",
      };
    }
    return {
      steps: [
        ...granting(account, context),
        { do: "note-issued", what: "noted that it is given out" },
        // It was made locked: nothing of it can be open anywhere.
        ...(account.locked ? [UNLOCK] : []),
      ],
      state: "ready",
    };
  }
  if (record.renewing) {
    if (!isDrawn) return { steps: [NOTE_ABANDONED], state: "ready" };
    if (account === undefined) return { steps: [MAKE], state: "ready" };
    return {
      steps: [
        { do: "set-password", what: "set another password" },
        { do: "note-renewed", what: "noted the new password" },
      ],
      state: "ready",
    };
  }
  if (account === undefined) {
    return {
      stuck:
        "The server has lost this account, and nobody else has its password. Set a new password to have it made again.",
    };
  }
  return standing(record, context, account, sessions);
}

const NOTE_FREE = { do: "note-free", what: "found the name free" } as const;
const NOTE_ABANDONED = {
  do: "note-abandoned",
  what: "noted that no new password was given out",
} as const;

/** One that is in use, or whose owner is suspended. */
function standing(
  record: DatabaseAccount,
  context: AccountContext,
  account: StoredAccount,
  sessions: Sessions,
): Plan<AccountStep> {
  const { suspended, connections, now } = context;
  const steps: AccountStep[] = [];
  const isNarrowed = hasMore(account, context.grants);
  if ((suspended || isNarrowed) && !account.locked) steps.push(LOCK);
  if (account.connections !== connections) steps.push(LIMIT);
  steps.push(...granting(account, context));
  if (steps.length === 0) steps.push(...closing(record, context, account, sessions));
  if (steps.length === 0 && account.beside === "beyond") {
    return {
      stuck:
        "Someone at the server gave it what only an admin there can take away: a role, another's name, or a namesake for certain hosts.",
    };
  }
  const unseen = suspended ? unseenAt(sessions) : unendedAt(record);
  const changed =
    record.print !== undefined && record.print !== account.print
      ? "Its password is not the one that was given out here last: it was changed at the server, or a change here was cut off. Set a new one if yours does not work."
      : undefined;
  const whys = [suspended ? "Its owner is suspended." : undefined, unseen, changed];
  const why = whys.filter((one) => one !== undefined).join(" ");
  return {
    steps,
    state: suspended ? "suspended" : "ready",
    ...(why === "" ? {} : { why }),
    ...(unseen === undefined ? {} : { dueAt: soonAfter(now), unfinished: true }),
  };
}

/** What there is to do with what is open, when the account is as it should be otherwise. */
function closing(
  { unended: before = [] }: DatabaseAccount,
  { suspended }: AccountContext,
  { locked }: StoredAccount,
  { open, unseen }: Sessions,
): AccountStep[] {
  if (locked) {
    if (open.length > 0) return [ending(open)];
    return suspended ? [] : [...noting(before, unseen), UNLOCK];
  }
  // What was opened there since cannot be told from what was before: all of it is ended, once.
  const there = open.filter(({ node }) => before.includes(node));
  const still = before.filter((node) => unseen.includes(node));
  return [...(there.length > 0 ? [ending(there)] : []), ...noting(before, still)];
}

function noting(before: readonly string[], nodes: readonly string[]): AccountStep[] {
  const isKnown = before.length === nodes.length && nodes.every((node) => before.includes(node));
  if (isKnown) return [];
  return [{ do: "note-unended", nodes, what: "noted at which nodes something is to be ended" }];
}

/** One that is to be no more; of ours alone, whatever else has its name. */
function leaving(
  record: DatabaseAccount,
  account: StoredAccount | undefined,
  sessions: Sessions,
  now: Date,
): Plan<AccountStep> {
  if (record.stage === "asked") return { steps: [FORGET], state: "deleting" };
  const steps: AccountStep[] = account === undefined || account.locked ? [] : [LOCK];
  // The server may refuse to drop it, for as long as views name it as theirs: it is to have nothing then.
  if (account !== undefined && hasMore(account, NO_GRANTS)) steps.push(REVOKE);
  if (sessions.open.length > 0) steps.push(ending(sessions.open));
  if (steps.length > 0) return { steps, state: "deleting" };
  const why = unseenAt(sessions);
  if (why !== undefined) {
    const steps = noting(record.unended ?? [], sessions.unseen);
    return { steps, state: "deleting", why, dueAt: soonAfter(now), unfinished: true };
  }
  return { steps: account === undefined ? [FORGET] : [DROP, FORGET], state: "deleting" };
}

function hasMore(account: StoredAccount, wanted: Grants): boolean {
  if (account.beside === "rights") return true;
  return [...account.grants].some(([name, access]) => {
    const should = wanted.get(name as DatabaseName);
    return should === undefined || access === "other" || (access === "write" && should === "read");
  });
}

/** What is to be given, after all was taken away where there was too much. */
function granting(account: StoredAccount, { grants }: AccountContext): AccountStep[] {
  const isNarrowed = hasMore(account, grants);
  const missing = [...grants].filter(
    ([name, access]) => isNarrowed || account.grants.get(name) !== access,
  );
  return [
    ...(isNarrowed ? [REVOKE] : []),
    ...missing.map(([database, access]): AccountStep => {
      const what = `let it ${access === "read" ? "read" : "write"} in ${database}`;
      return { do: "grant", database, access, what };
    }),
  ];
}

function ending(sessions: readonly Session[]): AccountStep {
  return { do: "end", sessions, what: "ended open connections" };
}

function unseenAt({ unseen }: Sessions): string | undefined {
  if (unseen.length === 0) return undefined;
  return `What is open at ${unseen.join(" and ")} is ended once that node answers.`;
}

function unendedAt({ unended }: DatabaseAccount): string | undefined {
  if (unended === undefined) return undefined;
  return `What was open at ${unended.join(" and ")} when this got to do less may go on as before; it is ended once that node answers.`;
}
