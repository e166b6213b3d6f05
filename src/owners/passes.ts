import { requireUnchanged, stamp, type Context, type Verb } from "../domain/decision.ts";
import type { Pass, PassUse, Person } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { findOwner, type Change, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { hashSecret } from "./tokens.ts";

const MINUTE_MS = 60 * 1000;
const DAY_MINUTES = 24 * 60;
/** A link is for somebody who waits for it; an invitation may lie in a mailbox over a holiday. */
const MINUTES_MAX: Record<PassUse, number> = {
  "sign-in": DAY_MINUTES,
  invitation: 90 * DAY_MINUTES,
};

export interface PassInput {
  /** A person by id or name. */
  readonly person: string;
  readonly use: PassUse;
  readonly minutes?: number | undefined;
}

export interface MintedPass {
  readonly pass: Pass;
  /** Shown once; only its hash is kept. */
  readonly code: string;
}

/**
 * What a browser opens to use a pass.
 * @param publicUrl the console's origin
 */
export function passUrl(publicUrl: string, { pass, code }: MintedPass): string {
  return `${publicUrl}/sign-in/${pass.use === "sign-in" ? "link" : "invitation"}/${code}`;
}

/** A person's passes, those included that have expired and were not swept yet. */
export function passesOf(state: State, person: string): Pass[] {
  return [...state.passes.values()].filter((pass) => pass.person === person);
}

/**
 * Makes a pass. Whoever has its code becomes the person, so it takes an admin who may themselves do
 * all that a person may; the person reads of it in their history. It ends the one made before.
 */
export const createPass: Verb<PassInput, MintedPass> = (state, context, input) => {
  const person = requirePerson(state, context, input.person);
  const missing = (["read", "endpoints", "owners", "tokens"] as const).find(
    (scope) => !context.actor.scopes.has(scope),
  );
  if (missing !== undefined) {
    throw new Refusal("forbidden", `This token lacks the scope "${missing}" to hand on.`);
  }
  if (person.suspended !== undefined) {
    throw new Refusal("conflict", `${person.name} is suspended; resume them first.`, {
      field: "person",
    });
  }
  if (input.use === "invitation" && !context.rules.signIn.provider) {
    throw new Refusal(
      "conflict",
      "There is no provider to accept an invitation with; make a sign-in link.",
      { field: "use" },
    );
  }
  const code = context.newSecret();
  const hash = hashSecret(code);
  const pass: Pass = {
    ...stamp(context),
    kind: "pass",
    // The code leads to its record without an index; there is more of its hash than can be guessed.
    id: passId(hash),
    person: person.id,
    use: input.use,
    hash,
    expiresAt: new Date(context.now.getTime() + lifeOf(context, input)).toISOString(),
    by: context.actor.name,
  };
  const older = passesOf(state, person.id).filter(({ use }) => use === input.use);
  return {
    changes: [
      ...older.map(({ id }): Change => ({ kind: "pass", id, entity: null })),
      { kind: "pass", id: pass.id, entity: pass },
    ],
    event: {
      type: "pass.created",
      summary: `${nameOf(input.use)} for ${person.name} was made`,
      owners: [person.id],
    },
    result: { pass, code },
  };
};

/** Ends a pass before it is used. */
export const revokePass: Verb<{ id: string; ifMatch?: number | undefined }, null> = (
  state,
  context,
  input,
) => {
  const pass = state.passes.get(input.id);
  authorise(state, context.actor, "pass.revoke", pass?.person ?? null, "pass");
  if (pass === undefined) throw new Refusal("not_found", "There is no such pass.");
  requireUnchanged(pass, input.ifMatch);
  const person = state.owners.get(pass.person);
  return {
    changes: [{ kind: "pass", id: pass.id, entity: null }],
    event: {
      type: "pass.revoked",
      summary: `${nameOf(pass.use)} for ${person?.name ?? "nobody"} was revoked`,
      owners: person === undefined ? [] : [person.id],
    },
    result: null,
  };
};

/**
 * Uses a sign-in link up, by the hash of its code. The code is all the authority that it needs.
 * @returns the person that it lets in
 */
export const useLink: Verb<{ hash: string }, Person> = (state, context, { hash }) => {
  const { pass, person } = requirePass(state, context, hash, "sign-in");
  return {
    changes: [{ kind: "pass", id: pass.id, entity: null }],
    event: {
      type: "pass.used",
      summary: `${person.name} signed in with a link that ${pass.by} made`,
      owners: [person.id],
    },
    result: person,
  };
};

/**
 * The pass that a code stands for, by the code's hash, and whom it lets in.
 * @throws Refusal `not_found` for one that is used up, expired or never was, all alike
 */
export function requirePass(
  state: State,
  context: Pick<Context, "now">,
  hash: string,
  use: PassUse,
): { readonly pass: Pass; readonly person: Person } {
  const pass = state.passes.get(passId(hash));
  const person = pass === undefined ? undefined : state.owners.get(pass.person);
  const isOver = pass !== undefined && Date.parse(pass.expiresAt) <= context.now.getTime();
  if (pass?.hash !== hash || pass.use !== use || isOver || person?.kind !== "person") {
    throw new Refusal("not_found", "This link is used up, or too old. Ask for a new one.");
  }
  if (person.suspended !== undefined) {
    throw new Refusal(
      "forbidden",
      `${person.name} is suspended: ${person.suspended.reason} Ask an admin.`,
    );
  }
  return { pass, person };
}

function requirePerson(state: State, context: Context, idOrName: string): Person {
  const owner = findOwner(state, idOrName);
  const person = owner?.kind === "person" ? owner : undefined;
  authorise(state, context.actor, "pass.create", person?.id ?? null, "person");
  if (person !== undefined) return person;
  throw new Refusal("not_found", "There is no such person.", { field: "person" });
}

function lifeOf({ rules }: Context, { minutes, use }: PassInput): number {
  const { linkMinutes, invitationDays } = rules.signIn;
  const life = minutes ?? (use === "sign-in" ? linkMinutes : invitationDays * DAY_MINUTES);
  const most = minutes === undefined ? life : MINUTES_MAX[use];
  if (life >= 1 && life <= most) return life * MINUTE_MS;
  throw new Refusal("invalid_input", `It lives 1 to ${most} minutes.`, { field: "minutes" });
}

function passId(hash: string): string {
  return `pass-${hash.slice(0, 40)}`;
}

function nameOf(use: PassUse): string {
  return use === "sign-in" ? "a sign-in link" : "an invitation";
}
