import { createHash } from "node:crypto";
import { Refusal } from "../errors.ts";
import {
  requireQuota,
  requireUnchanged,
  stamp,
  type Context,
  type Verb,
} from "../domain/decision.ts";
import { SCOPES, type Owner, type Scope, type Token } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { findOwner, tokensOf, type Change, type State } from "../domain/state.ts";

/** Starts every token, so that one that leaked is found by a search. */
export const TOKEN_PREFIX = "tardis_";
const DAY_MS = 24 * 60 * 60 * 1000;

/** SHA-256 in hex. The secret has 256 random bits, so a slow hash would add nothing. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

export interface TokenInput {
  readonly name: string;
  /** An owner by id or name; null for an operator's token. */
  readonly owner: string | null;
  readonly scopes: readonly Scope[];
  readonly expiresInDays?: number | undefined;
}

export interface MintedToken {
  readonly token: Token;
  /** Shown once; only its hash is kept. */
  readonly secret: string;
}

/** Makes a token. Nobody can give it more than they have themselves. */
export const createToken: Verb<TokenInput, MintedToken> = (state, context, input) => {
  const owner = tokenOwner(state, context, input.owner);
  const excess = input.scopes.find((scope) => !context.actor.scopes.has(scope));
  if (excess !== undefined) {
    throw new Refusal("forbidden", `This token has no scope "${excess}" to give.`, {
      field: "scopes",
    });
  }
  if (
    owner !== null &&
    input.scopes.includes("admin") &&
    !(owner.kind === "person" && owner.role === "admin")
  ) {
    throw new Refusal("invalid_input", `${owner.name} is no admin; their token cannot be one.`, {
      field: "scopes",
    });
  }
  const days = input.expiresInDays ?? context.rules.tokens.defaultDays;
  if (!(days > 0 && days <= context.rules.tokens.maxDays)) {
    throw new Refusal(
      "invalid_input",
      `A token lives more than 0 and at most ${context.rules.tokens.maxDays} days.`,
      { field: "expiresInDays" },
    );
  }
  if (owner !== null) requireQuota(context, owner, "tokens", inForce(state, context, owner).length);
  const secret = `${TOKEN_PREFIX}${context.newSecret()}`;
  const token: Token = {
    ...stamp(context),
    v: 2,
    kind: "token",
    id: context.newId("tok"),
    name: input.name,
    owner: owner?.id ?? null,
    scopes: [...new Set(input.scopes)],
    hash: hashSecret(secret),
    expiresAt: new Date(context.now.getTime() + days * DAY_MS).toISOString(),
    bootstrap: false,
  };
  const changes: Change[] = [{ kind: "token", id: token.id, entity: token }];
  if (token.scopes.includes("admin")) changes.push(...endBootstrap(state));
  return {
    changes,
    event: {
      type: "token.created",
      summary: `the token ${token.name} was made`,
      owners: owner === null ? [] : [owner.id],
    },
    result: { token, secret },
  };
};

/** Whose token it becomes. Someone else is answered like someone who does not exist. */
function tokenOwner(state: State, context: Context, idOrName: string | null): Owner | null {
  if (idOrName === null) {
    authorise(state, context.actor, "token.create-operator", null, "owner");
    return null;
  }
  const owner = findOwner(state, idOrName);
  authorise(state, context.actor, "token.create", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  return owner;
}

function inForce(state: State, context: Context, owner: Owner): Token[] {
  const now = context.now.getTime();
  return tokensOf(state, owner.id).filter((token) => Date.parse(token.expiresAt) > now);
}

/** The first admin token was only for making the second. */
function endBootstrap(state: State): Change[] {
  return [...state.tokens.values()]
    .filter((token) => token.bootstrap)
    .map((token): Change => ({ kind: "token", id: token.id, entity: null }));
}

export interface BootstrapInput {
  /** A secret that the operator chose; else one is drawn. */
  readonly secret?: string | undefined;
  readonly hours: number;
}

/**
 * The first admin token. One that was drawn is short-lived and dies with the next admin token;
 * one that the operator set in the environment is theirs to end.
 */
export const createBootstrapToken: Verb<BootstrapInput, MintedToken> = (state, context, input) => {
  authorise(state, context.actor, "token.create-operator", null, "token");
  const secret = input.secret ?? `${TOKEN_PREFIX}${context.newSecret()}`;
  const token: Token = {
    ...stamp(context),
    v: 2,
    kind: "token",
    id: context.newId("tok"),
    name: "first admin token",
    owner: null,
    scopes: [...SCOPES],
    hash: hashSecret(secret),
    expiresAt: new Date(context.now.getTime() + input.hours * 60 * 60 * 1000).toISOString(),
    bootstrap: input.secret === undefined,
  };
  return {
    changes: [...endBootstrap(state), { kind: "token", id: token.id, entity: token }],
    event: { type: "token.created", summary: "the first admin token was made", owners: [] },
    result: { token, secret },
  };
};

/** Ends a token at once. */
export const revokeToken: Verb<{ id: string; ifMatch?: number | undefined }, null> = (
  state,
  context,
  input,
) => {
  const token = state.tokens.get(input.id);
  authorise(state, context.actor, "token.revoke", token?.owner ?? null, "token");
  if (token === undefined) throw new Refusal("not_found", "There is no such token.");
  requireUnchanged(token, input.ifMatch);
  return {
    changes: [{ kind: "token", id: token.id, entity: null }],
    event: {
      type: "token.revoked",
      summary: `the token ${token.name} was revoked`,
      owners: token.owner === null ? [] : [token.owner],
    },
    result: null,
  };
};
