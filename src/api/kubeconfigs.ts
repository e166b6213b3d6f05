import { createRoute, z } from "@hono/zod-openapi";
import { lineField } from "../domain/fields.ts";
import type { Kubeconfig } from "../domain/namespaces.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { drawKubeconfig } from "../namespaces/draw.ts";
import {
  createKubeconfig,
  renewKubeconfig,
  revokeKubeconfig,
} from "../namespaces/verbs/kubeconfigs.ts";
import type { Standing } from "../reconcile/standing.ts";
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
import { standingsOf, takingBack } from "./settled.ts";
import { kubeconfigStanding, standingSchema } from "./standing.ts";

const kubeconfigSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    owner: z.string(),
    ownerName: z.string().nullable(),
    namespace: z.string(),
    namespaceName: z.string().nullable(),
    name: z.string(),
    expiresAt: z
      .string()
      .nullable()
      .openapi({ description: "When its token runs out; null before one was issued." }),
    standing: standingSchema,
  })
  .openapi("Kubeconfig");
const newKubeconfigSchema = kubeconfigSchema
  .extend({
    file: z.string().optional().openapi({
      description:
        "What kubectl takes as its configuration, with the token. Shown this once: whoever loses it renews it.",
    }),
  })
  .openapi("NewKubeconfig");
const dryKubeconfig = json(dryRunSchemaOf(newKubeconfigSchema), "What would happen (`dryRun`).");
const daysField = z.number().int().min(1).max(365).optional().openapi({
  description: "How long its token is good for; as long as may be by itself.",
});

const tags = ["namespaces"];
const list = createRoute({
  method: "get",
  path: "/kubeconfigs",
  summary: "Kubeconfigs: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: { query: listQuery.extend({ owner: ownerFilter }) },
  responses: { 200: json(pageSchemaOf(kubeconfigSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/kubeconfigs/{id}",
  summary: "One kubeconfig, without its token",
  tags,
  security,
  request: { params: idParams },
  responses: { 200: json(kubeconfigSchema, "The kubeconfig."), ...readProblems },
});
const create = createRoute({
  method: "post",
  path: "/kubeconfigs",
  summary: "Make a kubeconfig for a namespace; it is shown once",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(
      z.strictObject({
        namespace: z.string().max(100).openapi({ description: "The namespace's id or name." }),
        name: lineField.min(1),
        days: daysField,
      }),
    ),
  },
  responses: {
    201: json(newKubeconfigSchema, "The kubeconfig, with its file."),
    200: dryKubeconfig,
    ...changeProblems,
  },
});
const renew = createRoute({
  method: "post",
  path: "/kubeconfigs/{id}/renew",
  summary: "Give a kubeconfig another token; the old one ends once the new one works",
  tags,
  security,
  parameters: conditionalHeaders,
  request: {
    params: idParams,
    query: changeQuery,
    body: body(z.strictObject({ days: daysField })),
  },
  responses: {
    200: json(
      z.union([newKubeconfigSchema, dryRunSchemaOf(newKubeconfigSchema)]),
      "The kubeconfig, with its new file.",
    ),
    ...changeProblems,
  },
});
const revoke = createRoute({
  method: "delete",
  path: "/kubeconfigs/{id}",
  summary: "End a kubeconfig's token",
  tags,
  security,
  parameters: conditionalHeaders,
  request: { params: idParams, query: changeQuery },
  responses: { 200: dryRemoval, 204: removed, ...changeProblems },
});

/** `/kubeconfigs`. */
export function kubeconfigs(services: Services) {
  const { ledger } = services;
  const view = (one: Kubeconfig, state: State, standing: Standing | undefined) => ({
    id: one.id,
    revision: one.revision,
    createdAt: one.createdAt,
    owner: one.owner,
    ownerName: nameOf(state, one.owner),
    namespace: one.namespace,
    namespaceName: state.namespaces.get(one.namespace)?.name ?? null,
    name: one.name,
    expiresAt: one.expiresAt ?? null,
    standing: kubeconfigStanding(one, standing),
  });

  /** Has a token issued, and noted as given out, before it is shown. */
  async function draw(context: ApiContext, id: string, status: number, decide: Decide<Kubeconfig>) {
    const module = requireNamespaces(services);
    let isAsked = false;
    const commit = () =>
      change(context, services, {
        status,
        decide,
        show: (one, state): z.infer<typeof newKubeconfigSchema> => {
          isAsked = true;
          return view(one, state, undefined);
        },
      });
    if (context.req.query("dryRun") === "true") return commit();
    // Refused first, where it would be: the cluster is asked for nobody who may not.
    await refuseFirst(context, services, decide);
    const { done, given } = await drawKubeconfig({ module, ledger }, id, commit, () => isAsked);
    if (done.dry) return done;
    if (given === undefined) {
      // A repeat: what it speaks of may have come to nothing, and not be taken away yet.
      const begun = ledger.state.kubeconfigs.get(done.body.id);
      if (begun !== undefined && (!begun.issued || begun.next !== undefined))
        throw takingBack("kubeconfig");
      return done;
    }
    const { kubeconfig, file, outcome } = given;
    return { dry: false as const, body: { ...view(kubeconfig, ledger.state, outcome), file } };
  }

  return resource()
    .openapi(list, async (context) => {
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const standings = await standingsOf(services.modules().namespaces?.standings, "kubeconfig");
      const { state } = ledger;
      const ids = visibleKeys(
        state,
        actor,
        query.owner,
        state.kubeconfigs,
        (owner) => state.kubeconfigsByOwner.get(owner) ?? [],
      );
      const page = paginate("kubeconfigs", query, ids, (id) => {
        const one = state.kubeconfigs.get(id);
        return one === undefined ? undefined : view(one, state, standings.get(id));
      });
      return context.json(page, 200);
    })
    .openapi(read, async (context) => {
      const { id } = context.req.valid("param");
      const one = ledger.state.kubeconfigs.get(id);
      const actor = context.get("actor");
      authorise(ledger.state, actor, "kubeconfig.read", one?.owner ?? null, "kubeconfig");
      if (one === undefined) throw new Refusal("not_found", "There is no such kubeconfig.");
      const standing = await services.modules().namespaces?.standings.get(`kubeconfig/${id}`);
      return context.json(view(one, ledger.state, standing), 200);
    })
    .openapi(create, async (context) => {
      const { namespace, name, days } = context.req.valid("json");
      const id = newId("kcfg", services.now());
      const done = await draw(context, id, 201, (state, decided) => {
        const into = state.namespaces.has(namespace)
          ? namespace
          : (state.namespacesByName.get(namespace) ?? namespace);
        return createKubeconfig(state, decided, { id, namespace: into, name, days });
      });
      if (done.dry) return context.json(done.body, 200);
      context.header("Location", `/api/v1/kubeconfigs/${done.body.id}`);
      return context.json(done.body, 201);
    })
    .openapi(renew, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ...context.req.valid("json"), ifMatch: ifMatch(context) };
      const done = await draw(context, id, 200, (state, decided) =>
        renewKubeconfig(state, decided, input),
      );
      return context.json(done.body, 200);
    })
    .openapi(revoke, async (context) => {
      const { id } = context.req.valid("param");
      const input = { id, ifMatch: ifMatch(context) };
      const module = requireNamespaces(services);
      const commit = () =>
        change(context, services, {
          status: 204,
          decide: (state, decided) => revokeKubeconfig(state, decided, input),
          show: () => null,
        });
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return dry.dry ? context.json(dry.body, 200) : context.body(null, 204);
      }
      await refuseFirst(context, services, (state, decided) =>
        revokeKubeconfig(state, decided, input),
      );
      await module.settleKubeconfig(id, commit, undefined);
      return context.body(null, 204);
    });
}
