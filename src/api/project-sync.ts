import { z } from "@hono/zod-openapi";
import { authorise, sees, type Actor } from "../domain/policy.ts";
import { pagesOfProject } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { GitLabError } from "../gitlab-pages/client/error.ts";
import type { ProjectOutcome } from "../gitlab-pages/engine.ts";
import type { GitLabPages } from "../gitlab-pages/module.ts";
import { PAGE_STATES, pageStandings } from "../traefik/page-standing.ts";
import type { Place } from "./limits.ts";
import { urlOf } from "./routing.ts";
import type { Services } from "./services.ts";

export const projectSchema = z
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
/** What came of reading one project. */
export type ProjectSync = z.infer<typeof projectSchema>;

const SAID: Record<ProjectSync["state"], string> = {
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

/** @throws Refusal `unavailable` where GitLab is not read */
export function requireGitLab({ gitlabPages }: Pick<Services, "gitlabPages">): GitLabPages {
  const found = gitlabPages?.();
  if (found !== undefined) return found;
  throw new Refusal(
    "unavailable",
    "GitLab is not read here: gitlab.enabled is off, or no console runs.",
  );
}

/**
 * Has one project of GitLab read now, within the actor's rate of changes, and says what it is now as
 * far as they may know it.
 * @param project GitLab's id of it
 * @throws Refusal `not_found` also for a stranger's, `rate_limited`, or `unavailable` when GitLab
 *   cannot be read
 */
export async function readProject(
  services: Services,
  actor: Actor,
  project: number,
): Promise<ProjectSync> {
  const { ledger, limits, table, rules } = services;
  const gitlab = requireGitLab(services);
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
  const outcome = await withinRate(limits.beginChange(actor), () =>
    inWords(actor, () => gitlab.syncProject(project, actor, (owner) => mayAsk([owner, ...owners]))),
  );
  const pages = pagesOfProject(ledger.state, project).filter(({ owner }) => isSeen(owner));
  const { revision } = outcome;
  // What was theirs and is another's now is gone for them: where it went is not theirs to know.
  const isTheirs = isSeen(outcome.owner);
  const isUnknown = outcome.read !== "gone" && outcome.read.namespace === undefined;
  const read = isTheirs || isUnknown ? outcome.read : "gone";
  const state: ProjectSync["state"] = read === "gone" ? "gone" : read.state;
  const before = known.find(({ owner }) => isSeen(owner));
  const projectPath = isTheirs && read !== "gone" ? read.projectPath : before?.projectPath;
  const standingOf = pageStandings(ledger.state, table, await gitlab.records.heldProjects());
  return {
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
  };
}

/** GitLab was asked, whatever it answered: that is a change of the actor's, if none was stored. */
async function withinRate(
  place: Place,
  read: () => Promise<ProjectOutcome>,
): Promise<ProjectOutcome> {
  let isStored = false;
  try {
    const outcome = await read();
    isStored = outcome.plan.changes.length > 0;
    return outcome;
  } finally {
    place.end(!isStored);
  }
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
