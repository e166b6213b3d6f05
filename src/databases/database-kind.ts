import type { Database, DatabaseName } from "../domain/entities.ts";
import type { Kind, Plan, Step } from "../reconcile/kind.ts";
import type { Call } from "../reconcile/system.ts";
import { toTheMinute } from "../reconcile/times.ts";
import type { DatabaseRecords } from "./records.ts";
import type { DatabaseServer, StoredDatabase } from "./server.ts";

export type DatabaseStep = Step & {
  readonly do: "note-free" | "make" | "note-made" | "drop" | "forget";
};

const NOTE_FREE = { do: "note-free", what: "found the name free" } as const;
const MAKE = { do: "make", what: "made the database, empty" } as const;
const NOTE_MADE = { do: "note-made", what: "noted the database" } as const;
const DROP = { do: "drop", what: "deleted the database" } as const;
const FORGET = { do: "forget", what: "removed its record" } as const;

/**
 * What has to be done for a database, of its record and of what the server has at its name. Pure.
 *
 * A server has no place for a mark on a database. So it is written down that the name was seen free
 * before one is made, and after a crash an empty one there is known to be ours. Once made, what is at
 * the name is its owner's: they may drop it and make it again, as they do who put a dump back.
 * @param context `isOurs`: whether the console has made an account, as rights name it
 */
export function planDatabase(
  database: Database,
  {
    suspended,
    isOurs: madeHere,
    now,
  }: { suspended: boolean; isOurs: (grantee: string) => boolean; now: Date },
  { exists, empty, grantees }: StoredDatabase,
): Plan<DatabaseStep> {
  const isOurs = database.stage === "made" || (database.stage === "free" && empty === true);
  if (database.deleting !== undefined) {
    if (Date.parse(database.deleting.until) > now.getTime()) {
      return {
        steps: [],
        state: "deleting",
        why: `It is kept until ${toTheMinute(database.deleting.until)}; until then it can be had back.`,
        dueAt: database.deleting.until,
      };
    }
    if (exists && isOurs) return { steps: [DROP], state: "deleting" };
    // Rights outlast a database: whoever still had some would have them in the next one of this name.
    const holder = exists ? undefined : grantees.find(madeHere);
    if (holder !== undefined)
      return { stuck: "Accounts still have rights in it; they are taken away first." };
    return { steps: [FORGET], state: "deleting" };
  }
  if (!exists) {
    if (database.stage === "free") return { steps: [MAKE], state: "ready" };
    const stranger = grantees.find((grantee) => !madeHere(grantee));
    if (stranger !== undefined) {
      return {
        conflict: `The account ${stranger}, which the console did not make, has rights in a database of this name. An admin of the server has to take them away first.`,
      };
    }
    return { steps: [NOTE_FREE], state: "ready" };
  }
  if (!isOurs) {
    return {
      conflict:
        "The server has a database of this name that the console did not make. Take another name; or delete this one, and ask an admin to make what is there yours.",
    };
  }
  if (database.stage !== "made") return { steps: [NOTE_MADE], state: "ready" };
  return suspended
    ? { steps: [], state: "suspended", why: "Its owner is suspended." }
    : { steps: [], state: "ready" };
}

export interface DatabaseKindOptions {
  readonly server: DatabaseServer;
  readonly records: DatabaseRecords;
  readonly now: () => Date;
}

/** Databases, as the reconcilers keep them. */
export class DatabaseKind implements Kind<StoredDatabase, DatabaseStep> {
  readonly name = "database";
  readonly #options: DatabaseKindOptions;

  constructor(options: DatabaseKindOptions) {
    this.#options = options;
  }

  ids(): readonly string[] {
    return [...this.#options.records.state.databases.keys()];
  }

  async observe(id: string, call: Call): Promise<StoredDatabase> {
    const name = this.#database(id)?.name;
    if (name === undefined) return { exists: false, empty: undefined, grantees: [] };
    return call((signal) => this.#options.server.database(name, signal));
  }

  async observeAll(call: Call): Promise<(id: string) => StoredDatabase | undefined> {
    const found = await call((signal) => this.#options.server.databases(signal));
    // What is not as it is most of the time is looked at by itself, more closely.
    return (id) => {
      const database = this.#database(id);
      const isUsual = database?.stage === "made" && !this.#isDue(database);
      return isUsual ? found.get(database.name) : undefined;
    };
  }

  plan(id: string, seen: StoredDatabase): Plan<DatabaseStep> {
    const database = this.#database(id);
    if (database === undefined) return { gone: true };
    const { state } = this.#options.records;
    return planDatabase(
      database,
      {
        suspended: this.#isSuspended(database),
        isOurs: (grantee) =>
          grantee.endsWith("@%") &&
          state.databaseAccountsByName.has(grantee.slice(0, -"@%".length)),
        now: this.#options.now(),
      },
      seen,
    );
  }

  async apply(id: string, step: DatabaseStep, call: Call): Promise<void> {
    const { server, records } = this.#options;
    const name: DatabaseName | undefined = this.#database(id)?.name;
    if (name === undefined) return;
    switch (step.do) {
      case "note-free":
        return records.databaseFree(id);
      case "note-made":
        return records.databaseMade(id);
      case "forget":
        return records.databaseGone(id);
      case "make":
        return call((signal) => server.makeDatabase(name, signal));
      case "drop":
        return call((signal) => server.dropDatabase(name, signal));
    }
  }

  desired(id: string): string {
    const database = this.#database(id);
    if (database === undefined) return "";
    return JSON.stringify([database.deleting ?? null, this.#isSuspended(database)]);
  }

  underway(id: string): "creating" | "repairing" | "deleting" {
    const database = this.#database(id);
    if (database?.deleting !== undefined) return "deleting";
    return database?.stage === "made" ? "repairing" : "creating";
  }

  #database(id: string): Database | undefined {
    return this.#options.records.state.databases.get(id);
  }

  #isDue({ deleting }: Database): boolean {
    return deleting !== undefined && Date.parse(deleting.until) <= this.#options.now().getTime();
  }

  #isSuspended({ owner }: Database): boolean {
    return this.#options.records.state.owners.get(owner)?.suspended !== undefined;
  }
}
