import { sees, type Actor } from "../../domain/policy.ts";
import type { PageServices } from "./services.ts";

/** Who made a revision, as the actor may know it: of others only that it was an admin. */
export async function whoChanged(
  { ledger }: Pick<PageServices, "ledger">,
  actor: Actor,
  revision: number,
): Promise<string> {
  const [stored] = await ledger.store.history({ after: revision - 1, limit: 1 });
  const who = stored?.revision === revision ? stored.event["actor"] : undefined;
  if (typeof who !== "object" || who === null || Array.isArray(who)) return "someone";
  const { name, owner } = who as { readonly name?: unknown; readonly owner?: unknown };
  const id = typeof owner === "string" ? owner : null;
  if (id !== null && id === actor.owner) return "you, elsewhere";
  if (actor.admin || sees(ledger.state, actor, id))
    return typeof name === "string" ? name : "someone";
  return ledger.state.owners.get(id ?? "")?.name ?? "an admin";
}
