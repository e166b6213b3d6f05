import { timingSafeEqual } from "node:crypto";
import { SCOPES, type Owner, type Person, type Scope, type Token } from "../domain/entities.ts";
import type { Actor } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { hashSecret } from "../owners/tokens.ts";
import type { Session } from "./sessions.ts";

/** RFC 6750, 2.1: the scheme's name in any case, then the token. */
const BEARER = /^bearer +([\x21-\x7e]{1,200})$/i;

/**
 * Who a request comes from, by its API token and the state of now: what changed since the token
 * was made (a role, a suspension, a deletion) counts at once.
 * @param header the `Authorization` header
 * @throws Refusal `unauthenticated`, or `forbidden` when the owner is suspended
 */
export function authenticate(state: State, header: string | undefined, now: Date): Actor {
  if (header === undefined || header === "") {
    throw new Refusal(
      "unauthenticated",
      "This needs an API token: send it as `Authorization: Bearer tardis_…`.",
    );
  }
  const secret = BEARER.exec(header)?.[1];
  const token = secret === undefined ? undefined : findToken(state, secret);
  if (token === undefined) throw new Refusal("unauthenticated", "This token is not known.");
  if (Date.parse(token.expiresAt) <= now.getTime()) {
    throw new Refusal("unauthenticated", "This token has expired.");
  }
  return token.owner === null
    ? operatorsActor(token)
    : ownersActor(token, holderOf(state, token.owner));
}

/** The lookup is by hash, so its timing tells nothing of a secret; the comparison makes sure. */
function findToken(state: State, secret: string): Token | undefined {
  const hash = hashSecret(secret);
  const token = state.tokens.get(state.tokensByHash.get(hash) ?? "");
  if (token === undefined) return undefined;
  return timingSafeEqual(Buffer.from(hash), Buffer.from(token.hash)) ? token : undefined;
}

function holderOf(state: State, id: string): Owner {
  const owner = state.owners.get(id);
  if (owner === undefined) throw new Refusal("unauthenticated", "This token's owner is gone.");
  if (owner.suspended !== undefined) {
    throw new Refusal(
      "forbidden",
      `${owner.name} is suspended: ${owner.suspended.reason} Ask an admin.`,
    );
  }
  return owner;
}

/** Who is signed in, and what they may do now. */
export interface SignedIn {
  readonly person: Person;
  readonly actor: Actor;
  /** Whether the provider made them an admin, and has not said so again for too long. */
  readonly adminLapsed: boolean;
}

/** How long the provider's word that somebody is an admin is good without its saying so again. */
export const ADMIN_WORD_MS = 15 * 60 * 1000;

/**
 * Who a session belongs to now, by the state of now: a demotion, a suspension, a deletion and a
 * sign-out count at once.
 * @returns undefined when the session lets nobody in any more
 */
export function sessionHolder(state: State, session: Session, now: Date): SignedIn | undefined {
  const person = state.owners.get(session.person);
  if (person?.kind !== "person" || person.suspended !== undefined) return undefined;
  if (person.signedOut !== undefined && session.createdAt <= person.signedOut) return undefined;
  const { adminUntil, adminSeenAt = session.createdAt } = session;
  const until = Math.min(
    adminUntil === undefined ? 0 : Date.parse(adminUntil),
    Date.parse(adminSeenAt) + ADMIN_WORD_MS,
  );
  const admin = person.role === "admin" || now.getTime() < until;
  const scopes = new Set<Scope>(SCOPES);
  if (!admin) scopes.delete("admin");
  return {
    person,
    actor: { name: person.name, owner: person.id, admin, scopes, token: null },
    adminLapsed: adminUntil !== undefined && !admin,
  };
}

function operatorsActor(token: Token): Actor {
  const scopes = new Set(token.scopes);
  return {
    name: `token ${token.name}`,
    owner: null,
    admin: scopes.has("admin"),
    scopes,
    token: token.id,
  };
}

function ownersActor(token: Token, owner: Owner): Actor {
  const isAdmin = owner.kind === "person" && owner.role === "admin";
  const scopes = new Set<Scope>(token.scopes);
  // What a demoted admin's token once could is no scope to hand on, either.
  if (!isAdmin) scopes.delete("admin");
  return {
    name: `token ${token.name} of ${owner.name}`,
    owner: owner.id,
    admin: scopes.has("admin"),
    scopes,
    token: token.id,
  };
}
