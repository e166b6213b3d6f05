import { createRoute, z } from "@hono/zod-openapi";
import { authorise } from "../domain/policy.ts";
import type { Standing } from "../reconcile/standing.ts";
import { Trouble } from "../reconcile/trouble.ts";
import type { Buckets } from "../buckets/module.ts";
import { json, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import { readProblems } from "./problem.ts";

const statusSchema = z
  .object({
    enabled: z.boolean(),
    ok: z.boolean(),
    findings: z.array(z.object({ ok: z.boolean(), message: z.string() })),
  })
  .openapi("BucketStatus");

const status = createRoute({
  method: "get",
  path: "/buckets/status",
  summary: "Whether the storage answers, and what stands wrong (admins)",
  tags: ["buckets"],
  security,
  responses: { 200: json(statusSchema, "How it stands."), ...readProblems },
});

type Finding = z.infer<typeof statusSchema>["findings"][number];
const WRONG_SHOWN = 50;

/** `/buckets/status`. */
export function bucketStatus(services: Services) {
  const { ledger } = services;
  return resource().openapi(status, async (context) => {
    authorise(ledger.state, context.get("actor"), "bucket.adopt", null, "bucket");
    const module = services.modules().buckets;
    if (module === undefined) {
      const message = "There are no buckets here: buckets.enabled is off.";
      return context.json({ enabled: false, ok: true, findings: [{ ok: true, message }] }, 200);
    }
    const findings = [...(await findingsAt(module)), ...(await wrongIn(module))];
    return context.json({ enabled: true, ok: findings.every(({ ok }) => ok), findings }, 200);
  });

  async function findingsAt(module: Buckets): Promise<Finding[]> {
    const { storage, system } = module;
    try {
      const version = await system.call((signal) => storage.version(signal));
      const accounts = await system.call((signal) => storage.accounts(signal));
      const keys = [...ledger.state.bucketKeys.values()];
      const known = new Set(
        keys.flatMap(({ accessKey, next, retired }) => [accessKey, next ?? accessKey, ...retired]),
      );
      const strangers = [...accounts].filter((one) => !known.has(one)).length;
      return [
        { ok: true, message: `${storage.name} answers, version ${version}.` },
        {
          ok: strangers === 0,
          message:
            strangers === 0
              ? "Every account in the console's group there is a key's."
              : `${strangers} accounts are in the console's group there (buckets.prefix) that no key has: they are not touched. Remove them by hand if nobody needs them.`,
        },
      ];
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      return [{ ok: false, message: error.message }];
    }
  }

  async function wrongIn(module: Buckets): Promise<Finding[]> {
    const { buckets, bucketKeys } = ledger.state;
    const stand = async (kind: "bucket" | "bucketKey", name: (id: string) => string | undefined) =>
      [...(await module.standings.all(kind).catch(() => new Map<string, Standing>()))]
        .filter(([, { state, tries }]) => state === "stuck" || state === "conflict" || tries > 0)
        .flatMap(([id, { state, why }]): Finding[] => {
          const known = name(id);
          return known === undefined
            ? []
            : [{ ok: false, message: `${known} (${id}): ${state}. ${why ?? ""}` }];
        });
    const wrong = [
      ...(await stand("bucket", (id) => buckets.get(id)?.name)),
      ...(await stand("bucketKey", (id) => bucketKeys.get(id)?.name)),
    ];
    if (wrong.length > WRONG_SHOWN) {
      const more = { ok: false, message: `${wrong.length - WRONG_SHOWN} more are not right.` };
      return [...wrong.slice(0, WRONG_SHOWN), more];
    }
    return wrong;
  }
}
