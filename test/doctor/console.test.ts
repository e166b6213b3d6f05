import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { consolePart } from "../../src/doctor/console.ts";
import type { RunningFacts, RunningPoller } from "../../src/doctor/running.ts";
import { closeServer, listen } from "../../src/listeners.ts";
import { version } from "../../src/version.ts";
import { configFrom, faultsIn, lookAt, saidOf, subjectOf } from "./support.ts";

const NOW = new Date("2026-01-05T18:00:00.000Z");
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);
const poller = (name: string, seconds: number, isNewest = true): RunningPoller => ({
  name,
  revision: 7,
  at: ago(seconds),
  isNewest,
});
const me = { name: "a-1", release: version };

/** What is found of a console that is well but for what is given, and answers /readyz so. */
async function look(more: Partial<RunningFacts> = {}, env = {}, status = 200) {
  const server = createServer((_request, response) => void response.writeHead(status).end());
  const port = await listen(server, { host: "127.0.0.1", port: 0 }, "test");
  const running: RunningFacts = {
    startedAt: ago(3 * 3600),
    internalUrl: `http://127.0.0.1:${port}`,
    publishedRevision: 7,
    isRestored: false,
    problems: [],
    leads: true,
    replicas: async () => [me],
    pollers: [poller("edge-1", 2)],
    ...more,
  };
  const subject = subjectOf(configFrom({ DATA: "/nowhere", ...env }), { now: () => NOW });
  try {
    return await lookAt(consolePart(subject, running, undefined));
  } finally {
    await closeServer(server);
  }
}

describe("the doctor at a console that runs", () => {
  it("finds nothing wrong with one that is well", async () => {
    const lines = await look();
    expect(faultsIn(lines)).toEqual([]);
    expect(saidOf(lines, "running")).toBe(`ok: ${version}, up for 3 hours.`);
    expect(saidOf(lines, "polls")).toBe(
      "ok: What is published was fetched by edge-1 (revision 7, 2 s ago).",
    );
  });

  it.each<[string, Partial<RunningFacts>, RegExp]>([
    ["no document", { publishedRevision: null }, /^wrong document: There is no document yet/],
    ["an earlier run's document", { isRestored: true }, /^wrong document: What an earlier run/],
    ["a fault of a part", { problems: ["The gate keeps it back."] }, /^wrong trouble: The gate/],
    ["nobody who polls", { pollers: [] }, /^wrong polls: No Traefik asks for the document, so/],
    [
      "one who polled long ago",
      { pollers: [poller("edge-1", 600)] },
      /^wrong polls: .*the last 10 minutes ago \(edge-1\)/,
    ],
    [
      "one who is behind",
      { pollers: [poller("a", 1), poller("b", 3, false)] },
      /^warning polls: Not yet fetched what is published: b \(revision 7, 3 s ago\)/,
    ],
    [
      "nobody who polls, just after its start",
      { pollers: [], startedAt: ago(5) },
      /^warning polls: /,
    ],
    ["no lead although it is alone", { leads: false }, /^warning replicas: /],
    [
      "another release beside it",
      { replicas: async () => [me, { name: "b-2", release: "0.0.9" }] },
      /^warning replicas: This one runs the loops\. .*b-2 \(0\.0\.9\)/,
    ],
  ])("tells of %s", async (_what, more, says) => {
    expect(faultsIn(await look(more))).toEqual([expect.stringMatching(says)]);
  });

  it("tells of a listener that says it is not ready, or does not answer", async () => {
    expect(faultsIn(await look({}, {}, 503))).toEqual([
      expect.stringMatching(/^wrong readiness: \/readyz answers 503/),
    ]);
    const gone = await look({ internalUrl: "http://127.0.0.1:1" });
    expect(saidOf(gone, "readiness")).toMatch(/^wrong: Nothing listens at 127\.0\.0\.1:1/);
  });
});
