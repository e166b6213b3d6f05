import { describe, expect, it } from "vitest";
import { nothingNewer, withoutOvertaken } from "../../src/gitlab-pages/sync/newer.ts";
import type { SiteRead, Snapshot } from "../../src/gitlab-pages/sync/snapshot.ts";

function site(project: number, id: number, path: string): SiteRead {
  return {
    project,
    projectPath: `${path}/site${project}`,
    namespace: { id, kind: "group", path },
    accessControl: false,
    state: "deployed",
    places: [],
    latestDeployment: null,
  };
}

function snapshotOf(sites: readonly SiteRead[], parts: Partial<Snapshot> = {}): Snapshot {
  return {
    sites: new Map<number, SiteRead | "gone">(sites.map((one) => [one.project, one])),
    namespaces: new Map(),
    domains: undefined,
    notes: ["said before"],
    ...parts,
  };
}

const named = (...names: [number, string][]) => ({
  projects: new Set<number>(),
  names: new Map(names),
});

describe("a read of everything that reads of single projects have overtaken", () => {
  it("is as it was where there were none", () => {
    const snapshot = snapshotOf([site(1, 3, "club")]);
    expect(withoutOvertaken(snapshot, nothingNewer())).toBe(snapshot);
  });

  it("does not speak of these projects, whatever it had seen", () => {
    const sites = new Map<number, SiteRead | "gone">([
      [1, site(1, 3, "club")],
      [2, "gone"],
      [3, "gone"],
      [4, site(4, 3, "club")],
    ]);
    const newer = { projects: new Set([1, 2]), names: new Map<number, string>() };
    const seen = withoutOvertaken(snapshotOf([], { sites }), newer);
    expect([...seen.sites]).toEqual([
      [3, "gone"],
      [4, site(4, 3, "club")],
    ]);
    expect(seen.notes).toEqual(["said before"]);
  });

  it.each<[why: string, names: [number, string]]>([
    ["its namespace is called otherwise by now", [3, "guild"]],
    ["its name is another's by now", [4, "Club"]],
  ])("says nothing of a site where %s", (_why, names) => {
    const seen = withoutOvertaken(
      snapshotOf([site(1, 3, "club"), site(2, 5, "lab")]),
      named(names),
    );
    expect(seen.sites.get(1)).toMatchObject({
      state: "unclear",
      reason: "club is called otherwise by now.",
    });
    expect(seen.sites.get(2)).toEqual(site(2, 5, "lab"));
    expect(seen.notes).toEqual(["said before", expect.stringContaining("1 sites stay")]);
  });

  it("stands where the name was seen again, in whatever case", () => {
    const seen = withoutOvertaken(snapshotOf([site(1, 3, "club")]), named([3, "CLUB"]));
    expect(seen.sites.get(1)).toEqual(site(1, 3, "club"));
  });

  it("calls namespaces as they were seen last, each name one's only", () => {
    const namespaces = new Map([
      [3, "club"],
      [4, "lab"],
      [5, null],
      [6, "Guild"],
      [7, "chess"],
    ]);
    const seen = withoutOvertaken(
      snapshotOf([], { namespaces }),
      named([3, "guild"], [8, "new"], [5, "back"]),
    );
    expect(seen.namespaces).toEqual(
      new Map([
        [3, "guild"],
        [4, "lab"],
        [5, "back"],
        [7, "chess"],
        [8, "new"],
      ]),
    );
  });
});
