import { createRoute, z } from "@hono/zod-openapi";
import type { Databases } from "../databases/module.ts";
import { authorise } from "../domain/policy.ts";
import { Trouble } from "../reconcile/trouble.ts";
import { json, resource, security } from "./contract.ts";
import { wrongAmong, type Finding } from "./findings.ts";
import { readProblems } from "./problem.ts";
import type { Services } from "./services.ts";

const statusSchema = z
  .object({
    enabled: z.boolean(),
    ok: z.boolean(),
    findings: z.array(z.object({ ok: z.boolean(), message: z.string() })),
  })
  .openapi("DatabaseStatus");

const status = createRoute({
  method: "get",
  path: "/databases/status",
  summary: "Whether the database server answers, and what stands wrong (admins)",
  tags: ["databases"],
  security,
  responses: { 200: json(statusSchema, "How it stands."), ...readProblems },
});

/** `/databases/status`. */
export function databaseStatus(services: Services) {
  const { ledger } = services;
  return resource().openapi(status, async (context) => {
    authorise(ledger.state, context.get("actor"), "database.adopt", null, "database");
    const module = services.modules().databases;
    if (module === undefined) {
      const message = "There are no databases here: databases.enabled is off.";
      return context.json({ enabled: false, ok: true, findings: [{ ok: true, message }] }, 200);
    }
    const { databases, databaseAccounts } = ledger.state;
    const findings = [
      ...(await findingsAt(module)),
      ...(await wrongAmong(module.standings, {
        database: (id) => databases.get(id)?.name,
        databaseAccount: (id) => databaseAccounts.get(id)?.name,
      })),
    ];
    return context.json({ enabled: true, ok: findings.every(({ ok }) => ok), findings }, 200);
  });

  async function findingsAt(module: Databases): Promise<Finding[]> {
    const { server, system, config } = module;
    try {
      const version = await system.call((signal) => server.version(signal));
      const accounts = await system.call((signal) => server.accounts(config.prefix, signal));
      const sessions = await system.call((signal) =>
        server.sessions({ prefix: config.prefix }, signal),
      );
      const { clusterSize } = version;
      return [
        {
          ok: true,
          message: `The database server answers: ${version.product} ${version.version}.`,
        },
        nodesFinding(clusterSize, config.nodes),
        ...sessions.unseen.map((node) => ({
          ok: false,
          message: `The node ${node} does not answer: what is open there cannot be ended.`,
        })),
        strangersFinding([...accounts.keys()], config.prefix),
        ...(version.partialRevokes
          ? [
              {
                ok: false,
                message:
                  "partial_revokes is on: the server takes names in rights as they are, so the console's own `u\\_%` gives it nothing. Turn it off, or give its account ALL ON *.*.",
              },
            ]
          : []),
      ];
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      return [{ ok: false, message: error.message }];
    }
  }

  function strangersFinding(names: readonly string[], prefix: string): Finding {
    const strangers = names.filter((name) => !ledger.state.databaseAccountsByName.has(name)).length;
    return {
      ok: strangers === 0,
      message:
        strangers === 0
          ? `Every account there that begins with ${prefix}. is one of the console's.`
          : `${strangers} accounts there begin with ${prefix}. (databases.prefix) that the console has not made: they are not touched. Remove them by hand if nobody needs them.`,
    };
  }
}

/** Whether all nodes are known on which sessions may have to be ended. */
function nodesFinding(clusterSize: number, nodes: readonly string[]): Finding {
  if (clusterSize === 0 && nodes.length === 0)
    return { ok: true, message: "It stands alone: it is of no cluster." };
  if (clusterSize <= nodes.length) {
    const message = `It is of a cluster of ${clusterSize} nodes; databases.nodes names ${nodes.length}.`;
    return { ok: true, message };
  }
  return {
    ok: false,
    message: `It is of a cluster of ${clusterSize} nodes, and databases.nodes names ${nodes.length}: what is open at the others cannot be ended when somebody is suspended.`,
  };
}
