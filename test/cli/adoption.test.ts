import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import type { DatabaseName } from "../../src/domain/entities.ts";
import { ADOPTED, contentOf, fillSystems } from "../console/admin/adoption-stage.ts";
import {
  mustClient,
  runCommand,
  startTestConsole,
  writeConfig,
  type MustClient,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { memoryModules } from "../support/memory-modules.ts";
import { beginAtTerminal } from "../support/terminal.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let systems: ReturnType<typeof memoryModules>;
let running: RunningConsole;
let must: MustClient;
let config: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  systems = memoryModules();
  await fillSystems(systems);
  config = writeConfig(folder.path, systems.settings);
  running = await startTestConsole(folder.path, systems.settings, systems.overrides);
  must = mustClient(running.httpPort);
  await must("POST", "/persons", { username: "alice" });
  await must("POST", "/persons", { username: "bob" });
}, 60_000);
afterAll(async () => {
  await running?.close();
  await folder?.remove();
});

const command = (...words: string[]) => runCommand(["-c", config, ...words]);
const everything = () => [running.core.requireLedger().state.revision, contentOf(systems)];
const AGAIN = "is not as it was when you looked at it";

describe.each(ADOPTED)("taking over $name at the command line", ({ path, name, told }) => {
  const [, , module = ""] = path.split("/");
  const adopt = ["adopt", name, "--owner", "alice"];

  it("lists it, shows what that does, and changes nothing unless told to", async () => {
    const before = everything();
    const [listed, asJson, dry, undecided, preview] = await Promise.all([
      command(module, "adoptable"),
      command(module, "adoptable", "--json"),
      command(module, ...adopt, "--dry-run"),
      command(module, ...adopt),
      command(module, ...adopt, "--json"),
    ]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(listed.stdout).toMatch(/^NAME +/);
    expect(listed.stdout).toMatch(new RegExp(`^${name.replace(".", String.raw`\.`)}( |$)`, "m"));
    for (const none of ["kube-system", "lab.marked"]) expect(listed.stdout).not.toContain(none);
    expect(asJson.json()).toContainEqual(expect.objectContaining({ name }));

    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(dry.stdout).toContain(`${name} would be alice's.\n`);
    expect(dry.stdout.replaceAll(/\s+/g, " ")).toMatch(told);
    expect(undecided).toMatchObject({
      code: 2,
      stdout: dry.stdout,
      stderr: "Nothing was changed: say --yes to take it over.\n",
    });
    expect(preview.code).toBe(2);
    expect(preview.json()).toMatchObject({ dryRun: true, result: { name } });
    expect(everything()).toEqual(before);
  }, 60_000);

  it("ends with the API's own words where it is refused", async () => {
    const before = everything();
    const refused = async (...words: string[]) => {
      const { code, stdout, stderr } = await command(module, "adopt", ...words, "--yes");
      expect([code, stdout]).toEqual([1, ""]);
      return stderr;
    };
    const [owner, missing, unseen, ownerless] = await Promise.all([
      refused(name, "--owner", "nobody"),
      refused("no-such-thing", "--owner", "alice"),
      refused(name, "--owner", "alice", "--seen", "something else"),
      command(module, "adopt", name, "--yes"),
    ]);
    expect(owner).toBe("owner: There is no such owner.\n");
    expect(missing).toMatch(/^name: .*no such/);
    expect(unseen).toContain(AGAIN);
    expect(ownerless).toMatchObject({ code: 2, stdout: "" });
    expect(everything()).toEqual(before);
  }, 60_000);

  it("takes it over as it was seen, once", async () => {
    const { result } = (await command(module, ...adopt, "--dry-run", "--json")).json();
    const done = await command(module, ...adopt, "--yes", "--seen", result.seen);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toMatch(new RegExp(`^${name} \\(\\S+\\) is alice's now: ready\n$`));
    expect((await command(module, "list", "--owner", "alice")).stdout).toContain(name);
    expect((await command(module, "adoptable")).stdout).not.toContain(name);
    const again = await command(module, ...adopt, "--yes", "--json");
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(JSON.parse(again.stderr)).toMatchObject({ details: { code: "taken", field: "name" } });
  }, 60_000);
});

describe("taking over a bucket at a terminal", () => {
  const begin = () =>
    beginAtTerminal(["-c", config, "buckets", "adopt", "lab.asked", "--owner", "bob"]);
  const QUESTION = /set how much it may hold\s[^]*Take it over\? \[y\/N\] /;
  beforeAll(() => systems.storage.makeBucket("lab.asked"));

  it.each(["yesterday\r", "\u0003", "\u0004"])(
    "is asked for first, and %j is no yes",
    async (typed) => {
      const before = everything();
      const terminal = await begin();
      await terminal.typeAfter(QUESTION, typed);
      expect((await terminal.ended).code).toBe(1);
      expect(terminal.shown()).toMatch(/Nothing was changed\.\s+$/);
      expect(everything()).toEqual(before);
    },
    30_000,
  );

  it("is refused where it was changed while the question stood", async () => {
    const terminal = await begin();
    await terminal.typeAfter(QUESTION, "");
    await systems.storage.setExposure("lab.asked", "read");
    const before = everything();
    await terminal.typeAfter(QUESTION, "y\r");
    expect((await terminal.ended).code).toBe(1);
    expect(terminal.shown()).toContain(AGAIN);
    expect(everything()).toEqual(before);
  }, 30_000);

  it("is done after a yes", async () => {
    const terminal = await begin();
    await terminal.typeAfter(QUESTION, "y\r");
    expect((await terminal.ended).code).toBe(0);
    expect(terminal.shown()).toMatch(/lab\.asked \(bkt-\w+\) is bob's now: ready\s+$/);
  }, 30_000);

  it("says how much it may hold as it is told to", async () => {
    await systems.storage.makeBucket("lab.sized");
    const adopt = ["buckets", "adopt", "lab.sized", "--owner", "bob", "--gigabytes", "3"];
    expect((await command(...adopt, "--dry-run")).stdout).toContain("  may hold: 3 GB\n");
    expect((await command(...adopt, "--yes", "--json")).json()).toMatchObject({
      name: "lab.sized",
      ownerName: "bob",
      gigabytes: 3,
      standing: { state: "ready" },
    });
  }, 30_000);
});

it("says nothing to the terminal that a database is called", async () => {
  await systems.databaseServer.makeDatabase("u_\u001b[2Jloud" as DatabaseName);
  const { stdout } = await command("databases", "adoptable");
  expect(stdout).toContain("u_\uFFFD[2Jloud");
});
