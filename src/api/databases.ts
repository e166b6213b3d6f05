import { createRoute, z } from "@hono/zod-openapi";
import { createDatabase, deleteDatabase, restoreDatabase } from "../databases/verbs/databases.ts";
import type { Database } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { DatabaseUsage } from "../databases/server.ts";
import { newId } from "../store/ledger.ts";
import {
  changeHeaders,
  changeQuery,
  conditionalHeaders,
  dryRunSchemaOf,
  type Plan,
} from "./change.ts";
import { ifMatch } from "./conditional.ts";
import { body, idParams, json, resource, security } from "./contract.ts";
import type { ApiContext } from "./deps.ts";
import {
  listQuery,
  ownerFilter,
  pageSchemaOf,
  paginate,
  requireReading,
  visibleKeys,
} from "./list.ts";
import { requireDatabases } from "./modules.ts";
import { changeProblems, readProblems } from "./problem.ts";
import { nameOf } from "./routing.ts";
import type { Services } from "./services.ts";
import { settled, standingsOf, type Beside } from "./settled.ts";
import { databaseStanding, standingSchema } from "./standing.ts";

const databaseSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    owner: z.string(),
    ownerName: z.string().nullable().openapi({ description: "Null once the owner has left." }),
    name: z.string().openapi({ example: "u_alice_blog" }),
    address: z.string().openapi({ description: "Where clients connect: `host:port`." }),
    deletingUntil: z
      .string()
      .nullable()
      .openapi({ description: "Until when its deletion can be undone." }),
    standing: standingSchema,
    usage: z
      .object({ bytes: z.number(), tables: z.number() })
      .nullable()
      .openapi({ description: "As seen a minute ago at most; null: not known." }),
  })
  .openapi("Database");
const dryDatabase = json(dryRunSchemaOf(databaseSchema), "What would happen (`dryRun`).");
const changedDatabase = json(
  z.union([databaseSchema, dryRunSchemaOf(databaseSchema)]),
  "The database; with `dryRun`, what would happen.",
);

const tags = ["databases"];
const list = createRoute({
  method: "get",
  path: "/databases",
  summary: "Databases: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: { query: listQuery.extend({ owner: ownerFilter }) },
  responses: { 200: json(pageSchemaOf(databaseSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/databases/{id}",
  summary: "One database, and how it stands",
  tags,
  security,
  request: { params: idParams },
  responses: { 200: json(databaseSchema, "The database."), ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/databases",
  summary: "Make a database",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        owner: z.string().max(100).optional().openapi({
          description: "An id or a name; the token's owner by itself.",
        }),
        name: z.string().max(100).openapi({
          description: "Without the prefix and the owner's name, which are put before it.",
          example: "blog",
        }),
      }),
    ),
  },
  responses: { 201: json(databaseSchema, "The database."), 200: dryDatabase, ...changeProblems },
});
const remove = createRoute({
  method: "delete",
  path: "/databases/{id}",
  summary: "Take a database out of use; it is deleted with all that is in it after some days",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: idParams,
    query: changeQuery.extend({
      name: z.string().max(100).openapi({ description: "Its whole name, to be sure." }),
    }),
  },
  responses: { 200: changedDatabase, ...changeProblems },
});
const restore = createRoute({
  method: "post",
  path: "/databases/{id}/restore",
  summary: "Undo a database's deletion, while there is time",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: idParams,
    query: changeQuery,
    body: body(
      z.strictObject({
        owner: z.string().max(100).optional().openapi({
          description: "Admins. Gives it to another owner, as when its own has left.",
        }),
      }),
    ),
  },
  responses: { 200: changedDatabase, ...changeProblems },
});

type View = z.infer<typeof databaseSchema>;

/** `/databases`. */
export function databases(services: Services) {
  const { ledger, config } = services;
  const beside = async (ids?: readonly string[]): Promise<Beside<DatabaseUsage>> => {
    const module = services.modules().databases;
    const usage = (await module?.usage())?.databases ?? new Map<string, never>();
    return { usage, standings: await standingsOf(module?.standings, "database", ids) };
  };
  const view = (
    database: Database,
    state: State,
    { standings, usage }: Beside<DatabaseUsage>,
  ): View => {
    const { id, name, deleting, stage } = database;
    // Until it is made, what is at its name is another's.
    const seen = stage === "made" ? usage.get(name) : undefined;
    return {
      id,
      revision: database.revision,
      createdAt: database.createdAt,
      owner: database.owner,
      ownerName: nameOf(state, database.owner),
      name,
      address: config.databases.publicAddress,
      deletingUntil: deleting?.until ?? null,
      standing: databaseStanding(database, standings.get(id)),
      usage: seen === undefined ? null : { bytes: seen.bytes, tables: seen.tables },
    };
  };
  const settle = async (
    context: ApiContext,
    id: string,
    plan: Omit<Plan<Database, View>, "show">,
  ) => {
    const module = requireDatabases(services);
    return settled(context, services, plan, {
      settle: (commit) => module.settleDatabase(id, commit),
      find: (made) => ledger.state.databases.get(made),
      view,
      beside,
    });
  };

  return resource()
    .openapi(list, async (context) => {
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const known = await beside();
      const { state } = ledger;
      const keys = visibleKeys(
        state,
        actor,
        query.owner,
        state.databases,
        (owner) => state.databasesByOwner.get(owner) ?? [],
      );
      const page = paginate("databases", query, keys, (id) => {
        const database = state.databases.get(id);
        return database === undefined ? undefined : view(database, state, known);
      });
      return context.json(page, 200);
    })
    .openapi(read, async (context) => {
      const { id } = context.req.valid("param");
      const database = ledger.state.databases.get(id);
      const owner = database?.owner ?? null;
      authorise(ledger.state, context.get("actor"), "database.read", owner, "database");
      if (database === undefined) throw new Refusal("not_found", "There is no such database.");
      return context.json(view(database, ledger.state, await beside([id])), 200);
    })
    .openapi(create, async (context) => {
      const given = context.req.valid("json");
      const owner = given.owner ?? context.get("actor").owner ?? "";
      const id = newId("db", services.now());
      const done = await settle(context, id, {
        status: 201,
        decide: (state, decided) => createDatabase(state, decided, { ...given, id, owner }),
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/databases/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(remove, async (context) => {
      const { id } = context.req.valid("param");
      const { name } = context.req.valid("query");
      const input = { id, name, ifMatch: ifMatch(context) };
      const done = await settle(context, id, {
        status: 200,
        decide: (state, decided) => deleteDatabase(state, decided, input),
      });
      return context.json(done.body, 200);
    })
    .openapi(restore, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ...context.req.valid("json"), ifMatch: ifMatch(context) };
      const done = await settle(context, id, {
        status: 200,
        decide: (state, decided) => restoreDatabase(state, decided, input),
      });
      return context.json(done.body, 200);
    });
}
