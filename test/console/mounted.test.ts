import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { operator } from "../../src/domain/policy.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { mustClient, startTestConsole, type MustClient } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { TestVisitor } from "../support/visitor.ts";
import { waitFor } from "../support/wait.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningConsole;
let must: MustClient;
let alice: TestVisitor;
let ahead = 0;

const HOUR_MS = 60 * 60 * 1000;

beforeEach(async () => {
  ahead = 0;
  folder = await temporaryFolder();
  running = await startTestConsole(folder.path, {}, { now: () => new Date(Date.now() + ahead) });
  must = mustClient(running.httpPort);
  await must("POST", "/persons", { username: "alice" });
  await must("POST", "/persons", { username: "bob" });
  alice = new TestVisitor(running);
  await alice.be("alice");
});
afterEach(async () => {
  await running?.close();
  await folder?.remove();
});

describe("the pages of a console that runs", () => {
  it("are there for who is signed in, and say how far a change has come", async () => {
    await must("POST", "/endpoints", {
      owner: "alice",
      label: "alice",
      path: "/wiki",
      targets: ["http://127.0.0.1:9000"],
    });
    const { status, body } = await alice.get("/");
    expect(status).toBe(200);
    expect(body).toContain("<h1>My sites</h1>");
    expect(body).toContain("/wiki");
    expect((await alice.get("/no/such/page")).status).toBe(404);
  });

  it("tell an open page of changes to what is theirs, and of no other's", async () => {
    const { response, events } = await alice.live();
    await must("PATCH", "/persons/bob", { displayName: "Bob" });
    await must("PATCH", "/persons/alice", { displayName: "Alice" });
    await waitFor(() => events.includes("changed"), { describe: "word of the change" });
    expect(events.filter((event) => event === "changed").length).toBeLessThanOrEqual(2);
    response.destroy();
  });

  it("say when somebody was signed out, and hold the stream no longer", async () => {
    const { response, events } = await alice.live();
    const ended = once(response, "close");
    const id = running.core.ledger?.state.ownersByName.get("alice") ?? "";
    await running.core
      .requireLedger()
      .change(operator, (state, context) =>
        suspendOwner(state, context, { id, reason: "A test." }),
      );
    await ended;
    expect(events.at(-1)).toBe("ended");
  });

  it("end unused, however long one is left open", async () => {
    const { response, events } = await alice.live();
    ahead += 23 * HOUR_MS;
    // All that an open page asks by itself: what its stream is told, its stream again, and its part.
    await must("PATCH", "/persons/alice", { displayName: "Alice" });
    await waitFor(() => events.includes("changed"), { describe: "word of the change" });
    (await alice.live()).response.destroy();
    const part = { headers: { "HX-Request": "true", "HX-Trigger": "live" } };
    expect((await alice.get("/", part)).status).toBe(200);
    ahead += 2 * HOUR_MS;
    await must("PATCH", "/persons/alice", { displayName: "Alice A." });
    await waitFor(() => events.includes("ended"), { describe: "the session to end" });
    expect((await alice.get("/")).status).toBe(303);
    response.destroy();
  });

  it("hold no stream for who asks for its head alone", async () => {
    for (let n = 0; n < 10; n++)
      expect((await alice.ask("/live", { method: "HEAD" })).status).toBe(200);
    const { response } = await alice.live();
    expect(response.statusCode).toBe(200);
    response.destroy();
  });

  it("do not keep the console from ending while somebody has one open", async () => {
    const { response } = await alice.live();
    const ended = once(response, "close");
    const began = performance.now();
    await running.close();
    await ended;
    // Far less than the 25 s after which a stream is looked at by itself.
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
