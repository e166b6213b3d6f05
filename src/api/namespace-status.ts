import { createRoute } from "@hono/zod-openapi";
import { authorise } from "../domain/policy.ts";
import { lookAtCluster, namesIn } from "../namespaces/doctor.ts";
import { lookAtStandings } from "../reconcile/look.ts";
import { json, resource, security } from "./contract.ts";
import { listener, statusSchemaOf } from "./findings.ts";
import { readProblems } from "./problem.ts";
import type { Services } from "./services.ts";

const status = createRoute({
  method: "get",
  path: "/namespaces/status",
  summary: "Whether Kubernetes answers and lets the console work, and what stands wrong (admins)",
  tags: ["namespaces"],
  security,
  responses: { 200: json(statusSchemaOf("NamespaceStatus"), "How it stands."), ...readProblems },
});

/** `/namespaces/status`: what the doctor finds of namespaces, through the module that runs. */
export function namespaceStatus(services: Services) {
  const { ledger } = services;
  return resource().openapi(status, async (context) => {
    authorise(ledger.state, context.get("actor"), "namespace.adopt", null, "namespace");
    const module = services.modules().namespaces;
    if (module === undefined) {
      const message = "There are no namespaces here: namespaces.enabled is off.";
      return context.json({ enabled: false, ok: true, findings: [{ ok: true, message }] }, 200);
    }
    const { cluster, system, standings, tenancy } = module;
    const { look, findings } = listener();
    await lookAtCluster(look, cluster, { tenancy, call: system.call }, ledger.state);
    await lookAtStandings(look, standings, namesIn(ledger.state));
    return context.json({ enabled: true, ok: findings.every(({ ok }) => ok), findings }, 200);
  });
}
