import { createRoute, z } from "@hono/zod-openapi";
import type { Namespace } from "../domain/namespaces.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { limitsOf } from "../namespaces/objects.ts";
import { tenancyOf } from "../namespaces/layout.ts";
import type { NamespaceUsage } from "../namespaces/usage.ts";
import {
  createNamespace,
  deleteNamespace,
  limitNamespace,
  restoreNamespace,
} from "../namespaces/verbs/namespaces.ts";
import { heldLabels } from "../owners/labels.ts";
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
import { requireNamespaces } from "./modules.ts";
import { changeProblems, readProblems } from "./problem.ts";
import { nameOf } from "./routing.ts";
import type { Services } from "./services.ts";
import { settled, standingsOf, type Beside } from "./settled.ts";
import { namespaceStanding, standingSchema } from "./standing.ts";

const amounts = z.object({
  cpu: z.number().openapi({ description: "In thousandths of a core." }),
  memory: z.number().openapi({ description: "In MiB." }),
  pods: z.number(),
  storage: z.number().openapi({ description: "Of volumes, in GiB." }),
});
const namespaceSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    owner: z.string(),
    ownerName: z.string().nullable().openapi({ description: "Null once the owner has left." }),
    name: z.string().openapi({ example: "alice--shop" }),
    hosts: z.array(z.string()).openapi({
      description: "Ingresses may be at these hosts, and at any below them.",
      example: ["alice.on.tardis.ac"],
    }),
    services: z.string().openapi({
      description: "Services of it are targets of their owner's endpoints by this name.",
      example: "<service>.alice--shop.svc.cluster.local",
    }),
    limits: amounts.openapi({ description: "What runs in it may use, together." }),
    deletingUntil: z
      .string()
      .nullable()
      .openapi({ description: "Until when its deletion can be undone." }),
    standing: standingSchema,
    usage: amounts
      .nullable()
      .openapi({ description: "As Kubernetes counted it last; null: not known." }),
  })
  .openapi("Namespace");
const dryNamespace = json(dryRunSchemaOf(namespaceSchema), "What would happen (`dryRun`).");
const changedNamespace = json(
  z.union([namespaceSchema, dryRunSchemaOf(namespaceSchema)]),
  "The namespace; with `dryRun`, what would happen.",
);
const limit = (most: number, least = 0) =>
  z.number().int().min(least).max(most).nullable().optional().openapi({
    description: "Null: as the configuration has it.",
  });

const tags = ["namespaces"];
const list = createRoute({
  method: "get",
  path: "/namespaces",
  summary: "Namespaces: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: { query: listQuery.extend({ owner: ownerFilter }) },
  responses: { 200: json(pageSchemaOf(namespaceSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/namespaces/{id}",
  summary: "One namespace, and how it stands",
  tags,
  security,
  request: { params: idParams },
  responses: { 200: json(namespaceSchema, "The namespace."), ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/namespaces",
  summary: "Make a namespace",
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
          description: "Without the owner's name, which is put before it.",
          example: "shop",
        }),
      }),
    ),
  },
  responses: {
    201: json(namespaceSchema, "The namespace."),
    200: dryNamespace,
    ...changeProblems,
  },
});
const update = createRoute({
  method: "patch",
  path: "/namespaces/{id}",
  summary: "Set what a namespace may use (admins)",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: idParams,
    query: changeQuery,
    body: body(
      z.strictObject({
        cpu: limit(10_000_000, 1),
        memory: limit(100_000_000, 1),
        pods: limit(10_000),
        storage: limit(1_000_000),
      }),
    ),
  },
  responses: { 200: changedNamespace, ...changeProblems },
});
const remove = createRoute({
  method: "delete",
  path: "/namespaces/{id}",
  summary: "Close a namespace; it is deleted with all that is in it after some days",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: idParams,
    query: changeQuery.extend({
      name: z.string().max(100).openapi({ description: "Its whole name, to be sure." }),
    }),
  },
  responses: { 200: changedNamespace, ...changeProblems },
});
const restore = createRoute({
  method: "post",
  path: "/namespaces/{id}/restore",
  summary: "Undo a namespace's deletion, while there is time",
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
  responses: { 200: changedNamespace, ...changeProblems },
});

type View = z.infer<typeof namespaceSchema>;

/** `/namespaces`. */
export function namespaces(services: Services) {
  const { ledger, config } = services;
  const tenancy = tenancyOf(config);
  const beside = async (ids?: readonly string[]): Promise<Beside<NamespaceUsage>> => {
    const module = services.modules().namespaces;
    const usage = (await module?.usage()) ?? new Map<string, never>();
    return { usage, standings: await standingsOf(module?.standings, "namespace", ids) };
  };
  const view = (
    namespace: Namespace,
    state: State,
    { standings, usage }: Beside<NamespaceUsage>,
  ): View => {
    const { id, name, deleting } = namespace;
    return {
      id,
      revision: namespace.revision,
      createdAt: namespace.createdAt,
      owner: namespace.owner,
      ownerName: nameOf(state, namespace.owner),
      name,
      hosts: [...tenancy.hostsOf(heldLabels(state, namespace.owner))],
      services: `<service>.${name}.svc.${config.namespaces.clusterDomain}`,
      limits: limitsOf(tenancy, namespace),
      deletingUntil: deleting?.until ?? null,
      standing: namespaceStanding(namespace, standings.get(id)),
      usage: usage.get(name) ?? null,
    };
  };
  const settle = async (
    context: ApiContext,
    id: string,
    plan: Omit<Plan<Namespace, View>, "show">,
  ) => {
    const module = requireNamespaces(services);
    return settled(context, services, plan, {
      settle: (commit) => module.settleNamespace(id, commit),
      find: (made) => ledger.state.namespaces.get(made),
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
        state.namespaces,
        (owner) => state.namespacesByOwner.get(owner) ?? [],
      );
      const page = paginate("namespaces", query, keys, (id) => {
        const namespace = state.namespaces.get(id);
        return namespace === undefined ? undefined : view(namespace, state, known);
      });
      return context.json(page, 200);
    })
    .openapi(read, async (context) => {
      const { id } = context.req.valid("param");
      const found = ledger.state.namespaces.get(id);
      const actor = context.get("actor");
      authorise(ledger.state, actor, "namespace.read", found?.owner ?? null, "namespace");
      if (found === undefined) throw new Refusal("not_found", "There is no such namespace.");
      return context.json(view(found, ledger.state, await beside([id])), 200);
    })
    .openapi(create, async (context) => {
      const given = context.req.valid("json");
      const owner = given.owner ?? context.get("actor").owner ?? "";
      const id = newId("ns", services.now());
      const done = await settle(context, id, {
        status: 201,
        decide: (state, decided) =>
          createNamespace(state, decided, { id, owner, name: given.name }),
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/namespaces/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(update, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, limits: context.req.valid("json"), ifMatch: ifMatch(context) };
      const done = await settle(context, id, {
        status: 200,
        decide: (state, decided) => limitNamespace(state, decided, input),
      });
      return context.json(done.body, 200);
    })
    .openapi(remove, async (context) => {
      const { id } = context.req.valid("param");
      const { name } = context.req.valid("query");
      const input = { id, name, ifMatch: ifMatch(context) };
      const done = await settle(context, id, {
        status: 200,
        decide: (state, decided) => deleteNamespace(state, decided, input),
      });
      return context.json(done.body, 200);
    })
    .openapi(restore, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ...context.req.valid("json"), ifMatch: ifMatch(context) };
      const done = await settle(context, id, {
        status: 200,
        decide: (state, decided) => restoreNamespace(state, decided, input),
      });
      return context.json(done.body, 200);
    });
}
