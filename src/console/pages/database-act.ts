import type { Context } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { requireDatabases } from "../../api/modules.ts";
import { drawPassword, type GivenAccount } from "../../databases/draw.ts";
import type { DrawnAccount } from "../../databases/verbs/accounts.ts";
import type { Database, DatabaseAccount } from "../../domain/entities.ts";
import type { Outcome } from "../../reconcile/attempt.ts";
import { newId, type Decide } from "../../store/ledger.ts";
import type { PageEnv } from "../visitor.ts";
import type { PageServices } from "./services.ts";

/** The id of a database that is to be made: its lease is taken before it is decided. */
export const newDatabaseId = (now: Date) => newId("db", now);
/** As `newDatabaseId`. */
export const newAccountId = (now: Date) => newId("dbacc", now);

/**
 * Has a verb decide about a database, and the server follow at once.
 * @throws Refusal what the verb refuses, `rate_limited` or `unavailable`
 */
export async function settleDatabase(
  context: Context<PageEnv>,
  services: PageServices,
  id: string,
  decide: Decide<Database>,
): Promise<{ database: Database; outcome: Outcome }> {
  const module = requireDatabases(services);
  const { actor } = context.get("visitor");
  // Refused first, where it would be: who may not learns not even that it is busy.
  services.ledger.preview(actor, decide);
  const commit = () => carryOut(services, actor, decide);
  const { done, outcome } = await module.settleDatabase(id, commit);
  return { database: done.result, outcome };
}

/**
 * As `settleDatabase`, about an account; no password is drawn.
 * @throws Refusal what the verb refuses, `rate_limited` or `unavailable`
 */
export async function settleAccount(
  context: Context<PageEnv>,
  services: PageServices,
  id: string,
  decide: Decide<DatabaseAccount>,
): Promise<{ account: DatabaseAccount; outcome: Outcome }> {
  const module = requireDatabases(services);
  const { actor } = context.get("visitor");
  services.ledger.preview(actor, decide);
  const commit = () => carryOut(services, actor, decide);
  const { done, outcome } = await module.settleAccount(id, commit, () => undefined);
  return { account: done.result, outcome };
}

/**
 * Has a verb draw a password, and the server take it.
 * @throws Refusal as `drawPassword`, and `rate_limited`
 */
export async function givePassword(
  context: Context<PageEnv>,
  services: PageServices,
  id: string,
  decide: Decide<DrawnAccount>,
): Promise<GivenAccount> {
  const module = requireDatabases(services);
  const { ledger } = services;
  const { actor } = context.get("visitor");
  ledger.preview(actor, decide);
  const { given } = await drawPassword(
    { module, ledger },
    id,
    () => carryOut(services, actor, decide),
    ({ result }) => result.password,
  );
  if (given === undefined) throw new Error("a verb that draws a password draws one");
  return given;
}
