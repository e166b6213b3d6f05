import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import {
  adminToken,
  mustClient,
  type MustClient,
  runCommand,
  startTestConsole,
  writeConfig,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningConsole;
let config: string;
let admin: MustClient;
let alice: MustClient;

beforeAll(async () => {
  folder = await temporaryFolder();
  config = writeConfig(folder.path);
  running = await startTestConsole(folder.path);
  admin = mustClient(running.httpPort, adminToken);
  await admin("POST", "/persons", { username: "alice" });
  const scopes = ["read", "owners"];
  const { secret } = await admin("POST", "/tokens", { name: "t", owner: "alice", scopes });
  alice = mustClient(running.httpPort, secret);
}, 60_000);
afterAll(async () => {
  await running.close();
  await folder.remove();
});

const command = (...words: string[]) => runCommand(["--config", config, ...words]);
const must = async (...words: string[]) => {
  const result = await command(...words);
  expect(result, words.join(" ")).toMatchObject({ code: 0, stderr: "" });
  return result;
};
const ask = async (label: string, reason: string): Promise<string> =>
  (await alice("POST", "/requests", { wish: { kind: "label", label }, reason })).id;

it("list what waits, show it, grant and decline it", async () => {
  const [wonder, castle] = [await ask("wonder", "A club.\nTwo lines."), await ask("castle", "x")];
  const listed = (await must("requests", "list")).stdout;
  expect(listed).toMatch(/^ID +SINCE +FOR +ASKED BY +STATE +WHAT\n/);
  expect(listed).toMatch(
    new RegExp(`^${wonder} +\\d{4}-\\d\\d-\\d\\d +alice +alice +open +the name wonder$`, "m"),
  );
  const shown = (await must("requests", "show", wonder)).stdout;
  expect(shown).toMatch(/^req-\S+: the name wonder for alice, asked by alice on \d{4}-\d\d-\d\d\n/);
  expect(shown).toContain("\n  A club.\n  Two lines.\nopen\n");
  const granted = await must("requests", "grant", wonder, "--answer", "Enjoy.");
  expect(granted.stdout).toBe("the name wonder for alice: granted.\n");
  const declined = (await must("requests", "decline", castle, "--answer", "No.", "--json")).json();
  expect(declined).toMatchObject({ state: "declined", answer: "No.", decidedByName: "an admin" });
  expect((await must("requests", "list", "--json")).json()).toEqual([]);
  expect((await must("requests", "list", "--state", "all", "--json")).json()).toHaveLength(2);
  expect((await must("requests", "show", castle)).stdout).toMatch(
    /\ndeclined by an admin on \d{4}-\d\d-\d\d\n {2}No\.\n$/,
  );
  const again = await command("requests", "grant", wonder);
  expect(again).toMatchObject({ code: 1, stderr: "This request was granted already.\n" });
  const wordless = await command("requests", "decline", castle);
  expect(wordless).toMatchObject({ code: 2, stdout: "" });
  const none = await command("requests", "list", "--state", "lost");
  expect(none).toMatchObject({ code: 1, stdout: "" });
}, 90_000);

it("renew a membership", async () => {
  const membershipEndsAt = new Date(Date.now() + 10 * DAY_MS).toISOString();
  await admin("PATCH", "/persons/alice", { membershipEndsAt });
  const end = new Date(Date.parse(membershipEndsAt) + 365 * DAY_MS).toISOString().slice(0, 10);
  const renewed = await must("persons", "renew", "alice");
  expect(renewed.stdout).toBe(`alice is a member until ${end}.\n`);
  const again = await command("person", "renew", "alice");
  expect(again).toMatchObject({ code: 1, stdout: "" });
  expect(again.stderr).toMatch(/it can be renewed from/);
}, 60_000);
