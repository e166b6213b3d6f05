import { databaseNameField } from "../domain/databases.ts";
import type { Database, DatabaseName } from "../domain/entities.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { asked } from "../reconcile/ask.ts";
import { newId, type Decide } from "../store/ledger.ts";
import type { Databases } from "./module.ts";
import type { DatabaseUsage } from "./server.ts";
import { adoptDatabase, requireNewName } from "./verbs/databases.ts";

/**
 * Databases at the server that the console has not made, as far as its account sees them, by name.
 * @throws Refusal `unavailable`
 */
export async function adoptableDatabases(
  { server, system }: Pick<Databases, "server" | "system">,
  state: State,
): Promise<ReadonlyMap<string, DatabaseUsage>> {
  const found = await asked(() => system.call((signal) => server.usage(signal)));
  return new Map([...found].filter(([name]) => !state.databasesByName.has(name)));
}

/** A database that was there before the console, looked at to be taken over. Nothing in it is changed. */
export interface DatabaseAdoption {
  readonly id: string;
  readonly name: DatabaseName;
  readonly decide: Decide<Database>;
  /** What an admin should know of it: accounts that keep rights in it, and what in it runs as somebody else. */
  readonly notes: readonly string[];
}

/**
 * Looks at a database that is to be taken over, as it is now. Nothing is changed.
 * @throws Refusal when there is none that the console may see, when it is the console's, and `unavailable`
 */
export async function lookAtDatabase(
  module: Pick<Databases, "server" | "system" | "config">,
  state: State,
  asking: { readonly name: string; readonly owner: string },
  now: Date,
): Promise<DatabaseAdoption> {
  const read = databaseNameField.safeParse(asking.name);
  if (!read.success) {
    const message = "Only databases of letters, digits, hyphens and underscores can be taken over.";
    throw new Refusal("invalid_input", message, { field: "name" });
  }
  const name = read.data;
  requireNewName(state, name);
  const notes = await notesOn(module, name);
  const input = { id: newId("db", now), owner: asking.owner, name };
  return {
    id: input.id,
    name,
    notes,
    decide: (state, context) => adoptDatabase(state, context, input),
  };
}

/** @throws Refusal when there is none */
async function notesOn(
  { system, server, config }: Pick<Databases, "server" | "system" | "config">,
  name: DatabaseName,
): Promise<string[]> {
  const stored = await asked(() => system.call((signal) => server.database(name, signal)));
  if (!stored.exists) {
    const message =
      "The server has no such database, or the console's account may not see it: `tardis-console databases grants --also` prints what it needs.";
    throw new Refusal("not_found", message, { field: "name" });
  }
  const within = await asked(() => system.call((signal) => server.ownersWithin(name, signal)));
  return [
    ...stored.grantees
      .filter((grantee) => !grantee.startsWith(`${config.prefix}.`))
      .map((grantee) => `the account ${grantee} keeps its rights in it`),
    ...within,
  ];
}
