import { createRoute } from "@hono/zod-openapi";
import { lookAtServer, namesIn } from "../databases/doctor.ts";
import { authorise } from "../domain/policy.ts";
import { lookAtStandings } from "../reconcile/look.ts";
import { json, resource, security } from "./contract.ts";
import { listener, statusSchemaOf } from "./findings.ts";
import { readProblems } from "./problem.ts";
import type { Services } from "./services.ts";

/** How long all nodes together may take. */
const NODES_MS = 5_000;

const status = createRoute({
  method: "get",
  path: "/databases/status",
  summary: "Whether the database server answers, and what stands wrong (admins)",
  tags: ["databases"],
  security,
  responses: { 200: json(statusSchemaOf("DatabaseStatus"), "How it stands."), ...readProblems },
});

/** `/databases/status`: what the doctor finds of databases, through the module that runs. */
export function databaseStatus(services: Services) {
  const { ledger } = services;
  return resource().openapi(status, async (context) => {
    authorise(ledger.state, context.get("actor"), "database.adopt", null, "database");
    const module = services.modules().databases;
    if (module === undefined) {
      const message = "There are no databases here: databases.enabled is off.";
      return context.json({ enabled: false, ok: true, findings: [{ ok: true, message }] }, 200);
    }
    const { server, system, standings, config } = module;
    const { look, findings } = listener();
    const signal = AbortSignal.timeout(NODES_MS);
    const way = { config, call: system.call, signal, now: () => Date.now() };
    await lookAtServer(look, server, way, ledger.state);
    await lookAtStandings(look, standings, namesIn(ledger.state));
    return context.json({ enabled: true, ok: findings.every(({ ok }) => ok), findings }, 200);
  });
}
