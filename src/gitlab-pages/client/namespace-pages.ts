import { namespacePagesAnswer, read } from "./answers.ts";
import { GitLabError } from "./error.ts";
import { PAGE, PAGES_MAX } from "./paging.ts";

/** An active deployment of a project, as GraphQL tells it. */
export interface DeploymentNode {
  readonly project: number;
  readonly projectPath: string;
  readonly url: string;
  readonly pathPrefix: string;
}

/** What a namespace, of that id by now, has deployed. */
export interface NamespacePages {
  readonly namespace: number;
  readonly nodes: readonly DeploymentNode[];
}

/** https://docs.gitlab.com/api/graphql/reference/#namespacepagesdeployments */
const QUERY = `query($path: ID!, $after: String) {
  namespace(fullPath: $path) {
    id
    pagesDeployments(active: true, first: ${PAGE}, after: $after) {
      nodes { url pathPrefix createdAt project { id fullPath } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/** A question to `POST /api/graphql`. */
export interface Question {
  readonly query: string;
  readonly variables: Readonly<Record<string, string | null>>;
}

/**
 * The active deployments of a namespace's own projects, page by page.
 * @param ask gives the answer's body
 * @returns undefined when there is no such namespace
 * @throws GitLabError
 */
export async function readNamespacePages(
  path: string,
  ask: (question: Question) => Promise<unknown>,
): Promise<NamespacePages | undefined> {
  const nodes: DeploymentNode[] = [];
  let namespace = 0;
  let after: string | null = null;
  for (let page = 1; ; page++) {
    const body = await ask({ query: QUERY, variables: { path, after } });
    const { data, errors } = read(namespacePagesAnswer, body, "a namespace's Pages");
    if (errors !== undefined && errors.length > 0) {
      throw new GitLabError("refused", "GitLab does not answer this question by GraphQL.");
    }
    const answer = data?.namespace ?? undefined;
    if (answer === undefined && after === null) return undefined;
    if (answer === undefined || (after !== null && idOf(answer.id) !== namespace)) {
      throw new GitLabError("invalid", `The namespace ${path} left while it was read.`);
    }
    const { id, pagesDeployments: found } = answer;
    namespace = idOf(id);
    for (const { url, pathPrefix, project } of found.nodes) {
      nodes.push({
        project: idOf(project.id),
        projectPath: project.fullPath,
        url,
        pathPrefix: pathPrefix ?? "",
      });
    }
    const { hasNextPage, endCursor = null } = found.pageInfo;
    if (!hasNextPage) return { namespace, nodes };
    // Half a list is none.
    if (endCursor === null || endCursor === after || page === PAGES_MAX) {
      throw new GitLabError("invalid", `GitLab's list of the sites of ${path} does not end.`);
    }
    after = endCursor;
  }
}

/** The number in a global id, `gid://gitlab/Project/12`. */
function idOf(globalId: string): number {
  return Number(globalId.split("/").at(-1));
}
