import type { Services } from "../../api/services.ts";

/** The projects of GitLab whose removal waits for an admin. */
export async function heldProjects({
  gitlabPages,
}: Pick<Services, "gitlabPages">): Promise<ReadonlySet<number>> {
  const held = await gitlabPages?.()?.records.held();
  return new Set(held?.projects);
}
