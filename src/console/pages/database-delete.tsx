import type { Hono } from "hono";
import { deleteDatabase, restoreDatabase } from "../../databases/verbs/databases.ts";
import type { Database } from "../../domain/entities.ts";
import type { PageEnv } from "../visitor.ts";
import { counted } from "../words.ts";
import { settleDatabase } from "./database-act.ts";
import { databaseFor, databaseViewsOf } from "./database-view.ts";
import type { PageServices } from "./services.ts";
import { deletions } from "./thing-delete.tsx";

/** `/databases/{id}/delete` and `/restore`: takes a database out of use, and has it back. */
export function deleteDatabases(services: PageServices): Hono<PageEnv> {
  return deletions<Database>(services, {
    of: "databases",
    find: (context) => databaseFor(services, context, "database.write"),
    remove: async (context, id, name) =>
      (
        await settleDatabase(context, services, id, (state, decided) =>
          deleteDatabase(state, decided, { id, name }),
        )
      ).database,
    restore: async (context, id) =>
      (
        await settleDatabase(context, services, id, (state, decided) =>
          restoreDatabase(state, decided, { id }),
        )
      ).database,
    means: async (database, kept) => {
      const [view] = await databaseViewsOf(services, [database]);
      const tables = view?.usage?.tables ?? 0;
      return (
        <>
          <li>
            At once no account gets into it any more, and what is open of those that did ends.
          </li>
          <li>
            {tables === 0 ? "What is in it" : `What is in it, ${counted(tables, "table")},`} is kept
            until {kept}. Until then you can have it back.
          </li>
          <li>Then it is deleted for good. It counts as one of your databases until then.</li>
        </>
      );
    },
    words: { gone: "out of use", back: "back" },
  });
}
