import { createRoute, z } from "@hono/zod-openapi";
import type { Page } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import type { State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { hostRoutes } from "../traefik/table.ts";
import { readHeaders } from "./change.ts";
import { isFresh } from "./conditional.ts";
import { idParams, json, notModified, resource, security } from "./contract.ts";
import type { Services } from "./deps.ts";
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
    state: z.enum(["routed", "suspended", "set-aside", "conflict", "shadowed"]),
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
    query: listQuery.extend({ owner: ownerFilter, host: z.string().max(300).optional() }),
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

/** `/pages`. */
export function pages(services: Services) {
  const { ledger, rules, table } = services;
  const view = (page: Page, state: State): z.infer<typeof pageSchema> => {
    const { routes, unrouted } = hostRoutes(state, table, page.host);
    const entry = unrouted.find(({ kind, id }) => kind === "page" && id === page.id);
    const isRouted = routes.some(
      ({ service }) => service.kind === "pages" && service.page?.id === page.id,
    );
    const off = rules.pagesEnabled ? undefined : "GitLab Pages sites are not routed here.";
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
      state: entry?.state ?? (isRouted ? "routed" : off === undefined ? "suspended" : "set-aside"),
      reason: entry?.reason ?? off ?? null,
      by: entry?.by ?? null,
    };
  };
  return resource()
    .openapi(list, (context) => {
      const { state } = ledger;
      const actor = context.get("actor");
      requireReading(actor);
      const query = context.req.valid("query");
      const host = query.host?.toLowerCase();
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
        return view(page, state);
      });
      return context.json(found, 200);
    })
    .openapi(read, (context) => {
      const { state } = ledger;
      const page = state.pages.get(context.req.valid("param").id);
      authorise(state, context.get("actor"), "page.read", page?.owner ?? null, "page");
      if (page === undefined) throw new Refusal("not_found", "There is no such page.");
      const shown = view(page, state);
      return isFresh(context, shown) ? context.body(null, 304) : context.json(shown, 200);
    });
}
