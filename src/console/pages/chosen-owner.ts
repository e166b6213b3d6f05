import type { Context } from "hono";
import type { Owner } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import type { PageEnv } from "../visitor.ts";
import { ownersFor } from "./picture.ts";
import type { PageServices } from "./services.ts";

/**
 * For whom a form makes something: the visitor or one of their groups; the visitor, where it says nothing.
 * @throws Refusal `not_found` of another's id, as of nobody's
 */
export function chosenOwner(
  { ledger }: Pick<PageServices, "ledger">,
  context: Context<PageEnv>,
  id: string,
): Owner {
  const { person } = context.get("visitor");
  if (id === "") return person;
  const owner = ownersFor(ledger.state, person).find((one) => one.id === id);
  if (owner === undefined) throw new Refusal("not_found", "There is no such owner.");
  return owner;
}
