import { createRoute, z } from "@hono/zod-openapi";
import { authorise } from "../domain/policy.ts";
import { ACCOUNT, NAMESPACE, SECRET } from "../namespaces/objects.ts";
import type { Namespaces } from "../namespaces/module.ts";
import { rightsOf } from "../namespaces/rights.ts";
import { listAll } from "../namespaces/steps.ts";
import type { Standing } from "../reconcile/standing.ts";
import { Trouble } from "../reconcile/trouble.ts";
import { json, resource, security } from "./contract.ts";
import { readProblems } from "./problem.ts";
import type { Services } from "./services.ts";

const statusSchema = z
  .object({
    enabled: z.boolean(),
    ok: z.boolean(),
    findings: z.array(z.object({ ok: z.boolean(), message: z.string() })),
  })
  .openapi("NamespaceStatus");

const status = createRoute({
  method: "get",
  path: "/namespaces/status",
  summary: "Whether Kubernetes answers and lets the console work, and what stands wrong (admins)",
  tags: ["namespaces"],
  security,
  responses: { 200: json(statusSchema, "How it stands."), ...readProblems },
});

type Finding = z.infer<typeof statusSchema>["findings"][number];
const WRONG_SHOWN = 50;

/** `/namespaces/status`. */
export function namespaceStatus(services: Services) {
  const { ledger } = services;
  return resource().openapi(status, async (context) => {
    authorise(ledger.state, context.get("actor"), "namespace.adopt", null, "namespace");
    const module = services.modules().namespaces;
    if (module === undefined) {
      const message = "There are no namespaces here: namespaces.enabled is off.";
      return context.json({ enabled: false, ok: true, findings: [{ ok: true, message }] }, 200);
    }
    const findings = [...(await findingsAt(module)), ...(await wrongIn(module))];
    return context.json({ enabled: true, ok: findings.every(({ ok }) => ok), findings }, 200);
  });

  async function findingsAt(module: Namespaces): Promise<Finding[]> {
    const { cluster, system } = module;
    try {
      const version = await system.call((signal) => cluster.version(signal));
      const answers = { ok: true, message: `${cluster.name} answers, version ${version}.` };
      const allowed = await rights(module);
      // Without its rights it cannot look further.
      return allowed.ok ? [answers, allowed, await strangers(module)] : [answers, allowed];
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      return [{ ok: false, message: error.message }];
    }
  }

  async function rights({ cluster, system, tenancy }: Namespaces): Promise<Finding> {
    const lacking: string[] = [];
    for (const right of rightsOf(tenancy.layout)) {
      const has = await system.call((signal) => cluster.may(right, signal));
      if (!has) lacking.push(`${right.verb} ${right.resource}`);
    }
    return {
      ok: lacking.length === 0,
      message:
        lacking.length === 0
          ? "The console has all the rights there that it needs."
          : `The console lacks rights there: ${lacking.join(", ")}. Apply what "tardis-console kubernetes manifests" prints.`,
    };
  }

  async function strangers({ cluster, system, tenancy }: Namespaces): Promise<Finding> {
    const { layout } = tenancy;
    const { state } = ledger;
    const marked = await listAll(cluster, NAMESPACE, { label: layout.tenant }, system.call);
    const own = { namespace: layout.consoleNamespace, label: layout.access };
    const accounts = await listAll(cluster, ACCOUNT, own, system.call);
    const secrets = await listAll(cluster, SECRET, own, system.call);
    const idOf = (one: (typeof marked)[number]) => one.metadata.annotations?.[layout.id] ?? "";
    const unknown =
      [...marked, ...accounts].filter((one) => !state.namespaces.has(idOf(one))).length +
      secrets.filter((one) => !state.kubeconfigs.has(idOf(one))).length;
    return {
      ok: unknown === 0,
      message:
        unknown === 0
          ? "Everything there with the console's mark is a namespace's or a kubeconfig's."
          : `${unknown} things there carry the console's mark (namespaces.prefix) that it does not know: they are not touched. Remove them by hand if nobody needs them.`,
    };
  }

  async function wrongIn(module: Namespaces): Promise<Finding[]> {
    const { namespaces, kubeconfigs } = ledger.state;
    const stand = async (
      kind: "namespace" | "kubeconfig",
      name: (id: string) => string | undefined,
    ) =>
      [...(await module.standings.all(kind).catch(() => new Map<string, Standing>()))]
        .filter(([, { state, tries }]) => state === "stuck" || state === "conflict" || tries > 0)
        .flatMap(([id, { state, why }]): Finding[] => {
          const known = name(id);
          return known === undefined
            ? []
            : [{ ok: false, message: `${known} (${id}): ${state}. ${why ?? ""}` }];
        });
    const wrong = [
      ...(await stand("namespace", (id) => namespaces.get(id)?.name)),
      ...(await stand("kubeconfig", (id) => kubeconfigs.get(id)?.name)),
    ];
    if (wrong.length > WRONG_SHOWN) {
      const more = { ok: false, message: `${wrong.length - WRONG_SHOWN} more are not right.` };
      return [...wrong.slice(0, WRONG_SHOWN), more];
    }
    return wrong;
  }
}
