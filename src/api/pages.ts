import { createRoute, z } from "@hono/zod-openapi";
import { PAGE_SOURCES, type Page } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { Held } from "../gitlab-pages/runs.ts";
import { PAGE_STATES, pageStandings, type PageStanding } from "../traefik/page-standing.ts";
import { readHeaders } from "./change.ts";
import { isFresh } from "./conditional.ts";
import { idParams, json, notModified, resource, security } from "./contract.ts";
import type { Services } from "./services.ts";
import {
  listQuery,
  ownerFilter,
  pageSchemaOf,
  paginate,
  requireReading,
  visibleKeys,
} from "./list.ts";
import { readProblems } from "./problem.ts";
import { nameOf, urlOf } from "./routing.ts";

const pageSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    project: z.number().int().openapi({ description: "GitLab's project id." }),
    projectPath: z.string(),
    owner: z.string().nullable(),
    ownerName: z.string().nullable(),
    host: z.string(),
    path: z.string(),
    url: z.string(),
    accessControl: z.boolean(),
    namespace: z
      .number()
      .int()
      .nullable()
      .openapi({ description: "GitLab's id of the namespace at the top." }),
    serves: z.enum(["site", "redirect"]).openapi({
      description: "`redirect`: visitors are sent on to the domain that is the site's own.",
    }),
    source: z.enum(PAGE_SOURCES).openapi({ description: "What the record was last written for." }),
    lastSeen: z
      .string()
      .nullable()
      .openapi({ description: "When GitLab was last read completely and had it." }),
    state: z.enum(PAGE_STATES),
    reason: z.string().nullable(),
    by: z.string().nullable().openapi({ description: "The route that stands in its place." }),
  })
  .openapi("Page");

const tags = ["pages"];
const list = createRoute({
  method: "get",
  path: "/pages",
  summary: "GitLab Pages sites: all for an admin, else one's own and one's groups'",
  tags,
  security,
  request: {
    query: listQuery.extend({
      owner: ownerFilter,
      host: z.string().max(300).optional(),
      state: z.enum(PAGE_STATES).optional(),
    }),
  },
  responses: { 200: json(pageSchemaOf(pageSchema), "One page."), ...readProblems },
});
const read = createRoute({
  method: "get",
  path: "/pages/{id}",
  summary: "One GitLab Pages site",
  tags,
  security,
  parameters: readHeaders,
  request: { params: idParams },
  responses: { 200: json(pageSchema, "The site."), 304: notModified, ...readProblems },
});

/** What the replicas know of the sync. */
interface Known {
  readonly held: Held | undefined;
  readonly projects: ReadonlySet<number>;
  readonly completeAt: string | null;
}

/** `/pages`. */
export function pages(services: Services) {
  const { ledger, rules, table, gitlabPages } = services;
  const known = async (): Promise<Known> => {
    const records = gitlabPages?.()?.records;
    const [held, status] = await Promise.all([records?.held(), records?.status()]);
    return {
      held,
      projects: new Set(held?.projects),
      completeAt: status?.completeAt ?? null,
    };
  };
  const view = (
    page: Page,
    state: State,
    gitlab: Known,
    standingOf: (page: Page) => PageStanding,
  ): z.infer<typeof pageSchema> => {
    const isHeld = gitlab.projects.has(page.project);
    return {
      id: page.id,
      revision: page.revision,
      createdAt: page.createdAt,
      project: page.project,
      projectPath: page.projectPath,
      owner: page.owner,
      ownerName: nameOf(state, page.owner),
      host: page.host,
      path: page.path,
      url: urlOf(rules, page.host, page.path, true),
      accessControl: page.accessControl,
      namespace: page.namespace,
      serves: page.serves,
      source: page.source,
      lastSeen: isHeld ? (gitlab.held?.since ?? null) : gitlab.completeAt,
      ...standingOf(page),
    };
  };
  return resource()
    .openapi(list, async (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const host = query.host?.toLowerCase();
      const gitlab = await known();
      const standingOf = pageStandings(state, table, gitlab.projects);
      const keys = visibleKeys(
        state,
        actor,
        query.owner,
        state.pages,
        (owner) => state.pagesByOwner.get(owner) ?? [],
      );
      const found = paginate("pages", query, keys, (id) => {
        const page = state.pages.get(id);
        if (page === undefined || (host !== undefined && page.host !== host)) return undefined;
        const shown = view(page, state, gitlab, standingOf);
        return query.state === undefined || shown.state === query.state ? shown : undefined;
      });
      return context.json(found, 200);
    })
    .openapi(read, async (context) => {
      const { state } = ledger;
      const page = state.pages.get(context.req.valid("param").id);
      authorise(state, context.get("actor"), "page.read", page?.owner ?? null, "page");
      if (page === undefined) throw new Refusal("not_found", "There is no such page.");
      const gitlab = await known();
      const shown = view(page, state, gitlab, pageStandings(state, table, gitlab.projects));
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    });
}
