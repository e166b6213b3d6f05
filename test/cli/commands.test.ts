import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { createProgram } from "../../src/cli/program.ts";
import {
  apiClient,
  type CommandResult,
  runCommand,
  startTestConsole,
  writeConfig,
  zone,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";

const COMMANDS: readonly string[][] = [
  [],
  ["start"],
  ["check-config"],
  ["render"],
  ["export"],
  ["import"],
  ["recover"],
  ["token", "create"],
  ["person", "add"],
  ["person", "renew"],
  ["person", "suspend"],
  ["person", "resume"],
  ["person", "remove"],
  ["group", "add"],
  ["group", "renew"],
  ["group", "suspend"],
  ["group", "resume"],
  ["group", "remove"],
  ["login-link"],
  ["invite"],
  ["passes", "list"],
  ["passes", "revoke"],
  ["sessions", "list"],
  ["sessions", "end"],
  ["endpoint", "add"],
  ["endpoint", "list"],
  ["endpoint", "remove"],
  ["gitlab", "check"],
  ["gitlab", "install-hooks"],
  ["pages", "list"],
  ["pages", "domains"],
  ["requests", "list"],
  ["requests", "show"],
  ["requests", "grant"],
  ["requests", "decline"],
  ["buckets", "adoptable"],
  ["buckets", "adopt"],
  ["databases", "adoptable"],
  ["databases", "adopt"],
  ["namespaces", "adoptable"],
  ["namespaces", "adopt"],
  ["namespaces", "list"],
  ["namespaces", "create"],
  ["namespaces", "delete"],
  ["namespaces", "restore"],
  ["namespaces", "kubeconfig"],
  ["namespaces", "check"],
  ["kubernetes", "manifests"],
  ["healthcheck"],
];

describe("the help", () => {
  const expectHelp = (words: readonly string[], text: string) => {
    expect(text).toContain(`Usage: tardis-console ${words.join(" ")}`);
    expect(text.split("\n").length, words.join(" ")).toBeGreaterThan(4);
  };

  it.each(COMMANDS.map((words) => [words.join(" ") || "none", words] as const))(
    "says what the command is for: %s",
    async (_title, words) => {
      const said: string[] = [];
      const program = createProgram();
      const listen = (command: Command): void => {
        command.configureOutput({ writeOut: (text) => said.push(text) });
        command.commands.forEach(listen);
      };
      listen(program);
      const asked = program.parseAsync([...words, "--help"], { from: "user" });
      await expect(asked).rejects.toMatchObject({ exitCode: 0 });
      expectHelp(words, said.join(""));
    },
  );

  it("is printed, and no failure", async () => {
    for (const words of [[], ["person", "add"]]) {
      const result = await runCommand([...words, "--help"]);
      expect(result).toMatchObject({ code: 0, stderr: "" });
      expectHelp(words, result.stdout);
    }
  }, 60_000);

  it("is pointed to by a wrong command line", async () => {
    const wrong = [
      ["bogus"],
      ["start", "now"],
      ["endpoint", "lisst"],
      ["export", "--bogus"],
      ["import"],
    ];
    const results = await Promise.all(wrong.map((words) => runCommand(words)));
    for (const [index, result] of results.entries()) {
      expect(result, wrong[index]?.join(" ")).toMatchObject({ code: 2, stdout: "" });
      expect(result.stderr).toContain("--help");
      expect(result.stderr).not.toMatch(/\bat .*:\d+:\d+/);
    }
    expect(results[0]?.stderr).toContain('"bogus"');
  }, 60_000);
});

describe.each(["beside a running server", "without a server"] as const)("commands %s", (where) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let config: string;
  let running: RunningConsole | undefined;

  beforeAll(async () => {
    folder = await temporaryFolder();
    config = writeConfig(folder.path);
    if (where === "beside a running server") running = await startTestConsole(folder.path);
  });
  afterAll(async () => {
    await running?.close();
    await folder.remove();
  });

  const command = (...words: string[]): Promise<CommandResult> =>
    runCommand(["--config", config, ...words]);
  const must = async (...words: string[]): Promise<CommandResult> => {
    const result = await command(...words);
    expect(result, words.join(" ")).toMatchObject({ code: 0, stderr: "" });
    return result;
  };

  it("add a person and endpoints, list and remove them", async () => {
    const person = (
      await must("person", "add", "alice", "--email", "a@x.example", "--json")
    ).json();
    expect(person).toMatchObject({ email: "a@x.example" });
    const people = await must("person", "add", "bob");
    expect(people.stdout).toMatch(/^bob was added \(per-\w+\)\.\n$/);
    const added = await must(
      "endpoint",
      "add",
      "alice",
      "http://127.0.0.1:9",
      "--path",
      "/wiki",
      "--strip-prefix",
      "--no-pass-host",
    );
    expect(added.stdout).toMatch(`https://alice.${zone}/wiki`);
    const two = (
      await must("endpoint", "add", "bob", "http://127.0.0.1:9", "http://127.0.0.1:10", "--json")
    ).json();
    expect(two.targets).toHaveLength(2);
    const listed = (await must("endpoint", "list", "--json")).json();
    expect(listed).toHaveLength(2);
    expect(listed[0]).toMatchObject({ path: "/wiki", stripPrefix: true, passHostHeader: false });
    const table = await must("endpoint", "list", "--owner", "bob");
    expect(table.stdout).toMatch(
      /^ID +URL +STATE +TARGETS\nep-\S+ +https:\S+ +routed +http:\S+ http:\S+\n$/,
    );
    expect((await must("endpoint", "remove", two.id, "--json")).json()).toEqual({
      removed: two.id,
    });

    const refused = await command("endpoint", "remove", two.id);
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: "There is no such endpoint.\n" });
    const taken = await command("person", "add", "alice", "--json");
    expect(taken).toMatchObject({ code: 1, stdout: "" });
    expect(JSON.parse(taken.stderr)).toMatchObject({ details: { code: "taken" } });
    const nobody = await command("endpoint", "add", "nobody", "http://127.0.0.1:9");
    expect(nobody).toMatchObject({ code: 1, stderr: "owner: There is no such owner.\n" });
  }, 60_000);

  it("suspend, resume and remove persons and groups", async () => {
    await must("person", "add", "mallory");
    await must("person", "add", "trent");
    await must("endpoint", "add", "mallory", "http://127.0.0.1:9", "--path", "/mine");
    const group = await must("group", "add", "go-club", "--manager", "mallory", "trent", "--json");
    expect(group.json()).toMatchObject({ name: "go-club" });

    const unreasoned = await command("person", "suspend", "mallory");
    expect(unreasoned).toMatchObject({ code: 2, stdout: "" });
    expect(unreasoned.stderr).toContain("--reason");
    const suspended = await must("person", "suspend", "mallory", "--reason", "Mines coins.");
    expect(suspended.stdout).toBe("mallory is suspended.\n");
    const again = (await must("person", "resume", "mallory", "--json")).json();
    expect(again).toMatchObject({ username: "mallory", suspended: null });

    const dry = await command("person", "remove", "mallory");
    expect(dry).toMatchObject({
      code: 2,
      stderr: "Nothing was changed: say --yes to remove them.\n",
    });
    expect(dry.stdout).toContain(`  https://mallory.${zone}/mine\n`);
    expect((await must("person", "remove", "mallory", "--yes")).stdout).toBe(
      "mallory was removed.\n",
    );
    const gone = await command("person", "remove", "mallory", "--yes");
    expect(gone).toMatchObject({ code: 1, stderr: "There is no such person.\n" });
    const kind = await command("person", "suspend", "go-club", "--reason", "x");
    expect(kind).toMatchObject({ code: 1, stdout: "" });
    await must("group", "suspend", "go-club", "--reason", "Nobody is left.");
    await must("group", "remove", "go-club", "--yes");
    await must("person", "remove", "trent", "--yes");
  }, 60_000);

  it("make tokens that work", async () => {
    const made = await must(
      "token",
      "create",
      "--owner",
      "alice",
      "--days",
      "3",
      "--scope",
      "read",
    );
    expect(made.stdout).toMatch(/^tardis_\S{43}\n\(token tok-/);
    const admin = (await must("token", "create", "--name", "robot", "--json")).json();
    expect(admin).toMatchObject({ name: "robot", owner: null });
    if (running !== undefined) {
      const api = apiClient(running.httpPort, admin.secret);
      expect((await api("GET", "/whoami")).body.admin).toBe(true);
    }
    const wrong = await command("token", "create", "--days", "soon");
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain('"soon" is not a whole number above 0');
    const scope = await command("token", "create", "--scope", "everything");
    expect(scope).toMatchObject({ code: 1, stdout: "" });
  }, 60_000);

  it("make links that sign a person in", async () => {
    const made = await must("login-link", "alice", "--minutes", "5");
    expect(made.stdout).toMatch(
      /^https?:\/\/\S+\/sign-in\/link\/[A-Za-z0-9_-]{43}\n\(signs alice in, once, until /,
    );
    if (running !== undefined) {
      const { pathname } = new URL(made.stdout.split("\n")[0] ?? "");
      const page = await fetch(`http://127.0.0.1:${running.httpPort}${pathname}`);
      expect(await page.text()).toContain("Sign in as alice");
      const { core } = running;
      const alice = core.ledger?.state.ownersByName.get("alice") ?? "";
      await core.sessions.begin(alice, { address: "192.0.2.1", agent: "test" });
    }
    const [pass] = (await must("passes", "list", "--json")).json();
    expect(pass).toMatchObject({ personName: "alice", use: "sign-in", by: "operator" });
    expect((await must("passes", "list")).stdout).toContain(pass.id);
    expect((await must("passes", "revoke", pass.id)).stdout).toBe(`${pass.id} was revoked.\n`);
    const invite = await command("invite", "alice", "--days", "3");
    expect(invite).toMatchObject({ code: 1, stdout: "" });
    expect(invite.stderr).toContain("There is no provider to accept an invitation with");

    const id = (await must("sessions", "list", "alice", "--json")).json()[0]?.id ?? "ses-none";
    expect(id === "ses-none").toBe(running === undefined);
    const ended = await command("sessions", "end", "alice", id);
    expect(ended.stdout).toBe(running === undefined ? "" : `alice was signed out at ${id}.\n`);
    const all = await must("sessions", "end", "alice");
    expect(all.stdout).toBe("alice was signed out everywhere.\n");
    const nobody = await command("login-link", "nobody");
    expect(nobody).toMatchObject({ code: 1, stderr: "person: There is no such person.\n" });
  }, 60_000);

  it("export a file of one's own, and import it all or not at all", async () => {
    const file = join(folder.path, "export.json");
    await writeFile(file, "something older");
    await chmod(file, 0o644);
    expect((await must("export", "--output", file, "--json")).json().file).toBe(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, "utf8");
    expect((await must("export")).stdout.replace(/.*exportedAt.*/, "")).toBe(
      text.replace(/.*exportedAt.*/, ""),
    );
    const state = JSON.parse(text) as Record<string, unknown[]>;
    expect(state["persons"]).toHaveLength(2);

    const bad = join(folder.path, "bad.json");
    const endpoints = [
      ...(state["endpoints"] ?? []),
      { owner: "ghost", targets: ["http://127.0.0.1:9"] },
    ];
    await writeFile(
      bad,
      JSON.stringify({
        ...state,
        persons: [...(state["persons"] ?? []), { name: "eve" }],
        endpoints,
      }),
    );
    const refused = await command("import", bad);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(
      /^The file was not imported; nothing was changed\.\n {2}endpoints\[1\]/,
    );
    const unlike = await command("import", "-", "--json");
    expect(unlike).toMatchObject({ code: 1, stdout: "" });
    expect(JSON.parse(unlike.stderr).details.problems[0]).toMatch(/^not JSON/);
    const missing = await command("import", join(folder.path, "none.json"));
    expect(missing.stderr).toMatch(/none\.json cannot be read: ENOENT.*\n$/);

    const more = join(folder.path, "more.json");
    await writeFile(
      more,
      JSON.stringify({ ...state, persons: [...(state["persons"] ?? []), { name: "eve" }] }),
    );
    const dry = await must("import", more, "--dry-run");
    expect(dry.stdout).toMatch(/3 persons.*would be imported; nothing was changed/);
    expect((await must("export")).stdout).not.toContain('"eve"');
    const done = await command("import", more);
    expect(done).toMatchObject({ code: 0 });
    expect(done.stderr).toMatch(/^(staged \d+ of \d+\n)+$/);
    expect(done.stdout).toMatch(/3 persons.*imported; the state is at revision \d+\.\n/);
    const merged = join(folder.path, "merge.json");
    await writeFile(
      merged,
      '{"format": "tardis-console/1", "groups": [{"name": "chess", "managers": ["eve"]}]}',
    );
    expect((await must("import", merged, "--merge", "--json")).json()).toMatchObject({
      done: true,
    });
    const after = (await must("export")).stdout;
    for (const name of ["alice", "bob", "eve", "chess"]) expect(after).toContain(`"${name}"`);
  }, 90_000);
});

describe("commands that need no state", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => void (folder = await temporaryFolder()));
  afterAll(() => folder.remove());

  it("check a configuration, with the place of what is wrong", async () => {
    const right = writeConfig(folder.path, {
      internal: { port: 0, token: "a-secret-of-the-provider" },
    });
    const checked = await runCommand(["-c", right, "check-config", "--json"]);
    expect(checked).toMatchObject({ code: 0, stderr: "" });
    expect(checked.json()).toMatchObject({ zone });
    expect(checked.stdout).not.toContain("a-secret-of-the-provider");
    const said = await runCommand(["check-config", "--config", right]);
    expect(said.stdout).toMatch(/^The configuration is right: .*tardis\.yaml\.\n/);

    const wrong = join(folder.path, "wrong.yaml");
    await writeFile(
      wrong,
      "zone: tardis.test\nhttp:\n  prt: 80\n  host: 127.0.0.1\nlog: {level: loud}\n",
    );
    const refused = await runCommand(["-c", wrong, "check-config"]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    const [first = "", second = ""] = refused.stderr.split("\n");
    expect(first).toMatch(/wrong\.yaml:3: http\.prt: .*port/);
    expect(second).toMatch(/wrong\.yaml:5: log\.level: /);
    const asJson = await runCommand(["-c", wrong, "check-config", "--json"]);
    expect(JSON.parse(asJson.stderr).details).toHaveLength(2);
    const started = await runCommand(["-c", wrong]);
    expect(started).toMatchObject({ code: 2, stdout: "", stderr: refused.stderr });
  }, 60_000);

  it("render the document of an export", async () => {
    const config = writeConfig(folder.path, { pages: { enabled: true } });
    const file = join(folder.path, "hand.json");
    const endpoint = { owner: "alice", targets: ["http://127.0.0.1:9"] };
    const page = { host: `alice.${zone}`, owner: "alice", project: 7, projectPath: "alice/site" };
    const state = { persons: [{ name: "alice" }], endpoints: [endpoint], pages: [page] };
    await writeFile(file, JSON.stringify({ format: "tardis-console/1", ...state }));
    const rendered = await runCommand(["-c", config, "render", file]);
    expect(rendered.code).toBe(0);
    expect(Object.keys(rendered.json().http.routers).join()).toContain("endpoint-ep-");
    expect(rendered.stderr).toMatch(/^not routed: page pg-\S+: .+\n$/);
    const asJson = await runCommand(["-c", config, "render", file, "--json"]);
    expect(asJson.json().unrouted).toHaveLength(1);
    const garbage = await runCommand(["-c", config, "render", "-"], { input: "{}" });
    expect(garbage).toMatchObject({ code: 1, stdout: "" });
    expect(garbage.stderr).toContain("is not a valid export");
    const missing = await runCommand(["-c", config, "render", "/nowhere.json"]);
    expect(missing.stderr).toMatch(/^\/nowhere\.json cannot be read: .*\n$/);
  }, 60_000);
});
