import { bulkOf } from "./bulk.ts";
import {
  ancestorJson,
  domainJson,
  groupJson,
  memberJson,
  namespaceJson,
  pagesJson,
  projectJson,
  simpleProjectJson,
  userJson,
} from "./entities.ts";
import {
  type ApiRequest,
  type ApiResponse,
  Refusal,
  json,
  notFound,
  parametersOf,
} from "./exchange.ts";
import { answerGraphql } from "./graphql.ts";
import { projectHooksRoute, systemHooksRoute } from "./hooks-api.ts";
import type { Project } from "./model.ts";
import { keysetPage, offsetPage, pageOf } from "./paging.ts";
import { Viewer } from "./viewer.ts";
import type { GitLabWorld } from "./world.ts";

/** How the API answers. */
export interface ApiOptions {
  /** Whether projects carry the forty fields that nobody needs, as the real ones do. */
  readonly bulk?: boolean;
  /** Whether `PUT /hooks/:id` is there, as in newer versions; yes when left out. */
  readonly hooksCanBeChanged?: boolean;
}

/** One request on its way through the routes. */
export interface Asked {
  readonly world: GitLabWorld;
  readonly viewer: Viewer;
  readonly request: ApiRequest;
  readonly options: ApiOptions;
  readonly parameters: Record<string, string>;
}

type Handler = (asked: Asked, ...ids: string[]) => ApiResponse;

/**
 * GitLab's API v4 and GraphQL, as far as a client of Pages asks it: a pure function of the world
 * and the request. Written from GitLab's documentation, "REST API" and the page of each resource,
 * and from the project's reference for what only its source says.
 */
export function answerApi(
  world: GitLabWorld,
  request: ApiRequest,
  options: ApiOptions = {},
): ApiResponse {
  try {
    const { pathname } = new URL(request.url);
    if (pathname === "/api/graphql") return answerGraphql(world, request);
    const parameters = parametersOf(request);
    const viewer = new Viewer(world, request);
    const asked = { world, viewer, request, options, parameters };
    for (const [pattern, handler] of routes) {
      const match = pattern.exec(pathname);
      if (match) return handler(asked, ...match.slice(1).map((id) => decodeURIComponent(id)));
    }
    return json(404, { error: "404 Not Found" });
  } catch (error) {
    if (error instanceof Refusal) return error.response;
    if (error instanceof URIError) return json(400, { error: "400 Bad Request" });
    throw error;
  }
}

const routes: [RegExp, Handler][] = [
  [route("projects"), get(projects, "api", "read_api")],
  [route("projects/:id"), get(project, "api", "read_api")],
  [route("projects/:id/pages"), get(pages, "api", "read_api")],
  [route("projects/:id/pages/domains"), get(projectDomains, "api", "read_api")],
  [route("projects/:id/groups"), get(ancestors, "api", "read_api")],
  [route("projects/:id/hooks"), projectHooksRoute],
  [route("projects/:id/hooks/:hook"), projectHooksRoute],
  [route("pages/domains"), get(allDomains, "api", "read_api")],
  [route("namespaces/:id"), get(namespace, "api", "read_api")],
  [route("groups/:id"), get(group, "api", "read_api")],
  [route("groups/:id/members/all/:user"), get(groupMember, "api", "read_api")],
  [route("users"), get(users, "api", "read_api", "read_user")],
  [route("users/:id"), get(user, "api", "read_api", "read_user")],
  [route("user"), get(self, "api", "read_api", "read_user")],
  [route("version"), get(version, "api", "read_api", "read_user")],
  [route("metadata"), get(metadata, "api", "read_api", "read_user")],
  [route("personal_access_tokens/self"), get(token)],
  [route("hooks"), systemHooksRoute],
  [route("hooks/:hook"), systemHooksRoute],
];

function projects({ world, viewer, request, options, parameters }: Asked): ApiResponse {
  const { archived, visibility, membership, simple, pagination } = parameters;
  const visible = (item: Project) =>
    viewer.canSee(item) &&
    (archived === undefined || String(item.archived) === archived) &&
    (visibility === undefined || item.visibility === visibility) &&
    (membership !== "true" || viewer.isMember(item));
  const items = [...world.projects.values()].filter(visible);
  const page =
    pagination === "keyset" ? keysetPage(request, items) : offsetPage(request, items.toReversed());
  const short = simple === "true" || !viewer.user;
  return pageOf(page, (item) =>
    short ? simpleProjectJson(world, item) : wholeProject(world, item, options),
  );
}

function project({ world, viewer, request, options }: Asked, id: string): ApiResponse {
  const found = viewer.project(id, request);
  const short = !viewer.user;
  return json(200, short ? simpleProjectJson(world, found) : wholeProject(world, found, options));
}

function pages({ world, viewer, request }: Asked, id: string): ApiResponse {
  const found = viewer.project(id, request);
  viewer.needMaintainer(found);
  if (found.pagesAccess === "disabled") throw notFound();
  return json(200, pagesJson(world, found));
}

/** Projects API, "List groups": the groups that a project is in, at whatever depth; none of a user's. */
function ancestors({ world, viewer, request }: Asked, id: string): ApiResponse {
  const found = viewer.project(id, request);
  const groups = world.groupsAbove(found).filter((one) => viewer.canSeeGroup(one));
  return pageOf(offsetPage(request, groups), (one) => ancestorJson(world, one));
}

function projectDomains({ world, viewer, request }: Asked, id: string): ApiResponse {
  const found = viewer.project(id, request);
  viewer.needMaintainer(found);
  if (found.pagesAccess === "disabled") throw notFound();
  return pageOf(offsetPage(request, found.domains), (domain) => domainJson(world, domain));
}

function allDomains({ world, viewer, request }: Asked): ApiResponse {
  viewer.needAdmin();
  const all = [...world.projects.values()].flatMap(({ id, domains }) =>
    domains.map((domain) => ({ id, domain })),
  );
  return pageOf(offsetPage(request, all), ({ id, domain }) => domainJson(world, domain, id));
}

function namespace({ world, viewer }: Asked, id: string): ApiResponse {
  const found = /^\d+$/.test(id) ? world.namespaces.get(Number(id)) : world.find(id);
  if (!found || "namespaceId" in found || !viewer.canSeeNamespace(found))
    throw notFound("Namespace");
  return json(200, namespaceJson(world, found));
}

function group({ world, viewer }: Asked, id: string): ApiResponse {
  const found = /^\d+$/.test(id) ? world.namespaces.get(Number(id)) : world.find(id);
  const isGroup = found && !("namespaceId" in found) && found.kind === "group";
  if (!isGroup || !viewer.canSeeGroup(found)) throw notFound("Group");
  return json(200, groupJson(world, found));
}

/** Members API, "Retrieve a member of a group", those inherited from above included. */
function groupMember({ world, viewer }: Asked, id: string, userId: string): ApiResponse {
  const found = /^\d+$/.test(id) ? world.namespaces.get(Number(id)) : world.find(id);
  const isGroup = found && !("namespaceId" in found) && found.kind === "group";
  if (!isGroup || !viewer.canSeeGroup(found)) throw notFound("Group");
  const member = world.users.get(Number(userId));
  const role = member ? world.roleIn(member, found) : 0;
  if (!member || role === 0) throw notFound();
  return json(200, memberJson(world, member, role));
}

function users({ world, viewer, request, parameters }: Asked): ApiResponse {
  const wanted = parameters.username;
  const found = [...world.users.values()].filter(
    ({ username }) => wanted === undefined || username.toLowerCase() === wanted.toLowerCase(),
  );
  const full = viewer.isAdmin ? "admin" : undefined;
  return pageOf(offsetPage(request, found.toReversed()), (item) => userJson(world, item, full));
}

function user({ world, viewer }: Asked, id: string): ApiResponse {
  const found = world.users.get(Number(id));
  if (!found) throw notFound("User");
  return json(200, userJson(world, found, viewer.isAdmin ? "admin" : undefined));
}

function self({ world, viewer }: Asked): ApiResponse {
  return json(200, userJson(world, viewer.user!, viewer.isAdmin ? "admin" : "self"));
}

function version({ world }: Asked): ApiResponse {
  return json(200, { version: world.version, revision: "8d1b6e3a6f2" });
}

function metadata({ world }: Asked): ApiResponse {
  const kas = { enabled: false, externalUrl: null, externalK8sProxyUrl: null, version: null };
  return json(200, {
    version: world.version,
    revision: "8d1b6e3a6f2",
    kas,
    enterprise: false,
  });
}

function token({ world, viewer }: Asked): ApiResponse {
  const { id, name, revoked, createdAt, scopes, userId, expiresAt } = viewer.token!;
  return json(200, {
    id,
    name,
    revoked,
    created_at: createdAt.toISOString(),
    description: null,
    scopes,
    user_id: userId,
    last_used_at: world.now().toISOString(),
    active: true,
    expires_at: expiresAt?.toISOString().slice(0, 10) ?? null,
  });
}

function wholeProject(world: GitLabWorld, item: Project, options: ApiOptions): object {
  const whole = projectJson(world, item);
  return options.bulk ? { ...bulkOf(item, world.url, world.fullPath(item)), ...whole } : whole;
}

function route(path: string): RegExp {
  return new RegExp(`^/api/v4/${path.replaceAll(/:\w+/g, "([^/]+)")}/?$`);
}

/** Reading only, with one of these scopes; any token will do without. Visitors see public projects. */
function get(handler: Handler, ...scopes: string[]): Handler {
  return (asked, ...ids) => {
    if (asked.request.method !== "GET") return json(405, { error: "405 Not Allowed" });
    const forVisitors = handler === projects || handler === project;
    if (asked.viewer.token && scopes.length > 0) asked.viewer.needScope(...scopes);
    else if (!asked.viewer.token && !forVisitors)
      throw new Refusal(401, { message: "401 Unauthorized" });
    return handler(asked, ...ids);
  };
}
