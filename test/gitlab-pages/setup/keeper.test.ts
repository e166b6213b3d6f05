import { describe, expect, it } from "vitest";
import { ProjectHookKeeper } from "../../../src/gitlab-pages/setup/keeper.ts";
import { SyncRecords } from "../../../src/gitlab-pages/runs.ts";
import { silentLog } from "../../../src/observability/log.ts";
import { MemoryVolatile } from "../../../src/store/memory-volatile.ts";
import { failing } from "../../support/gitlab/faults.ts";
import { HandClock } from "../support.ts";
import { HOOK_URL, type Stage, stage, type StageOptions } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

interface Beside {
  readonly at: Stage;
  readonly clock: HandClock;
  readonly volatile: MemoryVolatile;
}

/** A keeper beside a GitLab whose projects all have sites. */
function keeping(options: StageOptions = {}, beside?: Beside) {
  const at: Stage = beside?.at ?? stage(options);
  const clock = beside?.clock ?? new HandClock();
  const volatile = beside?.volatile ?? new MemoryVolatile(() => clock.now().getTime());
  const ended = new AbortController();
  const outcomes: string[] = [];
  const warned: string[] = [];
  let leads = true;
  const log = Object.assign(Object.create(silentLog) as typeof silentLog, {
    warn: (text: string) => warned.push(text),
  });
  const { TARDIS_GITLAB__HOOKS__TOKEN: hookToken } = options.env ?? {};
  const gitlab = at.config.gitlab;
  const keeper = new ProjectHookKeeper({
    gitlab: at.client,
    settings: {
      publicUrl: at.config.publicUrl,
      gitlab: { ...gitlab, hooks: { ...gitlab.hooks, token: hookToken ?? gitlab.hooks.token } },
    },
    sites: () => new Set(at.world.projects.keys()),
    records: new SyncRecords(() => volatile),
    leads: () => leads,
    onOutcome: (outcome) => outcomes.push(outcome),
    clock,
    log,
    signal: ended.signal,
  });
  return {
    at,
    clock,
    volatile,
    warned,
    ended,
    loseLead: () => (leads = false),
    addSite: (name: string) => at.world.createProject(at.root, name),
    /** Lets it have a look. @returns what it found and did */
    keep: async () => {
      outcomes.length = 0;
      keeper.keep();
      await keeper.settled();
      return [...outcomes];
    },
    /** Hooks of all projects to us. */
    hooks: () =>
      [...at.world.projects.values()].flatMap((project) =>
        project.hooks.filter(({ url }) => url === HOOK_URL),
      ),
  };
}

describe("the hooks of projects with sites", () => {
  it("are made once, those of new sites when they come", async () => {
    const it = keeping();
    it.addSite("a");
    it.addSite("b");
    expect(await it.keep()).toEqual(["created", "created"]);
    it.at.gitlab.forget();
    expect(await it.keep()).toEqual([]);
    it.addSite("c");
    expect(await it.keep()).toEqual(["created"]);
    expect(it.at.gitlab.log.map(({ method }) => method)).toEqual(["GET", "GET", "POST"]);
    expect(it.hooks()).toHaveLength(3);
  });

  it("are looked at once a day, and made right where somebody changed them", async () => {
    const it = keeping();
    const site = it.addSite("a");
    await it.keep();
    site.hooks.length = 0;
    it.clock.pass(DAY_MS - 1);
    expect(await it.keep()).toEqual([]);
    it.clock.pass(1);
    expect(await it.keep()).toEqual(["created"]);
    it.clock.pass(DAY_MS);
    expect(await it.keep()).toEqual(["present"]);
  });

  it("are not asked for again after a restart, but made anew when the token has changed", async () => {
    const first = keeping();
    first.addSite("a");
    await first.keep();
    expect(await keeping({}, first).keep()).toEqual([]);
    const token = "another-token-of-ours";
    const later = keeping({ env: { TARDIS_GITLAB__HOOKS__TOKEN: token } }, first);
    expect(await later.keep()).toEqual(["repaired"]);
    expect(later.hooks().map((hook) => hook.token)).toEqual([token]);
    expect(await later.keep()).toEqual([]);
  });

  it("wait while the token may not, at one call a look, which is said once", async () => {
    const it = keeping({ scopes: ["read_api"] });
    for (const name of ["a", "b", "c"]) it.addSite(name);
    it.at.gitlab.forget();
    expect(await it.keep()).toEqual([]);
    expect(await it.keep()).toEqual([]);
    expect(it.at.gitlab.log).toHaveLength(2);
    expect(it.warned).toEqual([expect.stringContaining("has read_api and may not")]);
  });

  it("are tried where GitLab does not tell what the token may", async () => {
    const it = keeping({ scopes: ["read_api"] });
    it.addSite("a");
    it.at.gitlab.faults.add({ path: /personal_access_tokens/ }, failing(404));
    expect(await it.keep()).toEqual(["failed"]);
    const other = keeping();
    other.addSite("a");
    other.at.gitlab.faults.add({ path: /personal_access_tokens/ }, failing(403));
    expect(await other.keep()).toEqual(["created"]);
  });

  it("go on beside a project that is odd, which is tried again the next day", async () => {
    const it = keeping();
    const [odd] = ["a", "b", "c"].map((name) => it.addSite(name));
    const path = new RegExp(`/projects/${odd?.id}/hooks`);
    // As when somebody has filled it with hooks of their own.
    it.at.gitlab.faults.add({ path, method: "POST" }, failing(422));
    expect(await it.keep()).toEqual(["failed", "created", "created"]);
    expect(it.warned).toEqual([expect.stringContaining(`1 failed, the first: project ${odd?.id}`)]);
    it.at.gitlab.faults.clear();
    expect(await it.keep()).toEqual([]);
    it.clock.pass(DAY_MS);
    expect(await it.keep()).toEqual(["created", "present", "present"]);
  });

  it("wait for a GitLab that is away, and go on where they were", async () => {
    const it = keeping();
    for (const name of ["a", "b", "c"]) it.addSite(name);
    it.at.gitlab.faults.add({ path: /projects.*hooks/, nth: (nth) => nth > 2 }, failing(503));
    expect(await it.keep()).toEqual(["created"]);
    it.at.gitlab.faults.clear();
    expect(await it.keep()).toEqual(["created", "created"]);
  });

  it("are left alone by a replica that does not lead, or ends", async () => {
    const it = keeping();
    it.addSite("a");
    it.ended.abort();
    expect(await it.keep()).toEqual([]);
    const other = keeping({}, it);
    other.loseLead();
    expect(await other.keep()).toEqual([]);
    expect(it.hooks()).toEqual([]);
  });
});
