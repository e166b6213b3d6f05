import { describe, expect, it } from "vitest";
import { failing, limited, replaced, throttled } from "../support/gitlab/faults.ts";
import { scene, ZONE, type Scene } from "./support.ts";

/** Alice with a site of her own name and one beside it, both synced. */
async function aliceOnline(): Promise<
  Scene & { alice: ReturnType<Scene["gitlabWorld"]["createUser"]> }
> {
  const stage = scene();
  const alice = stage.gitlabWorld.createUser("alice");
  stage.member("alice", alice);
  const home = stage.gitlabWorld.createProject(alice, `alice.${ZONE}`);
  const wiki = stage.gitlabWorld.createProject(alice, "Wiki");
  stage.gitlabWorld.deploy(home);
  stage.gitlabWorld.deploy(wiki);
  expect(await stage.sync()).toMatchObject({ state: "done", error: null });
  return Object.assign(stage, { alice });
}

describe("where sites are served", () => {
  it("at the namespace's host: its own page, projects, subgroups, mixed case", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    const sub = gitlab.createGroup("Web", club);
    for (const project of [
      gitlab.createProject(club, `club.${ZONE}`),
      gitlab.createProject(club, "Chess"),
      gitlab.createProject(sub, "Site"),
    ])
      gitlab.deploy(project);
    gitlab.createProject(club, "never-deployed");
    await stage.sync();
    expect(stage.served()).toEqual([
      `club.${ZONE} club/club.${ZONE}`,
      `club.${ZONE}/Chess club/Chess`,
      `club.${ZONE}/Web/Site club/Web/Site`,
    ]);
  });

  it("at a domain of its own, with the namespace's address leading there", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    gitlab.deploy(gitlab.createProject(club, "docs", { uniqueDomain: "docs-4160ce" }));
    await stage.sync();
    expect(stage.served()).toEqual([
      `club.${ZONE}/docs club/docs`,
      `docs-4160ce.${ZONE} club/docs`,
    ]);
    const kinds = [...stage.world.state.pages.values()].map(({ serves, host }) => [host, serves]);
    expect(Object.fromEntries(kinds)).toEqual({
      [`club.${ZONE}`]: "redirect",
      [`docs-4160ce.${ZONE}`]: "site",
    });
  });

  it("below the site for path prefixes, and by themselves where there is no site above", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    const both = gitlab.createProject(club, "both");
    gitlab.deploy(both);
    gitlab.deploy(both, { prefix: "mr3" });
    gitlab.deploy(gitlab.createProject(club, "only"), { prefix: "mr4" });
    await stage.sync();
    expect(stage.served()).toEqual([
      `club.${ZONE}/both club/both`,
      `club.${ZONE}/only/mr4 club/only`,
    ]);
  });

  it("asks visitors of private sites to sign in", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    gitlab.deploy(gitlab.createProject(club, "open", { visibility: "public" }));
    gitlab.deploy(gitlab.createProject(club, "members", { visibility: "private" }));
    await stage.sync();
    const asks = [...stage.world.state.pages.values()].map((page) => [
      page.path,
      page.accessControl,
    ]);
    expect(Object.fromEntries(asks)).toEqual({ "/open": false, "/members": true });
  });
});

describe("what takes a site off", () => {
  const acts: [string, (stage: Awaited<ReturnType<typeof aliceOnline>>) => void][] = [
    ["deleting the project", ({ gitlabWorld }) => gitlabWorld.deleteProject(wikiOf(gitlabWorld))],
    [
      "scheduling it for deletion",
      ({ gitlabWorld }) => gitlabWorld.deleteProject(wikiOf(gitlabWorld), { delayed: true }),
    ],
    ["undeploying", ({ gitlabWorld }) => gitlabWorld.undeploy(wikiOf(gitlabWorld))],
    [
      "switching Pages off",
      ({ gitlabWorld }) => gitlabWorld.setAccess(wikiOf(gitlabWorld), "disabled"),
    ],
  ];
  it.each(acts)("%s, and nothing else with it", async (_what, act) => {
    const stage = await aliceOnline();
    act(stage);
    const run = await stage.sync();
    expect(run).toMatchObject({ state: "done", counts: { removed: 1, created: 0, changed: 0 } });
    expect(stage.served()).toEqual([`alice.${ZONE} alice/alice.${ZONE}`]);
  });

  it("renaming moves it, and it stays the same page", async () => {
    const stage = await aliceOnline();
    const idOf = () =>
      [...stage.world.state.pages.values()].find(({ path }) => path !== "")?.id ?? "";
    const before = idOf();
    stage.gitlabWorld.renameProject(wikiOf(stage.gitlabWorld), "notes");
    const run = await stage.sync();
    expect(run.counts).toMatchObject({ changed: 1, created: 0, removed: 0 });
    expect(stage.served()).toContain(`alice.${ZONE}/notes alice/notes`);
    expect(idOf()).toBe(before);
  });

  it("a new project at the path of an old one is another page", async () => {
    const stage = await aliceOnline();
    stage.gitlabWorld.deleteProject(wikiOf(stage.gitlabWorld));
    const fresh = stage.gitlabWorld.createProject(stage.alice, "Wiki");
    stage.gitlabWorld.deploy(fresh);
    await stage.sync();
    const pages = [...stage.world.state.pages.values()].filter(({ path }) => path === "/Wiki");
    expect(pages.map(({ project }) => project)).toEqual([fresh.id]);
  });

  it("a second read with nothing new writes nothing", async () => {
    const stage = await aliceOnline();
    const { revision } = stage.world.state;
    expect(await stage.sync()).toMatchObject({ state: "done", revision });
    expect(stage.world.state.revision).toBe(revision);
  });
});

describe("names that change hands", () => {
  it("serve nothing of the new namespace, rest, and are their first one's again", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    gitlab.deploy(gitlab.createProject(club, "site"));
    await stage.sync();
    gitlab.renameGroup(club, "chess");
    const other = gitlab.createGroup("club");
    gitlab.deploy(gitlab.createProject(other, "site"));
    await stage.sync();
    expect(stage.served()).toEqual([`chess.${ZONE}/site chess/site`]);
    expect(stage.restOf(`club.${ZONE}`)).toBe("given-back");
    expect(stage.unserved()).toEqual([
      expect.stringContaining(`club.${ZONE}/site: conflict: club.${ZONE} was given to another`),
    ]);
    gitlab.deleteGroup(other);
    gitlab.renameGroup(club, "club");
    await stage.sync();
    expect(stage.served()).toEqual([`club.${ZONE}/site club/site`]);
  });

  it("serve nothing as soon as a read of another's project shows who has them now", async () => {
    const stage = await aliceOnline();
    const { gitlabWorld: gitlab, alice } = stage;
    const club = gitlab.createGroup("club");
    const site = gitlab.createProject(club, "Wiki");
    gitlab.deploy(site);
    await stage.sync();
    gitlab.renameUser(alice, "away");
    gitlab.renameGroup(club, "alice");
    await stage.engine.project(site.id, "hook");
    expect(stage.served()).toEqual([]);
    await stage.sync();
    expect(stage.served()).toEqual([
      `away.${ZONE}/Wiki away/Wiki`,
      `away.${ZONE}/alice.${ZONE} away/alice.${ZONE}`,
    ]);
  });

  it("rest when a group goes below the group that takes its name", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    const above = gitlab.createGroup("above");
    gitlab.deploy(gitlab.createProject(club, "site"));
    await stage.sync();
    gitlab.transferGroup(club, above);
    gitlab.renameGroup(above, "club");
    await stage.sync();
    expect(stage.served()).toEqual([]);
    expect(stage.restOf(`club.${ZONE}`)).toBe("given-back");
  });

  it("stay with the group above when one of its groups had a host before", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    const above = gitlab.createGroup("above");
    const site = gitlab.createProject(club, "site");
    gitlab.deploy(site);
    await stage.sync();
    gitlab.transferGroup(club, above);
    stage.gitlab.before = async ({ path }) => {
      if (path !== "/api/v4/pages/domains") return;
      stage.gitlab.before = undefined;
      gitlab.transferProject(site, above);
      await stage.engine.project(site.id, "hook");
    };
    await stage.sync();
    expect(stage.served()).toEqual([`above.${ZONE}/site above/site`]);
  });

  it("keep a member's host from a group, and from a stranger with their old name", async () => {
    const stage = await aliceOnline();
    const { gitlabWorld: gitlab } = stage;
    gitlab.renameUser(stage.alice, "alicia");
    const stranger = gitlab.createUser("alice");
    gitlab.deploy(gitlab.createProject(stranger, "Wiki"));
    await stage.sync();
    expect(stage.served().filter((line) => line.startsWith(`alice.${ZONE}`))).toEqual([]);
    expect(stage.served()).toContain(`alicia.${ZONE}/Wiki alicia/Wiki`);
    expect(stage.unserved()).toEqual([
      `alice.${ZONE}/Wiki: conflict: "alice" is held by someone else.`,
    ]);
  });

  it("of reserved names and the operators' hosts are conflicts and harm nobody else", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    for (const name of ["console", "wpad", "fine"])
      gitlab.deploy(gitlab.createProject(gitlab.createGroup(name), "site"));
    await stage.sync();
    expect(stage.served()).toEqual([`fine.${ZONE}/site fine/site`]);
    expect(stage.unserved()).toEqual([
      `console.${ZONE}/site: conflict: console.${ZONE} is kept by the operators.`,
      `wpad.${ZONE}/site: conflict: "wpad" is reserved.`,
    ]);
  });

  it("of a namespace that is a site's own domain too are nobody's: the daemon serves the site", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const first = gitlab.createGroup("docs-4160ce");
    gitlab.deploy(gitlab.createProject(first, "site"));
    await stage.sync();
    const club = gitlab.createGroup("club");
    gitlab.deploy(gitlab.createProject(club, "docs", { uniqueDomain: "docs-4160ce" }));
    await stage.sync();
    expect(stage.served()).toEqual([`club.${ZONE}/docs club/docs`]);
    expect(stage.unserved()).toEqual(
      [
        expect.stringContaining(`docs-4160ce.${ZONE}/site: conflict: GitLab serves club/docs`),
        expect.stringContaining(`docs-4160ce.${ZONE}: conflict: docs-4160ce.${ZONE} was given to`),
      ].toSorted(),
    );
  });

  it("belong to owners by GitLab's ids, and by the configuration's rules", async () => {
    const stage = scene({ owners: new Map([[4, "alice"]]) });
    const { gitlabWorld: gitlab } = stage;
    const alice = gitlab.createUser("alice");
    const member = stage.member("alice", alice);
    let club = gitlab.createGroup("club");
    while (club.id < 4) club = gitlab.createGroup(`club${club.id}`);
    expect(club.id).toBe(4);
    gitlab.deploy(gitlab.createProject(club, "site"));
    gitlab.deploy(gitlab.createProject(alice, "mine"));
    gitlab.deploy(gitlab.createProject(gitlab.createUser("bob"), "his"));
    await stage.sync();
    const owners = [...stage.world.state.pages.values()].map(({ path, owner }) => [path, owner]);
    expect(Object.fromEntries(owners)).toEqual({
      "/site": member.id,
      "/mine": member.id,
      "/his": null,
    });
  });

  it("are left by a group that becomes another's subgroup, even of the same name", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    gitlab.deploy(gitlab.createProject(club, "site"));
    await stage.sync();
    gitlab.renameGroup(club, "old");
    const above = gitlab.createGroup("club");
    gitlab.transferGroup(club, above);
    await stage.sync();
    expect(stage.restOf(`club.${ZONE}`)).toBe("given-back");
    expect(stage.world.state.pageHosts.get(`club.${ZONE}`)?.restsUntil).toBeDefined();
  });

  it("tell nobody in the history of another's project", async () => {
    const stage = await aliceOnline();
    const { gitlabWorld: gitlab, alice } = stage;
    const bob = gitlab.createUser("bob");
    const [first, second] = [stage.world.state.ownersByName.get("alice"), stage.member("bob", bob)];
    const secret = gitlab.createProject(bob, "secret");
    gitlab.deploy(secret);
    // Bob takes alice's name: the read of his project ends her sites there.
    gitlab.renameUser(alice, "away");
    gitlab.renameUser(bob, "alice");
    await stage.engine.project(secret.id, "hook");
    const told = stage.events.filter(({ owners }) => owners.includes(first ?? ""));
    expect(told.at(-1)?.owners).toContain(second.id);
    expect(told.map(({ summary }) => summary).join()).not.toContain("secret");
    // What moves on and ends there is named as it was called here.
    const wiki = wikiOf(gitlab);
    await stage.sync();
    gitlab.transferProject(wiki, bob);
    gitlab.renameProject(wiki, "hidden-plan");
    gitlab.deleteProject(wiki, { delayed: true });
    await stage.engine.project(wiki.id, "hook");
    const last = stage.events.at(-1);
    expect(last?.owners).toEqual([first]);
    expect(last?.summary).toBe("GitLab Pages of away/Wiki: 1 went");
  });

  it("are left out where the configuration excludes them", async () => {
    const stage = scene({ exclude: ["sandbox", "club/private/*"] });
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    gitlab.deploy(gitlab.createProject(gitlab.createGroup("sandbox"), "a"));
    gitlab.deploy(gitlab.createProject(gitlab.createGroup("private", club), "b"));
    gitlab.deploy(gitlab.createProject(club, "c"));
    await stage.sync();
    expect(stage.served()).toEqual([`club.${ZONE}/c club/c`]);
  });
});

describe("a read that is not whole changes nothing", () => {
  const faults: [string, (stage: Scene) => void, string][] = [
    [
      "a walk that breaks half-way",
      ({ gitlab }) =>
        gitlab.faults.add({ path: /\/projects\?/, nth: (nth) => nth > 1 }, failing(500)),
      "500",
    ],
    [
      "no answer about one site",
      ({ gitlab }) => gitlab.faults.add({ path: /\/pages$/ }, failing(502)),
      "502",
    ],
    [
      "no right to see any site, with a token that is still an admin's",
      ({ gitlab, gitlabWorld }) => {
        const club = gitlabWorld.createGroup("club");
        for (let n = 0; n < 30; n++) gitlabWorld.createProject(club, `p${n}`);
        gitlab.faults.add({ path: /\/pages$|graphql/ }, failing(403));
      },
      "refuses to show",
    ],
    [
      "a token that is not taken",
      ({ gitlab }) => gitlab.faults.add({}, failing(401)),
      "does not take gitlab.token",
    ],
    [
      "a token that lost its rights",
      ({ gitlabWorld, root }) => gitlabWorld.setAdmin(root, false),
      "not an admin's",
    ],
    [
      "a token that loses its rights during the walk",
      ({ gitlab, gitlabWorld, root }) => {
        gitlab.before = ({ path }) => {
          if (path === "/api/v4/projects") gitlabWorld.setAdmin(root, false);
        };
      },
      "not an admin's",
    ],
    [
      "an answer of another form",
      ({ gitlab }) => {
        gitlab.faults.add(
          { path: /\/projects\?/ },
          replaced(() => [{ id: "11" }]),
        );
      },
      "not what is expected",
    ],
  ];
  it.each(faults)("%s", async (_what, fault, words) => {
    const stage = await aliceOnline();
    const { revision } = stage.world.state;
    const served = stage.served();
    stage.gitlabWorld.deleteProject(wikiOf(stage.gitlabWorld));
    fault(stage);
    const run = await stage.sync();
    expect(run.state).toBe("failed");
    expect(run.error).toContain(words);
    expect(stage.world.state.revision).toBe(revision);
    expect(stage.served()).toEqual(served);
    expect((await stage.records.status()).error).toBe(run.error);
  });

  it.each([403, 500])(
    "but for a site that GitLab does not show even to an admin: it alone stays as it was (%i)",
    async (status) => {
      const stage = await aliceOnline();
      const { gitlabWorld: gitlab } = stage;
      gitlab.deploy(gitlab.createProject(gitlab.createGroup("club"), "site"));
      const path = new RegExp(`/projects/${wikiOf(gitlab).id}/pages$`);
      stage.gitlab.faults.add({ path }, failing(status));
      stage.gitlab.faults.add({ path: /graphql/ }, failing(404));
      const run = await stage.sync();
      expect(run).toMatchObject({ state: "done", counts: { created: 1, removed: 0 } });
      expect(run.notes.join()).toContain("refuses to show the Pages of alice/Wiki");
      expect(stage.served()).toHaveLength(3);
    },
  );

  it("and a site that is not shown to a token that lost its rights fails the read", async () => {
    const stage = await aliceOnline();
    const { gitlabWorld: gitlab } = stage;
    const path = new RegExp(`/projects/${wikiOf(gitlab).id}/pages$`);
    stage.gitlab.faults.add({ path }, failing(403));
    gitlab.setAdmin(stage.root, false);
    await expect(stage.engine.project(wikiOf(gitlab).id, "hook")).rejects.toThrow("not an admin's");
  });

  it("waits as long as GitLab's limits ask for, and goes on", async () => {
    const stage = await aliceOnline();
    let left = 3;
    stage.gitlab.faults.add({ path: /\/projects/ }, (request, answer) =>
      left-- > 0 ? (left === 1 ? limited() : throttled(30))(request, answer) : answer(),
    );
    const run = await stage.sync();
    expect(run.state).toBe("done");
    expect(stage.clock.slept).toBeGreaterThanOrEqual(30_000);
  });
});

describe("what moves while it is read", () => {
  it("is read again: a rename between two pages of one walk", async () => {
    const stage = scene();
    const { gitlabWorld: gitlab } = stage;
    const club = gitlab.createGroup("club");
    for (let n = 0; n < 150; n++) gitlab.deploy(gitlab.createProject(club, `p${n}`));
    let walks = 0;
    stage.gitlab.before = ({ path }) => {
      if (path === "/api/v4/projects" && ++walks === 2) {
        gitlab.renameGroup(club, "chess");
        gitlab.deploy(gitlab.createProject(gitlab.createGroup("club"), "p0"));
      }
    };
    await stage.sync();
    const served = stage.served();
    expect(served.filter((line) => line.startsWith(`club.`))).toEqual([`club.${ZONE}/p0 club/p0`]);
    expect(served.filter((line) => line.startsWith(`chess.`))).toHaveLength(150);
  });

  it("is not overwritten by what an older read of everything saw", async () => {
    const stage = await aliceOnline();
    const wiki = wikiOf(stage.gitlabWorld);
    stage.gitlab.before = async ({ path }) => {
      if (path !== "/api/v4/pages/domains") return;
      stage.gitlab.before = undefined;
      stage.gitlabWorld.deleteProject(wiki);
      await stage.engine.project(wiki.id, "hook", { gone: true });
    };
    await stage.sync();
    expect(stage.served()).toEqual([`alice.${ZONE} alice/alice.${ZONE}`]);
  });
});

describe("names that are swapped while they are read", () => {
  /** Groups of two owners here, and a way to have each take the other's name. */
  function twoGroups(...subgroups: string[]) {
    const owners = new Map([
      [2, "alice"],
      [3, "bob"],
    ]);
    const stage = scene({ owners });
    stage.member("alice");
    stage.member("bob");
    const { gitlabWorld: gitlab } = stage;
    const theirs = { alice: gitlab.createGroup("alice"), bob: gitlab.createGroup("bob") };
    expect([theirs.alice.id, theirs.bob.id]).toEqual([2, 3]);
    const site = (name: "alice" | "bob") => {
      let group = theirs[name];
      for (const path of subgroups) group = gitlab.createGroup(path, group);
      const project = gitlab.createProject(group, "site");
      gitlab.deploy(project);
      return project;
    };
    const swap = () => {
      gitlab.renameGroup(theirs.alice, "other");
      gitlab.renameGroup(theirs.bob, "alice");
      gitlab.renameGroup(theirs.alice, "bob");
    };
    return { stage, site, swap };
  }

  it.each([["web"], ["web", "old"]])(
    "give no site in a subgroup the owner of the other name (%s)",
    async (...subgroups) => {
      const { stage, site, swap } = twoGroups(...subgroups);
      const project = site("alice");
      stage.gitlab.before = ({ path }) => {
        if (/\/(?:groups|namespaces)/.test(path)) {
          stage.gitlab.before = undefined;
          swap();
        }
      };
      await stage.engine.project(project.id, "hook");
      expect(stage.served()).toEqual([]);
      const { state } = stage.world;
      const alice = state.ownersByName.get("alice");
      const owners = [...state.pages.values()].map(({ host, owner }) => [
        host,
        owner === alice && "alice",
      ]);
      expect(owners).toEqual([[`bob.${ZONE}`, "alice"]]);
    },
  );

  it("are seen to be, even where a site's own domain is called as its namespace was", async () => {
    const { stage, swap } = twoGroups();
    const { gitlabWorld: gitlab } = stage;
    const group = gitlab.namespaces.get(2)!;
    const project = gitlab.createProject(group, `alice.${ZONE}`, { uniqueDomain: "alice" });
    gitlab.deploy(project);
    stage.gitlab.before = ({ path }) => {
      if (!path.endsWith("/pages")) return;
      stage.gitlab.before = undefined;
      swap();
    };
    await stage.engine.project(project.id, "hook");
    const pages = [...stage.world.state.pages.values()];
    expect(pages.map(({ projectPath, host, serves }) => [projectPath, host, serves])).toEqual([
      [`bob/alice.${ZONE}`, `alice.${ZONE}`, "site"],
      [`bob/alice.${ZONE}`, `bob.${ZONE}`, "redirect"],
    ]);
  });

  it("are what a newer read of one project saw, not an older one of everything", async () => {
    const { stage, site, swap } = twoGroups();
    const [of, others] = [site("alice"), site("bob")];
    await stage.sync();
    expect(stage.served()).toEqual([`alice.${ZONE}/site alice/site`, `bob.${ZONE}/site bob/site`]);
    stage.gitlab.before = async ({ path }) => {
      if (path !== "/api/v4/pages/domains") return;
      stage.gitlab.before = undefined;
      swap();
      // The hook of one of the two came in time.
      await stage.engine.project(others.id, "hook");
    };
    await stage.sync();
    // Neither is at a host of the other owner's; that the other one moved is not known yet.
    expect(stage.served()).toEqual([]);
    expect(stage.unserved().join("\n")).toContain(`alice.${ZONE}/site`);
    // Whose a site is that moved below a name meanwhile is known all the same.
    await stage.engine.project(of.id, "hook");
    await stage.sync();
    expect(stage.unserved().map((line) => line.split(": ")[0])).toEqual([
      `alice.${ZONE}/site`,
      `bob.${ZONE}/site`,
    ]);
  });
});

describe("a read of one project that was under way", () => {
  it("when a read of everything began is made again, so that the newer one counts", async () => {
    const stage = await aliceOnline();
    const wiki = wikiOf(stage.gitlabWorld);
    let full: Promise<unknown> | undefined;
    let walked: () => void = () => undefined;
    const walk = new Promise<void>((resolve) => (walked = resolve));
    let release: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => (release = resolve));
    // The single read has its answer; then the site goes, and everything is read.
    stage.gitlab.faults.add(
      { path: /\/projects\/\d+\/pages$/, times: 1 },
      async (_request, answer) => {
        const old = answer();
        stage.gitlabWorld.undeploy(wiki);
        full = stage.sync();
        await walk;
        return old;
      },
    );
    stage.gitlab.before = async ({ path }) => {
      if (path !== "/api/v4/pages/domains") return;
      walked();
      await stored;
    };
    const single = stage.engine.project(wiki.id, "watch");
    await single;
    release();
    await full;
    expect(stage.served()).toEqual([`alice.${ZONE} alice/alice.${ZONE}`]);
  });
});

it("is written down how far a read of everything has come, but not at each namespace", async () => {
  const stage = scene();
  for (let user = 0; user < 100; user++) {
    stage.gitlabWorld.createProject(stage.gitlabWorld.createUser(`user-${user}`), "wiki");
  }
  const { put } = stage.records;
  const phases: (string | undefined)[] = [];
  stage.records.put = (run) => {
    phases.push(run.progress?.phase);
    return put.call(stage.records, run);
  };
  await stage.sync();
  expect(phases).toContain("projects");
  expect(phases.length).toBeLessThan(50);
});

describe("a read of one project between the plan of a read of everything and its commit", () => {
  it("counts, though it has nothing to change", async () => {
    const stage = await aliceOnline();
    const wiki = wikiOf(stage.gitlabWorld);
    const before = stage.served();
    stage.gitlabWorld.undeploy(wiki);
    stage.whenPlanned(async () => {
      stage.gitlabWorld.deploy(wiki);
      await stage.engine.project(wiki.id, "hook");
    });
    expect(await stage.sync()).toMatchObject({ state: "done", counts: { removed: 0 } });
    expect(stage.served()).toEqual(before);
  });

  it("is what is stored, and the plan is made anew", async () => {
    const stage = await aliceOnline();
    const wiki = wikiOf(stage.gitlabWorld);
    stage.whenPlanned(async () => {
      stage.gitlabWorld.undeploy(wiki);
      await stage.engine.project(wiki.id, "hook");
    });
    await stage.sync();
    expect(stage.served()).toEqual([`alice.${ZONE} alice/alice.${ZONE}`]);
  });

  it("leaves it to who leads by now", async () => {
    const stage = await aliceOnline();
    const wiki = wikiOf(stage.gitlabWorld);
    const before = stage.served();
    stage.gitlabWorld.undeploy(wiki);
    stage.whenPlanned(async () => stage.loseLead());
    expect(await stage.sync()).toMatchObject({ state: "failed" });
    expect(stage.served()).toEqual(before);
  });
});

describe("a read of one project at a replica", () => {
  it("is made again when another has stored what is newer meanwhile", async () => {
    const stage = await aliceOnline();
    const wiki = wikiOf(stage.gitlabWorld);
    const other = stage.replica();
    const path = /\/projects\/\d+\/pages$/;
    stage.gitlab.faults.add({ path, times: 1 }, async (_request, answer) => {
      const old = answer();
      stage.gitlabWorld.undeploy(wiki);
      await stage.sync();
      return old;
    });
    await other.project(wiki.id, "request");
    expect(stage.served()).toEqual([`alice.${ZONE} alice/alice.${ZONE}`]);
  });

  it("gives up when it is overtaken each time", async () => {
    const stage = await aliceOnline();
    const wiki = wikiOf(stage.gitlabWorld);
    const other = stage.replica();
    let flip = 0;
    stage.gitlab.faults.add({ path: /\/projects\/\d+\/pages$/ }, async (_request, answer) => {
      const old = answer();
      if (flip >= 10) return old;
      stage.gitlabWorld.renameProject(wiki, `wiki-${flip++}`);
      const before = flip;
      flip = 10;
      await stage.sync();
      flip = before;
      return old;
    });
    await expect(other.project(wiki.id, "request")).rejects.toThrow("changes all the time");
  });
});

describe("a replica that has lost the lead", () => {
  it("stores nothing of a read of everything that it had begun", async () => {
    const stage = await aliceOnline();
    const served = stage.served();
    stage.gitlabWorld.deleteProject(wikiOf(stage.gitlabWorld));
    stage.gitlab.before = ({ path }) => {
      if (path === "/api/v4/pages/domains") stage.loseLead();
    };
    expect(await stage.sync()).toMatchObject({
      state: "failed",
      error: expect.stringContaining("Another console"),
    });
    expect(stage.served()).toEqual(served);
  });

  it("stores nothing that a hook has led to, and still what somebody asks for", async () => {
    const stage = await aliceOnline();
    const wiki = wikiOf(stage.gitlabWorld);
    const served = stage.served();
    stage.gitlabWorld.deleteProject(wiki);
    stage.loseLead();
    await expect(stage.engine.project(wiki.id, "hook", { gone: true })).rejects.toThrow(
      "Another console",
    );
    expect(stage.served()).toEqual(served);
    await stage.engine.project(wiki.id, "request");
    expect(stage.served()).toEqual([`alice.${ZONE} alice/alice.${ZONE}`]);
  });
});

describe("the guard", () => {
  async function manyOnline(count: number) {
    const stage = scene();
    const users = Array.from({ length: count }, (_, n) => stage.gitlabWorld.createUser(`user${n}`));
    const projects = users.map((user) => stage.gitlabWorld.createProject(user, "site"));
    for (const project of projects) stage.gitlabWorld.deploy(project);
    await stage.sync();
    expect(stage.served()).toHaveLength(count);
    return { stage, users, projects };
  }

  it("holds the removal of many owners' sites until an admin approves", async () => {
    const { stage, projects } = await manyOnline(30);
    for (const project of projects.slice(0, 10)) stage.gitlabWorld.deleteProject(project);
    stage.gitlabWorld.deploy(
      stage.gitlabWorld.createProject(stage.gitlabWorld.createUser("new"), "x"),
    );
    const run = await stage.sync();
    expect(run).toMatchObject({ state: "held", counts: { held: 10, heldOwners: 10, created: 1 } });
    expect(stage.served()).toHaveLength(31);
    const held = await stage.records.held();
    expect(held).toMatchObject({ run: run.id, owners: 10 });
    expect(await stage.sync(new Set(held?.projects))).toMatchObject({ state: "done" });
    expect(stage.served()).toHaveLength(21);
    expect(await stage.records.held()).toBeUndefined();
  });

  it("lets nine owners go, and any number of one owner's sites", async () => {
    const { stage, projects, users } = await manyOnline(30);
    for (const project of projects.slice(0, 8)) stage.gitlabWorld.deleteProject(project);
    const [last] = users.slice(-1);
    for (let n = 0; n < 40; n++) {
      stage.gitlabWorld.deploy(stage.gitlabWorld.createProject(last!, `p${n}`));
    }
    await stage.sync();
    for (const project of projects.slice(8, 16)) stage.gitlabWorld.deleteProject(project);
    for (const project of stage.gitlabWorld.projects.values()) {
      if (/^p\d+$/.test(project.path)) stage.gitlabWorld.deleteProject(project);
    }
    expect(await stage.sync()).toMatchObject({ state: "done", counts: { removed: 48 } });
  });

  it("counts nothing that a hook said to be deleted", async () => {
    const { stage, projects } = await manyOnline(30);
    for (const project of projects.slice(0, 20)) {
      stage.gitlabWorld.deleteProject(project);
      await stage.engine.project(project.id, "hook", { gone: true });
    }
    expect(stage.served()).toHaveLength(10);
    expect(await stage.sync()).toMatchObject({ state: "done" });
  });

  it("is not passed one project after the other", async () => {
    const { stage, projects } = await manyOnline(30);
    for (const project of projects.slice(0, 20)) {
      stage.gitlabWorld.deleteProject(project);
      await stage.engine.project(project.id, "watch");
    }
    expect(stage.served()).toHaveLength(21);
    expect(stage.fullsAskedFor).toBeGreaterThan(0);
    expect(await stage.sync()).toMatchObject({ state: "held" });
  });

  it("holds what is held against hooks as well, also when these come one by one", async () => {
    const { stage, projects } = await manyOnline(30);
    for (const project of projects.slice(0, 12)) stage.gitlabWorld.undeploy(project);
    expect(await stage.sync()).toMatchObject({ state: "held" });
    for (const project of projects.slice(0, 12)) await stage.engine.project(project.id, "hook");
    expect(stage.served()).toHaveLength(30);
    expect(await stage.sync()).toMatchObject({ state: "held", counts: { held: 12 } });
  });

  it("never holds what somebody has asked for by hand, and does not count it", async () => {
    const { stage, projects } = await manyOnline(30);
    for (const project of projects.slice(0, 12)) {
      stage.gitlabWorld.undeploy(project);
      await stage.engine.project(project.id, "request");
    }
    stage.gitlabWorld.undeploy(projects[12]!);
    await stage.engine.project(projects[12]!.id, "hook");
    expect(stage.served()).toHaveLength(17);
    expect(stage.fullsAskedFor).toBe(0);
  });

  it("believes no hook that says deleted where GitLab says otherwise", async () => {
    const { stage, projects } = await manyOnline(30);
    for (const project of projects.slice(0, 12)) {
      await stage.engine.project(project.id, "hook", { gone: true });
      stage.gitlabWorld.deleteProject(project);
    }
    expect(await stage.sync()).toMatchObject({ state: "held", counts: { held: 12 } });
  });

  it("never keeps a site at a name that is another's by now", async () => {
    const { stage, users, projects } = await manyOnline(30);
    for (const project of projects.slice(0, 12)) stage.gitlabWorld.deleteProject(project);
    stage.gitlabWorld.renameUser(users[0]!, "gone");
    const thief = stage.gitlabWorld.createUser("user0");
    stage.gitlabWorld.deploy(stage.gitlabWorld.createProject(thief, "site"));
    expect(await stage.sync()).toMatchObject({ state: "held", counts: { held: 11 } });
    expect(stage.served().filter((line) => line.startsWith(`user0.`))).toEqual([]);
    expect(stage.restOf(`user0.${ZONE}`)).toBe("given-back");
  });
});

describe("one project", () => {
  it("costs two calls, and three in a subgroup", async () => {
    const stage = await aliceOnline();
    stage.gitlab.forget();
    await stage.engine.project(wikiOf(stage.gitlabWorld).id, "hook");
    expect(stage.gitlab.log.map(({ path }) => path)).toEqual([
      expect.stringMatching(/\/projects\/\d+$/),
      expect.stringMatching(/\/projects\/\d+\/pages$/),
    ]);
    const sub = stage.gitlabWorld.createGroup("web", stage.gitlabWorld.createGroup("club"));
    const site = stage.gitlabWorld.createProject(sub, "site");
    stage.gitlabWorld.deploy(site);
    stage.gitlab.forget();
    await stage.engine.project(site.id, "hook");
    expect(stage.gitlab.log).toHaveLength(3);
    expect(stage.served()).toContain(`club.${ZONE}/web/site club/web/site`);
  });

  it("is not believed to be gone by a token that lost its rights", async () => {
    const stage = await aliceOnline();
    const served = stage.served();
    stage.gitlabWorld.setVisibility(wikiOf(stage.gitlabWorld), "private");
    stage.gitlabWorld.setAdmin(stage.root, false);
    await expect(
      stage.engine.project(wikiOf(stage.gitlabWorld).id, "hook", { gone: true }),
    ).rejects.toThrow("not an admin's");
    expect(stage.served()).toEqual(served);
  });
});

describe("custom domains", () => {
  it("are listed with their verification, and follow changes", async () => {
    const stage = await aliceOnline();
    const wiki = wikiOf(stage.gitlabWorld);
    const domain = stage.gitlabWorld.addDomain(wiki, "www.alice.example");
    await stage.sync();
    const read = () => stage.world.state.domains.get("www.alice.example");
    expect(read()).toMatchObject({ project: wiki.id, verified: false, projectPath: "alice/Wiki" });
    expect(read()?.owner).toBe(stage.world.state.ownersByName.get("alice"));
    stage.gitlabWorld.verifyDomain(domain);
    await stage.sync();
    expect(read()).toMatchObject({ verified: true });
    stage.gitlabWorld.removeDomain(wiki, domain);
    await stage.sync();
    expect(read()).toBeUndefined();
  });
});

function wikiOf(world: Scene["gitlabWorld"]) {
  const found = [...world.projects.values()].find(({ path }) => path.startsWith("Wiki"));
  if (found === undefined) throw new Error("there is no wiki");
  return found;
}
