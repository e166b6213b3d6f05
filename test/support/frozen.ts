import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { MustClient } from "./console.ts";
import { waitFor } from "./wait.ts";

/** Milliseconds between two polls. */
const PACE_MS = 20;
/** Many times what a poll takes, and far below what a call of a system that is away does. */
const POLL_MAX_MS = 50;

/**
 * Freezes a system while three things are asked for there: until the last is answered, polls are answered
 * as ever and other changes are made; what was asked for is said to be under way, and is there when the
 * system goes on.
 */
export async function expectPollsWhileFrozen({
  internalPort,
  must,
  signal,
  things,
  nameOf,
  why,
}: {
  readonly internalPort: number;
  readonly must: MustClient;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** `/buckets`, where alice's are asked for. */
  readonly things: string;
  readonly nameOf: (at: number) => string;
  /** What is said of what is under way. */
  readonly why: RegExp;
}): Promise<void> {
  const poll = async () => {
    const began = performance.now();
    const response = await fetch(`http://127.0.0.1:${internalPort}/traefik/config`);
    await response.arrayBuffer();
    expect(response.status).toBe(200);
    return performance.now() - began;
  };
  signal("SIGSTOP");
  let isAnswered = false;
  const asked = Promise.all(
    [0, 1, 2].map((at) => must("POST", things, { owner: "alice", name: nameOf(at) })),
  ).finally(() => (isAnswered = true));
  const times: number[] = [];
  const polls = async () => {
    while (!isAnswered) {
      times.push(await poll());
      await pause(PACE_MS);
    }
  };
  const other = { owner: "alice", path: "/meanwhile", target: "http://127.0.0.1:9" };
  const [answers] = await Promise.all([asked, polls(), must("POST", "/endpoints", other)]);
  expect(times.length).toBeGreaterThan(50);
  expect(times.toSorted((a, b) => a - b)[times.length >> 1]).toBeLessThan(POLL_MAX_MS);
  for (const { standing } of answers)
    expect(standing).toMatchObject({ state: "creating", why: expect.stringMatching(why) });
  signal("SIGCONT");
  for (const { id } of answers) {
    await waitFor(async () => (await must("GET", `${things}/${id}`)).standing.state === "ready", {
      timeout: 90_000,
      describe: "what was asked for to be made",
    });
  }
}
