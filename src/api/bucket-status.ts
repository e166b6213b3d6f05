import { createRoute } from "@hono/zod-openapi";
import { authorise } from "../domain/policy.ts";
import { lookAtStorage, namesIn } from "../buckets/doctor.ts";
import { lookAtStandings } from "../reconcile/look.ts";
import { json, resource, security } from "./contract.ts";
import { listener, statusSchemaOf } from "./findings.ts";
import type { Services } from "./services.ts";
import { readProblems } from "./problem.ts";

const status = createRoute({
  method: "get",
  path: "/buckets/status",
  summary: "Whether the storage answers, and what stands wrong (admins)",
  tags: ["buckets"],
  security,
  responses: { 200: json(statusSchemaOf("BucketStatus"), "How it stands."), ...readProblems },
});

/** `/buckets/status`: what the doctor finds of buckets, through the module that runs. */
export function bucketStatus(services: Services) {
  const { ledger } = services;
  return resource().openapi(status, async (context) => {
    authorise(ledger.state, context.get("actor"), "bucket.adopt", null, "bucket");
    const module = services.modules().buckets;
    if (module === undefined) {
      const message = "There are no buckets here: buckets.enabled is off.";
      return context.json({ enabled: false, ok: true, findings: [{ ok: true, message }] }, 200);
    }
    const { storage, system, standings } = module;
    const { look, findings } = listener();
    await lookAtStorage(look, storage, system.call, ledger.state);
    await lookAtStandings(look, standings, namesIn(ledger.state));
    return context.json({ enabled: true, ok: findings.every(({ ok }) => ok), findings }, 200);
  });
}
