import { type ApiRequest, type ApiResponse, Refusal, json } from "./exchange.ts";
import { type AskedField, QueryError, parseQuery } from "./graphql-query.ts";
import type { Deployment, Namespace, Project } from "./model.ts";
import { deploymentUrl } from "./urls.ts";
import { Viewer } from "./viewer.ts";
import type { GitLabWorld } from "./world.ts";

const most = 100;

/** A value of each field, and how the fields of an object below it are found. */
type Fields = Record<string, (asked: AskedField) => unknown>;

/**
 * `POST /api/graphql`, for `namespace(fullPath:)` with its `pagesDeployments`. An error is a 200
 * with `errors`. A namespace that is unknown or must not be seen is null. The deployments are those
 * of the namespace's own projects, not of the groups below, the newest first. Sources: GitLab's
 * documentation, "GraphQL API" and its reference (`Namespace.pagesDeployments`,
 * `PagesDeployment`), and the project's reference for the cursor.
 */
export function answerGraphql(world: GitLabWorld, request: ApiRequest): ApiResponse {
  let viewer: Viewer;
  try {
    viewer = new Viewer(world, request);
    if (viewer.token) viewer.needScope("api", "read_api");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return json(error.response.status, { errors: [{ message: "Invalid token" }] });
  }
  if (request.method !== "POST") return json(404, { errors: [{ message: "Not found" }] });
  try {
    const { query, variables } = JSON.parse(request.body) as {
      query?: string;
      variables?: Record<string, unknown> | null;
    };
    const asked = parseQuery(query ?? "", variables ?? {});
    return json(200, { data: select("Query", asked, queryFields(world, viewer)) });
  } catch (error) {
    if (error instanceof QueryError) return json(200, { errors: [{ message: error.message }] });
    if (error instanceof SyntaxError)
      return json(200, { errors: [{ message: "Unexpected end of document" }] });
    throw error;
  }
}

function queryFields(world: GitLabWorld, viewer: Viewer): Fields {
  return {
    namespace({ args, fields }) {
      const found = world.find(text(args, "fullPath"));
      if (!found || "namespaceId" in found || !canSee(viewer, found)) return null;
      return select("Namespace", fields, namespaceFields(world, viewer, found));
    },
    currentUser({ fields }) {
      const { user } = viewer;
      if (!user) return null;
      const id = `gid://gitlab/User/${user.id}`;
      return select("CurrentUser", fields, plain({ id, username: user.username }));
    },
  };
}

function namespaceFields(world: GitLabWorld, viewer: Viewer, namespace: Namespace): Fields {
  const kind = namespace.kind === "group" ? "Group" : "Namespaces::UserNamespace";
  return {
    ...plain({
      id: `gid://gitlab/${kind}/${namespace.id}`,
      name: namespace.name,
      path: namespace.path,
      fullPath: world.fullPath(namespace),
    }),
    pagesDeployments({ args, fields }) {
      const all = world
        .projectsIn(namespace)
        .filter((project) => viewer.maintains(project))
        .flatMap((project) => deploymentsOf(world, project, args.active))
        .toSorted((one, other) => other.deployment.id - one.deployment.id);
      const after = typeof args.after === "string" ? cursorId(args.after) : Infinity;
      const rest = all.filter(({ deployment }) => deployment.id < after);
      const first = Math.min(most, typeof args.first === "number" ? args.first : most);
      const nodes = rest.slice(0, first);
      const last = nodes.at(-1)?.deployment;
      return select("PagesDeploymentConnection", fields, {
        count: () => all.length,
        nodes: (asked) => nodes.map((node) => deploymentJson(world, node, asked)),
        pageInfo: (asked) =>
          select("PageInfo", asked.fields, {
            hasNextPage: () => rest.length > nodes.length,
            hasPreviousPage: () => args.after != null,
            endCursor: () => (last ? cursorOf(last.id) : null),
            startCursor: () => (nodes[0] ? cursorOf(nodes[0].deployment.id) : null),
          }),
      });
    },
  };
}

interface Node {
  readonly project: Project;
  readonly deployment: Deployment;
}

/** @param active true or false for one kind only */
function deploymentsOf(world: GitLabWorld, project: Project, active: unknown): Node[] {
  const served = new Set(world.activeDeployments(project));
  return project.deployments
    .filter((deployment) => active == null || served.has(deployment) === active)
    .map((deployment) => ({ project, deployment }));
}

function deploymentJson(world: GitLabWorld, { project, deployment }: Node, asked: AskedField) {
  const projectFields = {
    id: `gid://gitlab/Project/${project.id}`,
    name: project.name,
    path: project.path,
    fullPath: world.fullPath(project),
  };
  return select("PagesDeployment", asked.fields, {
    ...plain({
      id: `gid://gitlab/PagesDeployment/${deployment.id}`,
      active: world.activeDeployments(project).includes(deployment),
      ciBuildId: String(deployment.ciBuildId),
      createdAt: deployment.createdAt.toISOString(),
      expiresAt: deployment.expiresAt?.toISOString() ?? null,
      pathPrefix: deployment.pathPrefix || null,
      rootDirectory: deployment.rootDirectory,
      url: deploymentUrl(world, project, deployment),
    }),
    project: ({ fields }) => select("Project", fields, plain(projectFields)),
  });
}

/** @throws QueryError for a field that the type has not */
function select(type: string, asked: readonly AskedField[], fields: Fields): object {
  const entries = asked.map((field) => {
    if (field.name === "__typename") return [field.alias, type];
    const value = fields[field.name];
    if (!value) throw new QueryError(`Field '${field.name}' doesn't exist on type '${type}'`);
    return [field.alias, value(field)];
  });
  return Object.fromEntries(entries) as object;
}

function plain(values: Record<string, unknown>): Fields {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, () => value]));
}

function canSee(viewer: Viewer, namespace: Namespace): boolean {
  if (namespace.kind === "group") return viewer.canSeeGroup(namespace);
  return viewer.user !== null;
}

function text(args: Readonly<Record<string, unknown>>, name: string): string {
  if (typeof args[name] === "string") return args[name];
  throw new QueryError(`Argument '${name}' has an invalid value`);
}

function cursorOf(id: number): string {
  return Buffer.from(JSON.stringify({ id: String(id) })).toString("base64url");
}

function cursorId(cursor: string): number {
  try {
    const { id } = JSON.parse(Buffer.from(cursor, "base64url").toString()) as { id: string };
    if (/^\d+$/.test(id)) return Number(id);
  } catch {
    // Said below.
  }
  throw new QueryError("Please provide a valid cursor");
}
