import { createRoute, z } from "@hono/zod-openapi";
import { authorise, sees, type Actor } from "../domain/policy.ts";
import { pagesOfProject } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { GitLabError } from "../gitlab-pages/client/error.ts";
import { heldSchema, type SyncRun, syncRunSchema } from "../gitlab-pages/runs.ts";
import { PAGE_STATES, pageStandings } from "../traefik/page-standing.ts";
import { body, idParams, json, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import { listQuery, pageSchemaOf, paginate } from "./list.ts";
import { changeProblems, readProblems } from "./problem.ts";
import { urlOf } from "./routing.ts";

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
const projectSchema = z
  .object({
    project: z.number().int(),
    projectPath: z.string(),
    state: z.enum([
      "deployed",
      "not-deployed",
      "hidden",
      "leaving",
      "excluded",
      "withheld",
      "unclear",
      "gone",
    ]),
    reason: z.string().openapi({ description: "What GitLab says of it, in a sentence." }),
    places: z.array(
      z.object({
        url: z.string(),
        state: z.enum(PAGE_STATES),
        reason: z.string().nullable(),
      }),
    ),
    revision: z.number().int(),
  })
  .openapi("ProjectSync");

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

const SAID: Record<z.infer<typeof projectSchema>["state"], string> = {
  deployed: "GitLab serves it.",
  "not-deployed":
    "GitLab has no deployment of it: no job has published a site yet, or it expired or was removed.",
  hidden: "Its Pages are switched off in GitLab.",
  leaving: "It is scheduled for deletion.",
  excluded: "The configuration excludes it (gitlab.exclude).",
  withheld: "GitLab does not show it now, or fails at it; what is served stays as it is.",
  unclear: "It moved while it was read; try again shortly.",
  gone: "GitLab has no such project.",
};

/** `/pages/sync` and `/pages/sync-runs`. */
export function pageSyncs(services: Services) {
  const { ledger, rules, table, limits, gitlabPages } = services;
  const required = () => {
    const found = gitlabPages?.();
    if (found !== undefined) return found;
    throw new Refusal(
      "unavailable",
      "GitLab is not read here: gitlab.enabled is off, or no console runs.",
    );
  };
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
      const known = pagesOfProject(ledger.state, project);
      const owners = known.map(({ owner }) => owner);
      const isSeen = (owner: string | null) => sees(ledger.state, actor, owner);
      const mayAsk = (those: readonly (string | null)[]) => {
        const own = those.find(isSeen) ?? those[0] ?? null;
        authorise(ledger.state, actor, "page.sync", own, "project");
      };
      // Whose it is, if nothing is known of it yet, only GitLab can tell. A stranger's that is known
      // goes the same way, or one could tell that it is there.
      mayAsk(owners.some(isSeen) || actor.owner === null ? owners : [actor.owner]);
      await limits.spendChange(ledger.state, actor);
      const outcome = await inWords(actor, () =>
        required().syncProject(project, actor, (owner) => mayAsk([owner, ...owners])),
      );
      const pages = pagesOfProject(ledger.state, project).filter(({ owner }) => isSeen(owner));
      const { revision } = outcome;
      // What was theirs and is another's now is gone for them: where it went is not theirs to know.
      const isTheirs = isSeen(outcome.owner);
      const isUnknown = outcome.read !== "gone" && outcome.read.namespace === undefined;
      const read = isTheirs || isUnknown ? outcome.read : "gone";
      const state: keyof typeof SAID = read === "gone" ? "gone" : read.state;
      const before = known.find(({ owner }) => isSeen(owner));
      const projectPath = isTheirs && read !== "gone" ? read.projectPath : before?.projectPath;
      const held = await required().records.heldProjects();
      const standingOf = pageStandings(ledger.state, table, held);
      return context.json(
        {
          project,
          projectPath: projectPath ?? "",
          state,
          reason: SAID[state],
          places: pages.map((page) => {
            const { state: standing, reason } = standingOf(page);
            const url = urlOf(rules, page.host, page.path, true);
            return { url, state: standing, reason };
          }),
          revision,
        },
        200,
      );
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

/** GitLab's failures as the API tells them: what is wrong with the set-up only to admins. */
async function inWords<T>(actor: Actor, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
    const message = actor.admin ? error.message : "GitLab cannot be read now; try again shortly.";
    throw new Refusal("unavailable", message, { retryAfter: 10, cause: error });
  }
}
