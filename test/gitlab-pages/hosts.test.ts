import { describe, expect, it } from "vitest";
import { scene, ZONE } from "./support.ts";

const CLUB = `club.${ZONE}`;

describe("the host of a namespace", () => {
  it("rests as soon as a site of another is seen there, which gets nothing of it", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    gitlab.deploy(gitlab.createProject(club, "site"));
    await stage.sync();
    gitlab.renameGroup(club, "guild");
    const other = gitlab.createProject(gitlab.createGroup("club"), "site");
    gitlab.deploy(other);
    await stage.engine.project(other.id, "hook");
    expect(stage.served()).toEqual([]);
    expect(stage.restOf(CLUB)).toBe("given-back");
    await stage.sync();
    expect(stage.served()).toEqual([`guild.${ZONE}/site guild/site`]);
    expect(stage.restOf(CLUB)).toBe("given-back");
  });

  it("is not given to whom the label is not theirs: it is free for its holder's GitLab", async () => {
    const stage = scene({ owners: new Map([[4, "club"]]) });
    const { gitlabWorld: gitlab } = stage;
    stage.member("club");
    const stranger = gitlab.createGroup("club");
    gitlab.deploy(gitlab.createProject(stranger, "site"));
    await stage.sync();
    expect(stage.served()).toEqual([]);
    expect([...stage.world.state.pageHosts.keys()]).toEqual([]);
    gitlab.renameGroup(stranger, "guild");
    const own = gitlab.createGroup("club");
    expect(own.id).toBe(4);
    gitlab.deploy(gitlab.createProject(own, "site"));
    await stage.sync();
    expect(stage.served()).toContain(`${CLUB}/site club/site`);
  });
});

describe("a site's own domain", () => {
  const DOCS = `docs-4160ce.${ZONE}`;

  async function docsOnline() {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const docs = gitlab.createProject(gitlab.createGroup("club"), "docs", {
      uniqueDomain: "docs-4160ce",
    });
    gitlab.deploy(docs);
    await stage.sync();
    return { stage, gitlab, docs };
  }

  it("stays the site's while it is hidden or not deployed, and rests once it has left it", async () => {
    const { stage, gitlab, docs } = await docsOnline();
    gitlab.setAccess(docs, "disabled");
    await stage.sync();
    expect(stage.served()).toEqual([]);
    expect(stage.restOf(DOCS)).not.toBe("given-back");
    gitlab.setAccess(docs, "enabled");
    gitlab.undeploy(docs);
    await stage.sync();
    expect(stage.restOf(DOCS)).not.toBe("given-back");
    gitlab.deploy(docs);
    await stage.sync();
    expect(stage.served()).toContain(`${DOCS} club/docs`);
    gitlab.setUniqueDomain(docs, false);
    await stage.sync();
    expect(stage.served()).toEqual([`${CLUB}/docs club/docs`]);
    expect(stage.restOf(DOCS)).toBe("given-back");
  });

  it("is still served where a namespace takes its name, as GitLab does", async () => {
    const { stage, gitlab } = await docsOnline();
    const other = gitlab.createProject(gitlab.createGroup("docs-4160ce"), "site");
    gitlab.deploy(other);
    await stage.engine.project(other.id, "hook");
    expect(stage.served()).toEqual([`${CLUB}/docs club/docs`, `${DOCS} club/docs`]);
  });
});

it.each<
  [access: "enabled" | "private" | "public", visibility: "public" | "internal", asks: boolean]
>([
  ["enabled", "public", false],
  ["enabled", "internal", true],
  ["private", "public", true],
  ["public", "internal", false],
])("a site whose access is %s, of a project that is %s, asks visitors: %s", async (...row) => {
  const [access, visibility, asks] = row;
  const stage = scene();
  const { gitlabWorld: gitlab } = stage;
  const site = gitlab.createProject(gitlab.createGroup("club"), "site");
  gitlab.deploy(site);
  gitlab.setAccess(site, access);
  gitlab.setVisibility(site, visibility);
  await stage.sync();
  expect([...stage.world.state.pages.values()]).toMatchObject([{ accessControl: asks }]);
});
