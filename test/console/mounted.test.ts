import { once } from "node:events";
import { get as httpGet, type IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { operator } from "../../src/domain/policy.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { consoleHost, mustClient, startTestConsole, type MustClient } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { TestVisitor } from "../support/visitor.ts";
import { waitFor } from "../support/wait.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningConsole;
let must: MustClient;
let alice: TestVisitor;

beforeEach(async () => {
  folder = await temporaryFolder();
  running = await startTestConsole(folder.path);
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

/** The stream of a browser that alice has open, and what came on it. */
async function openStream(): Promise<{ response: IncomingMessage; events: string[] }> {
  const cookie = [...alice.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const request = httpGet({
    port: running.httpPort,
    path: "/live",
    headers: { host: consoleHost, cookie, accept: "text/event-stream", "user-agent": "test" },
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  const events: string[] = [];
  response.setEncoding("utf8");
  response.on("error", () => undefined);
  response.on("data", (text: string) => {
    for (const [, event = ""] of text.matchAll(/^event: (.*)$/gm)) events.push(event);
  });
  await waitFor(() => events.includes("at"), { describe: "the stream to begin" });
  return { response, events };
}

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
    const { response, events } = await openStream();
    await must("PATCH", "/persons/bob", { displayName: "Bob" });
    await must("PATCH", "/persons/alice", { displayName: "Alice" });
    await waitFor(() => events.includes("changed"), { describe: "word of the change" });
    expect(events.filter((event) => event === "changed").length).toBeLessThanOrEqual(2);
    response.destroy();
  });

  it("say when somebody was signed out, and hold the stream no longer", async () => {
    const { response, events } = await openStream();
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

  it("do not keep the console from ending while somebody has one open", async () => {
    const { response } = await openStream();
    const ended = once(response, "close");
    const began = performance.now();
    await running.close();
    await ended;
    // Far less than the 25 s after which a stream is looked at by itself.
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
