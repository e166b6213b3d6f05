import { createRoute, z } from "@hono/zod-openapi";
import { adoptableDatabases, lookAtDatabase } from "../databases/adoption.ts";
import type { Database } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { asSeen, seenField, seenOf, seenShown } from "./adoption.ts";
import { answerOfRepeat, change, changeHeaders, changeQuery, dryRunSchemaOf } from "./change.ts";
import { body, json, resource, security } from "./contract.ts";
import { listQuery, pageSchemaOf, paginate } from "./list.ts";
import { requireDatabases } from "./modules.ts";
import { changeProblems, readProblems } from "./problem.ts";
import type { Services } from "./services.ts";

const foundSchema = z
  .object({ name: z.string(), bytes: z.number(), tables: z.number() })
  .openapi("AdoptableDatabase");
const adoptedSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    owner: z.string(),
    name: z.string(),
    notes: z.array(z.string()).openapi({
      description:
        "What an admin should know of it: accounts that keep rights in it, and what in it runs as somebody else.",
    }),
    seen: seenShown,
  })
  .openapi("AdoptedDatabase");

const tags = ["databases"];
const list = createRoute({
  method: "get",
  path: "/databases/adoptable",
  summary:
    "Databases at the server that the console has not made, as far as its account sees them (admins)",
  tags,
  security,
  request: { query: listQuery },
  responses: { 200: json(pageSchemaOf(foundSchema), "One page."), ...readProblems },
});
const adopt = createRoute({
  method: "post",
  path: "/databases/adopt",
  summary:
    "Take over a database that was there before; with `dryRun`, see first what is in it (admins)",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        name: z.string().max(64),
        owner: z.string().max(100),
        seen: seenField,
      }),
    ),
  },
  responses: {
    201: json(adoptedSchema, "The database."),
    200: json(dryRunSchemaOf(adoptedSchema), "What would happen (`dryRun`)."),
    ...changeProblems,
  },
});

/** `/databases/adopt` and `/databases/adoptable`. */
export function databaseAdoption(services: Services) {
  const { ledger, now } = services;
  return resource()
    .openapi(list, async (context) => {
      authorise(ledger.state, context.get("actor"), "database.adopt", null, "database");
      const found = await adoptableDatabases(requireDatabases(services), ledger.state);
      const names = [...found.keys()].toSorted();
      const page = paginate("adoptable", context.req.valid("query"), names, (name) => {
        const one = found.get(name);
        return one === undefined ? undefined : { name, bytes: one.bytes, tables: one.tables };
      });
      return context.json(page, 200);
    })
    .openapi(adopt, async (context) => {
      authorise(ledger.state, context.get("actor"), "database.adopt", null, "database");
      const module = requireDatabases(services);
      const repeated = await answerOfRepeat<z.infer<typeof adoptedSchema>>(context, services);
      if (repeated !== undefined) return context.json(repeated, 201);
      const { seen, ...asked } = context.req.valid("json");
      const looked = await lookAtDatabase(module, ledger.state, asked, now());
      const { id, decide, notes } = looked;
      const seenNow = (database: Database, state: State) => seenOf(state, database, notes);
      const commit = () =>
        change(context, services, {
          status: 201,
          decide: asSeen(decide, seen, seenNow),
          show: (database: Database, state: State) => {
            const { revision, owner, name } = database;
            const shown = { notes: [...notes], seen: seenNow(database, state) };
            return { id, revision, owner, name, ...shown };
          },
        });
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return dry.dry ? context.json(dry.body, 200) : context.json(dry.body, 201);
      }
      const { done } = await module.settleDatabase(id, commit);
      return done.dry ? context.json(done.body, 200) : context.json(done.body, 201);
    });
}
