import { createRoute, z } from "@hono/zod-openapi";
import type { Namespace } from "../domain/namespaces.ts";
import { authorise } from "../domain/policy.ts";
import { Refusal } from "../errors.ts";
import type { KubeObject } from "../namespaces/cluster.ts";
import type { Namespaces } from "../namespaces/module.ts";
import { planNamespace, type SeenNamespace } from "../namespaces/namespace-plan.ts";
import { BINDING, INGRESS, LIMITS, NAMESPACE, POLICY, QUOTA } from "../namespaces/objects.ts";
import { listAll } from "../namespaces/steps.ts";
import { adoptNamespace } from "../namespaces/verbs/namespaces.ts";
import { heldLabels } from "../owners/labels.ts";
import { Trouble } from "../reconcile/trouble.ts";
import { newId } from "../store/ledger.ts";
import { change, changeHeaders, changeQuery, dryRunSchemaOf } from "./change.ts";
import { body, json, resource, security } from "./contract.ts";
import { listQuery, pageSchemaOf, paginate } from "./list.ts";
import { requireNamespaces } from "./modules.ts";
import { changeProblems, readProblems } from "./problem.ts";
import type { Services } from "./services.ts";

const foundSchema = z
  .object({ name: z.string(), createdAt: z.string() })
  .openapi("AdoptableNamespace");
const adoptedSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    owner: z.string(),
    name: z.string(),
    steps: z.array(z.string()).openapi({
      description:
        "What is done to the namespace so that it is as the console has it; what runs in it goes on.",
    }),
  })
  .openapi("AdoptedNamespace");

const tags = ["namespaces"];
const list = createRoute({
  method: "get",
  path: "/namespaces/adoptable",
  summary: "Namespaces that the cluster's admin has labelled to be taken over (admins)",
  tags,
  security,
  request: { query: listQuery },
  responses: { 200: json(pageSchemaOf(foundSchema), "One page."), ...readProblems },
});
const adopt = createRoute({
  method: "post",
  path: "/namespaces/adopt",
  summary:
    "Take over a namespace that was there before; with `dryRun`, see first what it does (admins)",
  tags,
  security,
  parameters: changeHeaders,
  request: {
    query: changeQuery,
    body: body(z.strictObject({ name: z.string().max(63), owner: z.string().max(100) })),
  },
  responses: {
    201: json(adoptedSchema, "The namespace."),
    200: json(dryRunSchemaOf(adoptedSchema), "What would happen (`dryRun`)."),
    ...changeProblems,
  },
});

/** `/namespaces/adopt` and `/namespaces/adoptable`. */
export function namespaceAdoption(services: Services) {
  const { ledger, now } = services;

  return resource()
    .openapi(list, async (context) => {
      authorise(ledger.state, context.get("actor"), "namespace.adopt", null, "namespace");
      const module = requireNamespaces(services);
      const { adoptable } = module.tenancy.layout;
      const found = await asked(() =>
        listAll(module.cluster, NAMESPACE, { label: `${adoptable}=true` }, module.system.call),
      );
      const byName = new Map(
        found
          .filter(({ metadata }) => !ledger.state.namespacesByName.has(metadata.name))
          .map(({ metadata }) => [metadata.name, metadata.creationTimestamp ?? ""]),
      );
      const names = [...byName.keys()].toSorted();
      const page = paginate("adoptable", context.req.valid("query"), names, (name) => ({
        name,
        createdAt: byName.get(name) ?? "",
      }));
      return context.json(page, 200);
    })
    .openapi(adopt, async (context) => {
      authorise(ledger.state, context.get("actor"), "namespace.adopt", null, "namespace");
      const module = requireNamespaces(services);
      const { name, owner } = context.req.valid("json");
      const seen = await asked(() => seenAt(module, name));
      requireAdoptable(module, name, seen.namespace);
      const id = newId("ns", now());
      const input = { id, owner, name, uid: seen.namespace?.metadata.uid ?? "" };
      const commit = () =>
        change(context, services, {
          status: 201,
          decide: (state, decided) => adoptNamespace(state, decided, input),
          show: (namespace, state) => ({
            id: namespace.id,
            revision: namespace.revision,
            owner: namespace.owner,
            name,
            steps: stepsOf(module, namespace, heldLabels(state, namespace.owner), seen),
          }),
        });
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return dry.dry ? context.json(dry.body, 200) : context.json(dry.body, 201);
      }
      const { done } = await module.settleNamespace(id, commit);
      return done.dry ? context.json(done.body, 200) : context.json(done.body, 201);
    });

  function stepsOf(
    { tenancy }: Namespaces,
    namespace: Namespace,
    labels: ReturnType<typeof heldLabels>,
    seen: SeenNamespace,
  ): string[] {
    const planned = { tenancy, hosts: tenancy.hostsOf(labels), suspended: false, now: now() };
    const plan = planNamespace(namespace, planned, seen);
    return "steps" in plan ? plan.steps.map(({ what }) => what) : [];
  }
}

/** @throws Refusal when the cluster does not answer */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    throw new Refusal("unavailable", error.message, { retryAfter: 10 });
  }
}

/** What a namespace that nobody has yet is like. */
async function seenAt({ cluster, system }: Namespaces, name: string): Promise<SeenNamespace> {
  const { call } = system;
  const namespace = await call((signal) => cluster.read({ ...NAMESPACE, name }, signal));
  const lists = await Promise.all(
    [QUOTA, LIMITS, POLICY, BINDING, INGRESS].map((type) =>
      listAll(cluster, type, { namespace: name }, call),
    ),
  );
  return { namespace, account: undefined, objects: lists.flat() };
}

/** The cluster's admin says which may be taken over: the console alone must not. */
function requireAdoptable(
  { tenancy }: Namespaces,
  name: string,
  found: KubeObject | undefined,
): void {
  const { adoptable, tenant, consoleNamespace } = tenancy.layout;
  if (found === undefined)
    throw new Refusal("not_found", "Kubernetes has no such namespace.", { field: "name" });
  const labels = found.metadata.labels ?? {};
  if (labels[tenant] !== undefined) {
    throw new Refusal(
      "conflict",
      "It carries a console's mark: take that off first if it is a mistake.",
      {
        field: "name",
      },
    );
  }
  if (labels[adoptable] !== "true" || name === consoleNamespace) {
    throw new Refusal(
      "conflict",
      `The cluster's admin has not given it to the console: kubectl label namespace ${name} ${adoptable}=true`,
      { field: "name" },
    );
  }
}
