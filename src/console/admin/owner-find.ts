import type { Context } from "hono";
import type { Owner } from "../../domain/entities.ts";
import { authorise, type Action } from "../../domain/policy.ts";
import { findOwner } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import type { PageEnv } from "../visitor.ts";
import type { AdminServices } from "./services.ts";

/**
 * The owner that a path speaks of, by id or name.
 * @throws Refusal `not_found`
 */
export function ownerFor(
  { ledger }: Pick<AdminServices, "ledger">,
  context: Context<PageEnv>,
  action: Action = "owner.read",
): Owner {
  const { state } = ledger;
  const owner = findOwner(state, context.req.param("owner") ?? "");
  authorise(state, context.get("visitor").actor, action, owner?.id ?? null, "owner");
  if (owner === undefined) throw new Refusal("not_found", "There is no such owner.");
  return owner;
}

export function pathOf({ id }: Pick<Owner, "id">): string {
  return `/admin/owners/${id}`;
}

/** The way back to an owner's page. */
export function backTo(owner: Owner) {
  return { href: pathOf(owner), label: owner.name as string };
}
