import { createRoute, z } from "@hono/zod-openapi";
import { authorise } from "../domain/policy.ts";
import { Refusal } from "../errors.ts";
import { heldSchema, type SyncRun, syncRunSchema } from "../gitlab-pages/runs.ts";
import { body, idParams, json, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import { listQuery, pageSchemaOf, paginate } from "./list.ts";
import { changeProblems, readProblems } from "./problem.ts";
import { projectSchema, readProject, requireGitLab } from "./project-sync.ts";

// Made anew: what was made before this module is loaded knows nothing of OpenAPI.
const runSchema = z.object(syncRunSchema.shape).openapi("SyncRun");
const statusSchema = z
  .object({
    enabled: z.boolean(),
    completeAt: z
      .string()
      .nullable()
      .openapi({ description: "When the last complete read of GitLab began." }),
    error: z.string().nullable().openapi({ description: "What went wrong since." }),
    intervalMinutes: z.number().int(),
    held: z
      .object(heldSchema.shape)
      .nullable()
      .openapi({ description: "Removals that wait for an admin's word." }),
  })
  .openapi("SyncStatus");
const tags = ["pages"];
const status = createRoute({
  method: "get",
  path: "/pages/sync",
  summary: "How the sync with GitLab stands (admins)",
  tags,
  security,
  responses: { 200: json(statusSchema, "How it stands."), ...readProblems },
});
const start = createRoute({
  method: "post",
  path: "/pages/sync",
  summary: "Read GitLab now: everything (admins), or one project of one's own",
  tags,
  security,
  request: {
    body: body(
      z.strictObject({
        project: z.number().int().positive().optional().openapi({
          description: "GitLab's project id; without it, everything is read.",
        }),
      }),
    ),
  },
  responses: {
    200: json(projectSchema, "What the project is now."),
    202: json(runSchema, "The run; `GET /pages/sync-runs/{id}` says how it goes."),
    ...changeProblems,
  },
});
const list = createRoute({
  method: "get",
  path: "/pages/sync-runs",
  summary: "Reads of GitLab, the newest first, with their plans and errors (admins)",
  tags,
  security,
  request: { query: listQuery },
  responses: { 200: json(pageSchemaOf(runSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/pages/sync-runs/{id}",
  summary: "One read of GitLab (admins)",
  tags,
  security,
  request: { params: idParams },
  responses: { 200: json(runSchema, "The run."), ...readProblems },
});
const approve = createRoute({
  method: "post",
  path: "/pages/sync-runs/{id}/approve",
  summary: "Let the removals go that a run holds; GitLab is read once more for it (admins)",
  tags,
  security,
  request: { params: idParams },
  responses: { 202: json(runSchema, "The run that carries it out."), ...changeProblems },
});

/** `/pages/sync` and `/pages/sync-runs`. */
export function pageSyncs(services: Services) {
  const { ledger, gitlabPages } = services;
  const required = () => requireGitLab(services);
  return resource()
    .openapi(status, async (context) => {
      authorise(ledger.state, context.get("actor"), "page.sync-read", null, "sync");
      const records = gitlabPages?.()?.records;
      const { completeAt, error } = (await records?.status()) ?? { completeAt: null, error: null };
      return context.json(
        {
          enabled: services.config.gitlab.enabled,
          completeAt,
          error,
          intervalMinutes: services.config.gitlab.interval,
          held: (await records?.held()) ?? null,
        },
        200,
      );
    })
    .openapi(start, async (context) => {
      const actor = context.get("actor");
      const { project } = context.req.valid("json");
      if (project === undefined) {
        authorise(ledger.state, actor, "page.sync-all", null, "sync");
        return context.json(await required().requestSync(actor), 202);
      }
      return context.json(await readProject(services, actor, project), 200);
    })
    .openapi(list, async (context) => {
      authorise(ledger.state, context.get("actor"), "page.sync-read", null, "sync run");
      const runs = (await gitlabPages?.()?.records.all()) ?? [];
      // The newest first: keys that sort the other way.
      const keyOf = ({ startedAt, id }: SyncRun) =>
        `${String(Number.MAX_SAFE_INTEGER - Date.parse(startedAt)).padStart(16, "0")} ${id}`;
      const byKey = new Map(runs.map((run) => [keyOf(run), run]));
      const keys = [...byKey.keys()].toSorted();
      return context.json(
        paginate("sync-runs", context.req.valid("query"), keys, (key) => byKey.get(key)),
        200,
      );
    })
    .openapi(read, async (context) => {
      authorise(ledger.state, context.get("actor"), "page.sync-read", null, "sync run");
      const run = await gitlabPages?.()?.records.get(context.req.valid("param").id);
      if (run === undefined) throw new Refusal("not_found", "There is no such sync run.");
      return context.json(run, 200);
    })
    .openapi(approve, async (context) => {
      const actor = context.get("actor");
      authorise(ledger.state, actor, "page.sync-all", null, "sync run");
      const { id } = context.req.valid("param");
      return context.json(await required().approve(id, actor), 202);
    });
}
