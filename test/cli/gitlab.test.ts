import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import {
  consoleHost,
  runCommand,
  startTestConsole,
  writeConfig,
  zone,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { failing } from "../support/gitlab/faults.ts";
import { type GitLabServer, startGitLab } from "../support/gitlab/server.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

const HOOK_URL = `https://${consoleHost}/hooks/gitlab`;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let world: GitLabWorld;
let server: GitLabServer;
let running: RunningConsole;
let config: string;
let settings: { gitlab: Record<string, unknown> } & Record<string, unknown>;

beforeAll(async () => {
  folder = await temporaryFolder();
  world = new GitLabWorld({ now: () => new Date(), zone });
  const root = world.createUser("root", { isAdmin: true });
  const alice = world.createUser("alice");
  for (const name of ["blog", "wiki"]) world.deploy(world.createProject(alice, name));
  server = await startGitLab(world);
  settings = {
    pages: { enabled: true },
    gitlab: {
      enabled: true,
      url: server.url,
      token: world.createToken(root),
      hooks: { token: "0123456789abcdef" },
    },
  };
  config = writeConfig(folder.path, settings);
  running = await startTestConsole(folder.path, settings);
  await waitFor(() => running.core.requireLedger().state.pages.size === 2, {
    describe: "the first sync",
  });
}, 60_000);
afterAll(async () => {
  await running.close();
  await server.close();
  await folder.remove();
});

const command = (...words: string[]) => runCommand(["-c", config, "gitlab", ...words]);
const hooks = () => world.systemHooks.map(({ url }) => url);
const projectHooks = () =>
  [...world.projects.values()].flatMap(({ hooks }) => hooks.map(({ url }) => url));

it("check, set hooks up, and check again", async () => {
  const before = await command("check");
  expect(before).toMatchObject({ code: 1, stderr: "1 problem\n" });
  expect(before.stdout).toMatch(/^STATE +WHAT\n/);
  expect(before.stdout).toMatch(/^ok +token +It is root's, an admin\.$/m);
  expect(before.stdout).toMatch(/^problem +system hook +There is none to .*install-hooks`\.$/m);

  const dry = await command("install-hooks", "--dry-run", "--projects");
  expect(dry).toMatchObject({ code: 0, stderr: "" });
  expect(dry.stdout).toContain(`The system hook to ${HOOK_URL} would be made.\n`);
  expect(dry.stdout).toContain("The pipeline hook of alice/wiki would be made.\n");
  expect([...hooks(), ...projectHooks()]).toEqual([]);

  const done = await command("install-hooks");
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toBe(`The system hook to ${HOOK_URL} was made.\n`);
  expect([hooks(), projectHooks()]).toEqual([[HOOK_URL], []]);
  expect((await command("install-hooks")).stdout).toBe("Nothing to do for the system hook.\n");
  expect((await command("install-hooks", "--json")).json()).toEqual([]);

  const after = await command("check", "--json");
  expect(after).toMatchObject({ code: 0, stderr: "" });
  for (const finding of after.json()) expect(finding).toMatchObject({ state: "ok" });
}, 60_000);

it("set a hook up on each project that has a site, tell of it, and take all away", async () => {
  const made = await command("install-hooks", "--projects", "--json");
  expect(made).toMatchObject({ code: 0, stderr: "" });
  const done: { hook: string; says: string }[] = made.json();
  const ofProjects = done.filter(({ hook }) => hook === "project");
  expect(ofProjects.toSorted((a, b) => (a.says < b.says ? -1 : 1))).toMatchObject([
    { did: "made", says: "The pipeline hook of alice/blog was made." },
    { did: "made", says: "The pipeline hook of alice/wiki was made." },
  ]);
  expect(projectHooks()).toEqual([HOOK_URL, HOOK_URL]);
  expect((await command("install-hooks", "--projects")).stdout).toBe(
    "Nothing to do for the system hook and those of 2 projects.\n",
  );
  const removed = await command("install-hooks", "--projects", "--remove");
  expect(removed).toMatchObject({ code: 0, stderr: "" });
  expect([...hooks(), ...projectHooks()]).toEqual([]);
}, 60_000);

it("say what was done when GitLab ends it half-way, and that one failed", async () => {
  const [first] = world.projects.values();
  const off = server.gitlab.faults.add(
    { method: "POST", path: new RegExp(`/projects/${first?.id}/hooks`) },
    failing(422),
  );
  const some = await command("install-hooks", "--projects");
  expect(some).toMatchObject({ code: 1, stderr: "1 hook failed\n" });
  expect(some.stdout).toContain(
    "The pipeline hook of alice/blog could not be set: GitLab does not",
  );
  expect(some.stdout).toContain("The pipeline hook of alice/wiki was made.");
  off();
  await command("install-hooks", "--projects", "--remove");

  const away = server.gitlab.faults.add({ path: /\/projects\/\d+\/hooks/ }, failing(401));
  const half = await command("install-hooks", "--projects");
  expect(half).toMatchObject({ code: 1, stdout: `The system hook to ${HOOK_URL} was made.\n` });
  expect(half.stderr).toContain("gitlab.token");
  away();
}, 60_000);

it("are refused with what to do", async () => {
  const other = await temporaryFolder();
  try {
    const off = writeConfig(other.path);
    const refused = await runCommand(["-c", off, "gitlab", "install-hooks"]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("gitlab.enabled is off");

    const { hooks: _, ...gitlab } = settings.gitlab;
    const tokenless = writeConfig(other.path, { ...settings, gitlab });
    const none = await runCommand(["-c", tokenless, "gitlab", "install-hooks"]);
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toContain("openssl rand -hex 24");

    const url = `http://127.0.0.1:${await freePort()}`;
    const away = writeConfig(other.path, { ...settings, gitlab: { ...settings.gitlab, url } });
    const checked = await runCommand(["-c", away, "gitlab", "check"]);
    expect(checked).toMatchObject({ code: 1, stderr: "1 problem\n" });
    expect(checked.stdout).toMatch(/^problem +address +Nothing listens at 127\.0\.0\.1:/m);
  } finally {
    await other.remove();
  }
}, 60_000);
