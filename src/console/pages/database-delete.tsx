import { Hono, type Context } from "hono";
import { deleteDatabase, restoreDatabase } from "../../databases/verbs/databases.ts";
import { grace } from "../../domain/decision.ts";
import type { Database } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import { counted } from "../words.ts";
import { doing, fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { exactly } from "../parts/time.tsx";
import { TypedName } from "../parts/typed-name.tsx";
import type { PageEnv } from "../visitor.ts";
import { settleDatabase } from "./database-act.ts";
import { databaseFor, databaseViewsOf } from "./database-view.ts";
import type { PageServices } from "./services.ts";

/** `/databases/{id}/delete` and `/restore`: takes a database out of use, and has it back. */
export function deleteDatabases(services: PageServices): Hono<PageEnv> {
  const { site, rules } = services;
  const app = new Hono<PageEnv>();

  const page = async (
    context: Context<PageEnv>,
    database: Database,
    { typed = "", refusal }: { typed?: string; refusal?: Refusal } = {},
  ) => {
    const at = `/databases/${database.id}`;
    const [view] = await databaseViewsOf(services, [database]);
    const tables = view?.usage?.tables ?? 0;
    const errors = refusal === undefined ? noErrors : errorsOf(refusal, { name: "name" });
    const { until } = grace({ now: site.now(), rules }, "databases");
    return show(
      context,
      site,
      {
        title: `Delete ${database.name}?`,
        section: "databases",
        back: { href: at, label: database.name },
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <TypedName
          name={database.name}
          typed={typed}
          errors={errors}
          action={`${at}/delete`}
          cancel={at}
        >
          <ul>
            <li>
              At once no account gets into it any more, and what is open of those that did ends.
            </li>
            <li>
              {tables === 0 ? "What is in it" : `What is in it, ${counted(tables, "table")},`} is
              kept until {exactly(new Date(until))}. Until then you can have it back.
            </li>
            <li>Then it is deleted for good. It counts as one of your databases until then.</li>
          </ul>
        </TypedName>
      </>,
    );
  };

  app.get("/databases/:id/delete", (context) =>
    page(context, databaseFor(services, context, "database.write")),
  );

  app.post("/databases/:id/delete", async (context) => {
    const { id } = databaseFor(services, context, "database.write");
    const typed = (await fieldsOf(context))("name").trim().slice(0, 200);
    try {
      const { database } = await settleDatabase(context, services, id, (state, decided) =>
        deleteDatabase(state, decided, { id, name: typed }),
      );
      leaveFlash(context, site, {
        tone: "good",
        text: `${database.name} is out of use, and deleted on ${exactly(new Date(database.deleting?.until ?? 0))}.`,
        undo: { action: `/databases/${id}/restore`, label: "Undo" },
      });
      return context.redirect("/databases", 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const database = databaseFor(services, context, "database.write");
      return page(context, database, { typed, refusal: error });
    }
  });

  app.post("/databases/:id/restore", (context) => {
    const { id } = databaseFor(services, context, "database.write");
    return doing(context, services, `/databases/${id}`, async () => {
      const { database } = await settleDatabase(context, services, id, (state, decided) =>
        restoreDatabase(state, decided, { id }),
      );
      return `${database.name} is back, with all that was in it.`;
    });
  });

  return app;
}
