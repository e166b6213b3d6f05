import {
  grace,
  requireQuota,
  requireUnchanged,
  stamp,
  type Context,
  type Decision,
  type Verb,
} from "../../domain/decision.ts";
import type { Database, DatabaseName, Owner } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { databaseAccountsOf, databasesOf, findOwner, type State } from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { databaseName } from "../names.ts";

export interface CreateDatabaseInput {
  /** Drawn by the caller, who takes the lease on it before this is decided. */
  readonly id: string;
  readonly owner: string;
  /** Without the prefix and the owner's name. */
  readonly name: string;
}

/** Asks for a database. It is made once this is stored. */
export const createDatabase: Verb<CreateDatabaseInput, Database> = (state, context, input) => {
  const owner = ownerOf(state, context, input.owner);
  if (owner.suspended !== undefined)
    throw new Refusal("conflict", `${owner.name} is suspended and gets nothing new.`);
  const name = databaseName(context.rules.databases.prefix, owner.name, input.name);
  const namesake = state.databases.get(state.databasesByName.get(name) ?? "");
  if (namesake !== undefined) {
    const isLeaving = namesake.owner === owner.id && namesake.deleting !== undefined;
    throw new Refusal(
      "taken",
      isLeaving
        ? `${name} is being deleted: undo that, or wait until it is gone.`
        : `There is a database ${name} already.`,
      { field: "name" },
    );
  }
  requireQuota(context, owner, "databases", databasesOf(state, owner.id).length);
  const database: Database = {
    ...stamp(context),
    kind: "database",
    id: input.id,
    owner: owner.id,
    name,
    stage: "asked",
  };
  return decided(database, "database.created", `the database ${name} was asked for`);
};

/**
 * Takes a database out of use: no account gets into it any more. It is deleted with all that is in it
 * when the grace period is over.
 * @param input `name`: the database's whole name, typed by the person who wants it gone
 */
export const deleteDatabase: Verb<
  { id: string; name: string; ifMatch?: number | undefined },
  Database
> = (state, context, input) => {
  const database = ownDatabase(state, context, input.id, input.ifMatch);
  if (input.name !== database.name) {
    throw new Refusal("invalid_input", `Type the whole name, ${database.name}, to delete it.`, {
      field: "name",
    });
  }
  if (database.deleting !== undefined)
    throw new Refusal("conflict", `${database.name} is being deleted; undo that first.`);
  const deleting = grace(context, "databases");
  return decided(
    { ...database, revision: context.revision, deleting },
    "database.deleting",
    `the database ${database.name} was taken out of use, to be deleted on ${deleting.until.slice(0, 10)}`,
  );
};

/** Undoes a deletion, while there is time. An admin may give it to another owner with it. */
export const restoreDatabase: Verb<
  { id: string; owner?: string | undefined; ifMatch?: number | undefined },
  Database
> = (state, context, input) => {
  const database = ownDatabase(state, context, input.id, input.ifMatch);
  if (database.deleting === undefined)
    throw new Refusal("conflict", `${database.name} is not being deleted.`);
  if (Date.parse(database.deleting.until) <= context.now.getTime())
    throw new Refusal("conflict", `It is too late: ${database.name} is being deleted for good.`);
  const owner = ownerOf(state, context, input.owner ?? database.owner);
  if (owner.id !== database.owner)
    authorise(state, context.actor, "database.adopt", owner.id, "database");
  if (owner.id !== database.owner) requireEnded(state, database);
  const { deleting: _undone, ...rest } = database;
  const next = { ...rest, owner: owner.id, revision: context.revision };
  return decided(next, "database.restored", `the database ${database.name} was put back into use`);
};

/** What goes on at a node that does not answer would go on in what is another's by then. */
function requireEnded(state: State, { name, owner }: Database): void {
  const nodes = databaseAccountsOf(state, owner).flatMap(({ unended = [] }) => unended);
  if (nodes.length === 0) return;
  const at = [...new Set(nodes)].toSorted().join(" and ");
  throw new Refusal(
    "conflict",
    `Something of its owner's may still be open in ${name} at ${at}. It can be given to another once that is ended: when the node answers, or is none of databases.nodes any more.`,
  );
}

export interface AdoptDatabaseInput {
  readonly id: string;
  readonly owner: string;
  /** As it is called at the server. */
  readonly name: DatabaseName;
}

/** Takes over a database that was there before the console, as it is. By admins. */
export const adoptDatabase: Verb<AdoptDatabaseInput, Database> = (state, context, input) => {
  const owner = findOwner(state, input.owner);
  authorise(state, context.actor, "database.adopt", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  const { id, name } = input;
  requireNewName(state, name);
  const database: Database = {
    ...stamp(context),
    kind: "database",
    id,
    owner: owner.id,
    name,
    stage: "made",
  };
  return decided(database, "database.adopted", `the database ${name} was taken over`);
};

/** An owner that the actor may make databases for. Another's is answered like a missing one. */
function ownerOf(state: State, context: Context, idOrName: string): Owner {
  const owner = findOwner(state, idOrName);
  authorise(state, context.actor, "database.write", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  return owner;
}

function ownDatabase(
  state: State,
  context: Context,
  id: string,
  ifMatch: number | undefined,
): Database {
  const database = state.databases.get(id);
  authorise(state, context.actor, "database.write", database?.owner ?? null, "database");
  if (database === undefined) throw new Refusal("not_found", "There is no such database.");
  requireUnchanged(database, ifMatch);
  return database;
}

function decided(database: Database, type: string, summary: string): Decision<Database> {
  return {
    changes: [{ kind: "database", id: database.id, entity: database }],
    event: { type, summary, owners: [database.owner] },
    result: database,
  };
}

/** @throws Refusal `taken` for what the console has already */
export function requireNewName(state: State, name: string): void {
  if (!state.databasesByName.has(name)) return;
  throw new Refusal("taken", `The console has a database ${name} already.`, { field: "name" });
}
