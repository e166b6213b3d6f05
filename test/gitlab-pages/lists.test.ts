import { describe, expect, it } from "vitest";
import { GitLab as Client } from "../../src/gitlab-pages/client/gitlab.ts";
import { Transport } from "../../src/gitlab-pages/client/transport.ts";
import { replaced } from "../support/gitlab/faults.ts";
import { GITLAB_URL, HandClock, scene, ZONE } from "./support.ts";

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

describe("the list of custom domains", () => {
  const listOf = (pageOf: (page: number) => string[]) => {
    let calls = 0;
    const transport = new Transport({
      url: GITLAB_URL,
      concurrency: 1,
      timeoutMs: 1_000,
      clock: new HandClock(),
      fetch: async (url) => {
        calls++;
        const page = Number(new URL(new Request(url).url).searchParams.get("page"));
        const domains = pageOf(page).map((domain) => ({ domain, project_id: 1 }));
        const next = `<${GITLAB_URL}/api/v4/pages/domains?page=${page + 1}>; rel="next"`;
        const headers = { "content-type": "application/json", link: next };
        return new Response(JSON.stringify(domains), { headers });
      },
    });
    const client = new Client({ url: GITLAB_URL, token: "t", transport });
    return { client, calls: () => calls };
  };
  const hundred = (from: number) => Array.from({ length: 100 }, (_, n) => `d${from + n}.example`);

  it("is read to its end, page by page", async () => {
    const { client, calls } = listOf((page) => hundred(page * 100).slice(page === 3 ? 60 : 0));
    const found = await client.domains();
    expect(found).toHaveLength(240);
    expect(calls()).toBe(3);
  });

  it("is none when it gives the same page again and again", async () => {
    const { client, calls } = listOf(() => hundred(0));
    await expect(client.domains()).rejects.toThrow("does not end");
    expect(calls()).toBe(2);
  });
});
