import { createRoute, z } from "@hono/zod-openapi";
import { adoptableNamespaces, lookAtNamespace } from "../namespaces/adoption.ts";
import type { Namespace } from "../domain/namespaces.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { asSeen, seenField, seenOf, seenShown } from "./adoption.ts";
import { answerOfRepeat, change, changeHeaders, changeQuery, dryRunSchemaOf } from "./change.ts";
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
    seen: seenShown,
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
    body: body(
      z.strictObject({
        name: z.string().max(63),
        owner: z.string().max(100),
        seen: seenField,
      }),
    ),
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
      const found = await adoptableNamespaces(requireNamespaces(services), ledger.state);
      const names = [...found.keys()].toSorted();
      const page = paginate("adoptable", context.req.valid("query"), names, (name) => ({
        name,
        createdAt: found.get(name) ?? "",
      }));
      return context.json(page, 200);
    })
    .openapi(adopt, async (context) => {
      authorise(ledger.state, context.get("actor"), "namespace.adopt", null, "namespace");
      const module = requireNamespaces(services);
      const repeated = await answerOfRepeat<z.infer<typeof adoptedSchema>>(context, services);
      if (repeated !== undefined) return context.json(repeated, 201);
      const { seen, ...asked } = context.req.valid("json");
      const looked = await lookAtNamespace(module, ledger.state, asked, now());
      const { id, createdAt, decide, steps } = looked;
      const seenNow = (namespace: Namespace, state: State) =>
        seenOf(state, namespace, [createdAt, steps(namespace, state)]);
      const commit = () =>
        change(context, services, {
          status: 201,
          decide: asSeen(decide, seen, seenNow),
          show: (namespace: Namespace, state: State) => {
            const { revision, owner, name } = namespace;
            const shown = { steps: [...steps(namespace, state)], seen: seenNow(namespace, state) };
            return { id, revision, owner, name, ...shown };
          },
        });
      if (context.req.query("dryRun") === "true") {
        const dry = await commit();
        return dry.dry ? context.json(dry.body, 200) : context.json(dry.body, 201);
      }
      const { done } = await module.settleNamespace(id, commit);
      return done.dry ? context.json(done.body, 200) : context.json(done.body, 201);
    });
}
