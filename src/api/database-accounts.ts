import { createRoute, z } from "@hono/zod-openapi";
import { drawPassword } from "../databases/draw.ts";
import type { Password } from "../databases/names.ts";
import { snippets, snippetsFor } from "../databases/snippets.ts";
import {
  createAccount,
  deleteAccount,
  renewPassword,
  updateAccount,
  type DrawnAccount,
} from "../databases/verbs/accounts.ts";
import type { DatabaseAccount } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { newId, type Decide } from "../store/ledger.ts";
import {
  change,
  changeHeaders,
  changeQuery,
  conditionalHeaders,
  dryRunSchemaOf,
  refuseFirst,
} from "./change.ts";
import { ifMatch } from "./conditional.ts";
import { body, dryRemoval, idParams, json, removed, resource, security } from "./contract.ts";
import {
  accountSchema,
  accountView,
  newAccountSchema,
  type AccountKnown,
} from "./database-account-view.ts";
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
import type { Services } from "./services.ts";
import { standingsOf, takingBack } from "./settled.ts";

const dryAccount = json(dryRunSchemaOf(newAccountSchema), "What would happen (`dryRun`).");
const may = {
  access: z.enum(["read", "write"]),
  databases: z.array(z.string().max(100)).max(1000).nullable().optional().openapi({
    description: "Ids or names of the owner's databases; null: all of them, new ones too.",
  }),
};

const tags = ["databases"];
const list = createRoute({
  method: "get",
  path: "/database-accounts",
  summary: "Accounts at databases: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: { query: listQuery.extend({ owner: ownerFilter }) },
  responses: { 200: json(pageSchemaOf(accountSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/database-accounts/{id}",
  summary: "One account, without its password",
  tags,
  security,
  request: { params: idParams },
  responses: { 200: json(accountSchema, "The account."), ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/database-accounts",
  summary: "Make an account; its password is shown once",
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
          example: "app",
        }),
        ...may,
      }),
    ),
  },
  responses: {
    201: json(newAccountSchema, "The account, with its password."),
    200: dryAccount,
    ...changeProblems,
  },
});
const update = createRoute({
  method: "patch",
  path: "/database-accounts/{id}",
  summary: "Change what an account may do; where that is less, what is open of it ends",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: idParams,
    query: changeQuery,
    body: body(z.strictObject({ ...may, access: may.access.optional() })),
  },
  responses: {
    200: json(z.union([accountSchema, dryRunSchemaOf(accountSchema)]), "The account."),
    ...changeProblems,
  },
});
const rotate = createRoute({
  method: "post",
  path: "/database-accounts/{id}/rotate",
  summary: "Give an account another password, shown once; the one before ends at once",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: idParams, query: changeQuery },
  responses: {
    200: json(
      z.union([newAccountSchema, dryRunSchemaOf(newAccountSchema)]),
      "The account, with its new password.",
    ),
    ...changeProblems,
  },
});
const remove = createRoute({
  method: "delete",
  path: "/database-accounts/{id}",
  summary: "End an account, with all that is open of it",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: idParams, query: changeQuery },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});

/** `/database-accounts`. */
export function databaseAccounts(services: Services) {
  const { ledger, config } = services;
  const view = (account: DatabaseAccount, state: State, known?: AccountKnown) =>
    accountView(config, account, state, known);

  /** Draws a password, has the server take it, and only then shows it. */
  async function draw(
    context: ApiContext,
    id: string,
    status: number,
    decide: Decide<DrawnAccount>,
  ) {
    const module = requireDatabases(services);
    let password: Password | undefined;
    const commit = () =>
      change(context, services, {
        status,
        decide,
        show: (drawn, state): z.infer<typeof newAccountSchema> => {
          ({ password } = drawn);
          return view(drawn.account, state);
        },
      });
    if (context.req.query("dryRun") === "true") return commit();
    // Refused first, where it would be: the server is asked for nobody who may not.
    await refuseFirst(context, services, decide);
    const { done, given } = await drawPassword({ module, ledger }, id, commit, () => password);
    if (done.dry) return done;
    if (given === undefined) {
      // A repeat: what it speaks of may have come to nothing, and not be taken away yet.
      const begun = ledger.state.databaseAccounts.get(done.body.id);
      if (begun !== undefined && (begun.stage !== "issued" || begun.renewing))
        throw takingBack("password");
      return done;
    }
    const body = {
      ...view(given.account, ledger.state, { standing: given.outcome }),
      password: given.password as string,
      snippets: snippets(snippetsFor(config.databases, ledger.state, given)),
    };
    return { dry: false as const, body };
  }

  return resource()
    .openapi(list, async (context) => {
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const module = services.modules().databases;
      const standings = await standingsOf(module?.standings, "databaseAccount");
      const connections = (await module?.usage())?.connections;
      const { state } = ledger;
      const ids = visibleKeys(
        state,
        actor,
        query.owner,
        state.databaseAccounts,
        (owner) => state.databaseAccountsByOwner.get(owner) ?? [],
      );
      const page = paginate("database-accounts", query, ids, (id) => {
        const account = state.databaseAccounts.get(id);
        const standing = standings.get(id);
        return account === undefined ? undefined : view(account, state, { standing, connections });
      });
      return context.json(page, 200);
    })
    .openapi(read, async (context) => {
      const { id } = context.req.valid("param");
      const account = ledger.state.databaseAccounts.get(id);
      const owner = account?.owner ?? null;
      authorise(ledger.state, context.get("actor"), "databaseAccount.read", owner, "account");
      if (account === undefined) throw new Refusal("not_found", "There is no such account.");
      const module = services.modules().databases;
      const standing = await module?.standings.get(`databaseAccount/${id}`);
      const connections = (await module?.usage())?.connections;
      return context.json(view(account, ledger.state, { standing, connections }), 200);
    })
    .openapi(create, async (context) => {
      const given = context.req.valid("json");
      const owner = given.owner ?? context.get("actor").owner ?? "";
      const id = newId("dbacc", services.now());
      const input = { ...given, id, owner, databases: given.databases ?? null };
      const done = await draw(context, id, 201, (state, decided) =>
        createAccount(state, decided, input),
      );
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/database-accounts/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(update, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ...context.req.valid("json"), ifMatch: ifMatch(context) };
      const commit = () =>
        change(context, services, {
          status: 200,
          decide: (state, decided) => updateAccount(state, decided, input),
          show: (account, state) => view(account, state),
        });
      const module = requireDatabases(services);
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return context.json(dry.body, 200);
      }
      await refuseFirst(context, services, (state, decided) =>
        updateAccount(state, decided, input),
      );
      const { done, outcome } = await module.settleAccount(id, commit, () => undefined);
      const account = ledger.state.databaseAccounts.get(id);
      if (done.dry || account === undefined) return context.json(done.body, 200);
      return context.json(view(account, ledger.state, { standing: outcome }), 200);
    })
    .openapi(rotate, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ifMatch: ifMatch(context) };
      const done = await draw(context, id, 200, (state, decided) =>
        renewPassword(state, decided, input),
      );
      return context.json(done.body, 200);
    })
    .openapi(remove, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ifMatch: ifMatch(context) };
      const module = requireDatabases(services);
      const commit = () =>
        change(context, services, {
          status: 204,
          decide: (state, decided) => deleteAccount(state, decided, input),
          show: () => null,
        });
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return dry.dry ? context.json(dry.body, 200) : context.body(null, 204);
      }
      await refuseFirst(context, services, (state, decided) =>
        deleteAccount(state, decided, input),
      );
      await module.settleAccount(id, commit, () => undefined);
      return context.body(null, 204);
    });
}
