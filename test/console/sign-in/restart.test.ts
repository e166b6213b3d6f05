import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunningConsole } from "../../../src/app.ts";
import { mustClient, startTestConsole, type MustClient } from "../../support/console.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { TestVisitor } from "../../support/visitor.ts";

const HOUR_MS = 60 * 60 * 1000;
const SESSION = "__Host-tardis-session";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningConsole;
let must: MustClient;
let ahead: number;

beforeEach(async () => {
  folder = await temporaryFolder();
  ahead = 0;
  await start();
  for (const username of ["alice", "bob", "carol", "dora"])
    await must("POST", "/persons", { username });
});
afterEach(async () => {
  await running?.close();
  await folder?.remove();
});

async function start(): Promise<void> {
  const now = () => new Date(Date.now() + ahead);
  running = await startTestConsole(folder.path, {}, { now });
  must = mustClient(running.httpPort);
}

async function signIn(name: string): Promise<string> {
  const visitor = new TestVisitor(running);
  await visitor.be(name);
  return visitor.cookies.get(SESSION) ?? "";
}

/** Who a cookie lets in now. */
async function who(secret: string): Promise<string | undefined> {
  const visitor = new TestVisitor(running);
  visitor.cookies.set(SESSION, secret);
  return visitor.who();
}

it("a restart signs nobody out, and lets in nobody who was out", async () => {
  const [alice, bob, carol, dora] = [
    await signIn("alice"),
    await signIn("bob"),
    await signIn("carol"),
    await signIn("dora"),
  ];
  const visitor = new TestVisitor(running);
  visitor.cookies.set(SESSION, bob);
  expect((await visitor.post("/sign-out")).status).toBe(303);
  await must("POST", "/persons/carol/sign-out");
  await must("POST", "/persons/dora/suspend", { reason: "Spam." });
  await running.close();
  await start();
  expect(await Promise.all([alice, bob, carol, dora].map(who))).toEqual([
    "alice",
    undefined,
    undefined,
    undefined,
  ]);
  await must("POST", "/persons/dora/resume");
  expect(await who(dora)).toBeUndefined();
  // As listed, and ended, as before.
  const { items } = await must("GET", "/persons/alice/sessions");
  expect(items).toHaveLength(1);
  await must("DELETE", `/persons/alice/sessions/${items[0].id}`);
  await running.close();
  await start();
  expect(await who(alice)).toBeUndefined();
});

it("what is recovered lets in nobody who was in before", async () => {
  const alice = await signIn("alice");
  expect(await who(alice)).toBe("alice");
  await running.core.inTurn(() => running.core.reopen());
  expect(await who(alice)).toBeUndefined();
  const again = await signIn("alice");
  await running.close();
  await start();
  expect([await who(alice), await who(again)]).toEqual([undefined, "alice"]);
});

it("a session's time goes on while the console is down", async () => {
  const alice = await signIn("alice");
  await running.close();
  ahead += 25 * HOUR_MS;
  await start();
  expect(await who(alice)).toBeUndefined();
});

it("of a session nothing lies on the disk that lets anybody in, and nobody else may read it", async () => {
  const alice = await signIn("alice");
  await running.close();
  const path = join(folder.path, "data", "sessions");
  for (const name of await readdir(path))
    expect([name, (await readFile(join(path, name))).includes(alice)]).toEqual([name, false]);
  expect((await stat(join(folder.path, "data"))).mode & 0o077).toBe(0);
  await start();
  expect(await who(alice)).toBe("alice");
});
