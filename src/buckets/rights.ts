import { consolePolicy } from "./console-policy.ts";

/** What an account may do, beside what it is to do. */
export interface AccountRights {
  /** Actions that it needs and may not do. */
  readonly missing: readonly string[];
  /** Whether it may do everything, which nobody needs. */
  readonly isRoot: boolean;
}

interface Statement {
  readonly Effect: unknown;
  readonly Action?: unknown;
}

/** Administers the server itself: only who may do all may do this. */
const EVERYTHING = "admin:ServiceRestart";

/**
 * What of `consolePolicy` a policy allows, as far as actions go: resources and conditions that narrow
 * it further are found out where they bite.
 * @param policy all policies of the account in one, as the storage has it
 */
export function rightsIn(policy: unknown): AccountRights {
  const statements = statementsOf(policy);
  const matching = (action: string, effect: string) =>
    statements.some(
      ({ Effect, Action }) =>
        Effect === effect && actionsOf(Action).some((one) => one.test(action)),
    );
  const may = (action: string) => matching(action, "Allow") && !matching(action, "Deny");
  const needed = consolePolicy.Statement.flatMap(({ Action }) => Action);
  return { missing: needed.filter((action) => !may(action)), isRoot: may(EVERYTHING) };
}

function statementsOf(policy: unknown): readonly Statement[] {
  const statements = (policy as { readonly Statement?: unknown } | null)?.Statement ?? [];
  return [statements].flat() as Statement[];
}

/** Actions may have `*` for anything, and `?` for one character. */
function actionsOf(actions: unknown): RegExp[] {
  const texts = [actions ?? []].flat().filter((action) => typeof action === "string");
  return texts.map((action) => {
    const literal = action.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i");
  });
}
