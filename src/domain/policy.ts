import { Refusal } from "../errors.ts";
import { SCOPES, type Owner, type Scope } from "./entities.ts";
import type { State } from "./state.ts";

/**
 * Who asks. Made at each request from the token and the state of now: a demoted admin's token is
 * a member's token at once.
 */
export interface Actor {
  /** For the history: `alice`, `token ci of alice`, `operator`. */
  readonly name: string;
  /** The person or group that the token belongs to; null for an operator's. */
  readonly owner: string | null;
  /** An admin, by role and by the token's scope. */
  readonly admin: boolean;
  readonly scopes: ReadonlySet<Scope>;
  readonly token: string | null;
}

/** The operator at the command line, on the machine itself. */
export const operator: Actor = {
  name: "operator",
  owner: null,
  admin: true,
  scopes: new Set<Scope>(SCOPES),
  token: null,
};

interface Rule {
  readonly scope: Scope;
  /** Who besides an admin: the owner concerned (a group's managers for the group), or nobody. */
  readonly who: "owner" | "admin";
  /** It makes something new, so that a refusal gives no existing thing away. */
  readonly makes?: true;
}

/** The whole policy. Every verb names its action here, whatever surface it is called from. */
export const POLICY = {
  "owner.read": { scope: "read", who: "owner" },
  "owner.create": { scope: "owners", who: "admin", makes: true },
  "owner.describe": { scope: "owners", who: "owner" },
  "owner.renew": { scope: "owners", who: "owner" },
  "owner.administer": { scope: "owners", who: "admin" },
  "owner.delete": { scope: "owners", who: "admin" },
  "group.managers": { scope: "owners", who: "owner" },
  "label.read": { scope: "read", who: "owner" },
  "label.grant": { scope: "owners", who: "admin", makes: true },
  "label.give-back": { scope: "owners", who: "owner" },
  "label.free": { scope: "owners", who: "admin" },
  "label.reserve": { scope: "owners", who: "admin", makes: true },
  "endpoint.read": { scope: "read", who: "owner" },
  "endpoint.write": { scope: "endpoints", who: "owner" },
  "endpoint.write-host": { scope: "endpoints", who: "admin" },
  "page.read": { scope: "read", who: "owner" },
  "page.sync": { scope: "endpoints", who: "owner" },
  "page.sync-all": { scope: "endpoints", who: "admin", makes: true },
  "page.sync-read": { scope: "read", who: "admin", makes: true },
  "domain.read": { scope: "read", who: "owner" },
  "route.read": { scope: "read", who: "owner" },
  "event.read": { scope: "read", who: "owner" },
  "request.read": { scope: "read", who: "owner" },
  "request.ask": { scope: "owners", who: "owner" },
  "request.withdraw": { scope: "owners", who: "owner" },
  "request.acknowledge": { scope: "owners", who: "owner" },
  "request.decide": { scope: "owners", who: "admin" },
  "bucket.read": { scope: "read", who: "owner" },
  "bucket.write": { scope: "buckets", who: "owner" },
  "bucket.adopt": { scope: "buckets", who: "admin", makes: true },
  "bucketKey.read": { scope: "read", who: "owner" },
  "bucketKey.write": { scope: "buckets", who: "owner" },
  "database.read": { scope: "read", who: "owner" },
  "database.write": { scope: "databases", who: "owner" },
  "database.adopt": { scope: "databases", who: "admin", makes: true },
  "databaseAccount.read": { scope: "read", who: "owner" },
  "databaseAccount.write": { scope: "databases", who: "owner" },
  "namespace.read": { scope: "read", who: "owner" },
  "namespace.write": { scope: "namespaces", who: "owner" },
  "namespace.adopt": { scope: "namespaces", who: "admin", makes: true },
  "namespace.limit": { scope: "namespaces", who: "admin" },
  "kubeconfig.read": { scope: "read", who: "owner" },
  "kubeconfig.write": { scope: "namespaces", who: "owner" },
  "token.read": { scope: "read", who: "owner" },
  "token.create": { scope: "tokens", who: "owner" },
  "token.create-operator": { scope: "tokens", who: "admin", makes: true },
  "token.revoke": { scope: "tokens", who: "owner" },
  "session.read": { scope: "read", who: "owner" },
  "session.revoke": { scope: "tokens", who: "owner" },
  "pass.read": { scope: "read", who: "admin", makes: true },
  "pass.create": { scope: "tokens", who: "admin" },
  "pass.revoke": { scope: "tokens", who: "admin" },
} as const satisfies Record<string, Rule>;

export type Action = keyof typeof POLICY;

/** Whether the actor is this owner, or manages this group. */
export function actsFor(state: State, actor: Actor, owner: string | null): boolean {
  if (owner === null || actor.owner === null) return false;
  if (actor.owner === owner) return true;
  const found: Owner | undefined = state.owners.get(owner);
  return found?.kind === "group" && found.managers.includes(actor.owner);
}

/** Whether the actor may see things of this owner at all. */
export function sees(state: State, actor: Actor, owner: string | null): boolean {
  return actor.admin || actsFor(state, actor, owner);
}

export type Verdict = "allowed" | "missing" | "forbidden";

/**
 * The one decision. `missing` when the actor may not know that the thing exists: the answer is
 * then the same as if it did not.
 * @param owner whose thing it is; null when it is nobody's
 */
export function verdict(state: State, actor: Actor, action: Action, owner: string | null): Verdict {
  const rule: Rule = POLICY[action];
  const visible = sees(state, actor, owner);
  if (!visible) return rule.makes === true ? "forbidden" : "missing";
  if (!actor.scopes.has(rule.scope)) return "forbidden";
  if (rule.who === "admin" && !actor.admin) return "forbidden";
  return "allowed";
}

/**
 * @param what the thing as a person would name it, for the message
 * @throws Refusal `not_found` or `forbidden`
 */
export function authorise(
  state: State,
  actor: Actor,
  action: Action,
  owner: string | null,
  what: string,
): void {
  const outcome = verdict(state, actor, action, owner);
  if (outcome === "missing") throw new Refusal("not_found", `There is no such ${what}.`);
  if (outcome === "forbidden") {
    const { scope, who }: Rule = POLICY[action];
    throw new Refusal(
      "forbidden",
      actor.scopes.has(scope) && who === "admin"
        ? "Only an admin may do this."
        : `This token lacks the scope "${scope}".`,
    );
  }
}
