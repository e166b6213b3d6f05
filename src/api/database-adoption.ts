import { createRoute, z } from "@hono/zod-openapi";
import type { Databases } from "../databases/module.ts";
import { adoptDatabase } from "../databases/verbs/databases.ts";
import { databaseNameField } from "../domain/databases.ts";
import type { Database, DatabaseName } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { Refusal } from "../errors.ts";
import { Trouble } from "../reconcile/trouble.ts";
import { newId } from "../store/ledger.ts";
import { change, changeHeaders, changeQuery, dryRunSchemaOf } from "./change.ts";
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
    body: body(z.strictObject({ name: z.string().max(64), owner: z.string().max(100) })),
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
      const module = requireDatabases(services);
      const found = await answer(module.system.call((signal) => module.server.usage(signal)));
      const names = [...found.keys()].filter((name) => !ledger.state.databasesByName.has(name));
      const page = paginate("adoptable", context.req.valid("query"), names.toSorted(), (name) => {
        const one = found.get(name);
        return one === undefined ? undefined : { name, bytes: one.bytes, tables: one.tables };
      });
      return context.json(page, 200);
    })
    .openapi(adopt, async (context) => {
      authorise(ledger.state, context.get("actor"), "database.adopt", null, "database");
      const module = requireDatabases(services);
      const { name: given, owner } = context.req.valid("json");
      const read = databaseNameField.safeParse(given);
      if (!read.success) {
        const message =
          "Only databases of letters, digits, hyphens and underscores can be taken over.";
        throw new Refusal("invalid_input", message, { field: "name" });
      }
      const name = read.data;
      const notes = await notesOn(module, name);
      const id = newId("db", now());
      const view = ({ revision, owner: whose }: Database) => {
        return { id, revision, owner: whose, name: name as string, notes };
      };
      const commit = () =>
        change(context, services, {
          status: 201,
          decide: (state, decided) => adoptDatabase(state, decided, { id, owner, name }),
          show: view,
        });
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return dry.dry ? context.json(dry.body, 200) : context.json(dry.body, 201);
      }
      const { done } = await module.settleDatabase(id, commit);
      return done.dry ? context.json(done.body, 200) : context.json(done.body, 201);
    });

  /** @throws Refusal when there is none */
  async function notesOn(
    { system, server, config }: Databases,
    name: DatabaseName,
  ): Promise<string[]> {
    const stored = await answer(system.call((signal) => server.database(name, signal)));
    if (!stored.exists) {
      const message =
        "The server has no such database, or the console's account may not see it: `tardis-console databases grants --also` prints what it needs.";
      throw new Refusal("not_found", message, { field: "name" });
    }
    const within = await answer(system.call((signal) => server.ownersWithin(name, signal)));
    return [
      ...stored.grantees
        .filter((grantee) => !grantee.startsWith(`${config.prefix}.`))
        .map((grantee) => `the account ${grantee} keeps its rights in it`),
      ...within,
    ];
  }
}

/** @throws Refusal `unavailable` */
async function answer<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    throw new Refusal("unavailable", error.message, { retryAfter: 10 });
  }
}
