import { describe, expect, it } from "vitest";
import { replaced } from "../support/gitlab/faults.ts";
import { scene, ZONE } from "./support.ts";

/** Sites of a group, with GitLab's word on whether more come. */
function withPageInfo(pageInfo: object) {
  const stage = scene();
  const club = stage.gitlabWorld.createGroup("club");
  for (const name of ["a", "b"])
    stage.gitlabWorld.deploy(stage.gitlabWorld.createProject(club, name));
  const asked: string[] = [];
  stage.gitlab.faults.add(
    { path: /graphql/ },
    replaced((body) => {
      asked.push("");
      const { data } = body as { data: { namespace: { pagesDeployments: object } } };
      const { namespace } = data;
      const pagesDeployments = { ...namespace.pagesDeployments, pageInfo, nodes: [] };
      return { data: { namespace: { ...namespace, pagesDeployments } } };
    }),
  );
  return { stage, asked };
}

describe("a namespace's list that does not end, or not where it says", () => {
  it.each([
    { hasNextPage: true, endCursor: null },
    { hasNextPage: true, endCursor: "eyJpZCI6IjkifQ" },
  ])("is none: its projects are asked for one by one (%j)", async (pageInfo) => {
    const { stage, asked } = withPageInfo(pageInfo);
    const run = await stage.sync();
    expect(run).toMatchObject({ state: "done" });
    expect(run.notes.join()).toContain("does not end");
    expect(asked.length).toBeLessThan(3);
    expect(stage.served()).toEqual([`club.${ZONE}/a club/a`, `club.${ZONE}/b club/b`]);
  });
});
