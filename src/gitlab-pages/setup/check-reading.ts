import type { ProjectAnswer } from "../client/answers.ts";
import { GitLabError, isMissing } from "../client/error.ts";
import type { GitLab } from "../client/gitlab.ts";
import { ok, problem, warning, type Findings, type Found } from "./finding.ts";

/** Projects that are asked for their Pages until one answers. */
const TRIED = 5;
const NOT_ADMIN = "GitLab refuses it, as it does to who is no admin: see token and scopes.";

/**
 * Whether what a sync reads can be read: projects, their Pages, namespaces by GraphQL, domains.
 * @param user the token's: a namespace to ask for where there are no projects
 */
export async function checkReading(
  findings: Findings,
  gitlab: GitLab,
  { user, graphql }: { user: string; graphql: boolean },
): Promise<void> {
  const words = { forbidden: NOT_ADMIN };
  const projects = await findings.look<readonly ProjectAnswer[]>(
    "projects",
    async () => {
      const value = (await gitlab.projectsAfter(0)) ?? [];
      const says = value.length === 0 ? "There are none yet." : "They can be listed.";
      return { found: ok(says), value };
    },
    words,
  );
  if (projects !== undefined) {
    await findings.look("Pages", async () => ({ found: await pagesFinding(gitlab, projects) }));
  }
  const namespace = projects?.[0]?.namespace.full_path ?? user;
  if (graphql) {
    await findings.look("GraphQL", async () => ({
      found: await graphqlFinding(gitlab, namespace),
    }));
  }
  await findings.look(
    "domains",
    async () => {
      const { length } = await gitlab.domains();
      const says = `The list answers: ${length} custom ${length === 1 ? "domain" : "domains"}.`;
      return { found: ok(says) };
    },
    { ...words, not_found: "This GitLab has no list of custom domains. Is GitLab Pages on there?" },
  );
}

async function pagesFinding(gitlab: GitLab, projects: readonly ProjectAnswer[]): Promise<Found> {
  const candidates = projects.filter((one) => one.pages_access_level !== "disabled");
  let refused: GitLabError | undefined;
  for (const { id, path_with_namespace: path } of candidates.slice(0, TRIED)) {
    try {
      const { deployments } = await gitlab.pages(id);
      const has = deployments.length > 0 ? "has a site" : "has none yet";
      return ok(`They can be asked for: ${path} ${has}.`);
    } catch (error) {
      if (!isMissing(error)) throw error;
      refused = error as GitLabError;
    }
  }
  if (refused === undefined) return ok("No project has Pages switched on yet.");
  return refused.code === "forbidden"
    ? problem(NOT_ADMIN)
    : problem(
        "No project that was tried has Pages. Is GitLab Pages on there (`pages_external_url`)?",
      );
}

async function graphqlFinding(gitlab: GitLab, namespace: string): Promise<Found> {
  const otherwise = "Sites are asked for one by one then, which takes more calls.";
  try {
    const found = await gitlab.namespacePages(namespace);
    if (found !== undefined) return ok(`It answers for ${namespace}.`);
    return warning(`It does not show ${namespace}. ${otherwise}`);
  } catch (error) {
    if (!(error instanceof GitLabError) || error.code === "unavailable") throw error;
    return warning(`${error.message} ${otherwise}`);
  }
}
