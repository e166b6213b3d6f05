import { createEndpoint } from "../src/endpoints/create.ts";
import { startPages, ZONE, type TestPages } from "../test/support/console-pages.ts";
import { seedRecords } from "./seed.ts";
import { median, type Bench, type Row } from "./table.ts";

const ENDPOINTS = 10_000;
const GOAL_MS = 50;
const LIVE_GOAL_MS = 300;

/** The web pages: what the server takes for one, and how soon an open one shows a change. */
export const pages: Bench = {
  name: "pages",
  run: async ({ quick }) => {
    const rounds = quick ? 10 : 50;
    return [
      ...(await rendered("10 a member", 10, rounds)),
      ...(await rendered("a thousand a member, at one host", 1_000, rounds)),
      ...(await rendered("all of one member, at one host", ENDPOINTS, rounds)),
      await shownLive(rounds),
    ];
  },
};

async function rendered(how: string, each: number, rounds: number): Promise<Row[]> {
  const running = await startPages(seedRecords(ENDPOINTS, ZONE, { each }));
  try {
    const rows: Row[] = [];
    for (const [name, path] of [
      ["My sites", "/"],
      ["a search in My sites", "/?q=app7"],
      ["one host", `/sites/member0.${ZONE}`],
      ["an endpoint", "/endpoints/ep-00000005"],
      ["the form for changing it", "/endpoints/ep-00000005/edit"],
      ["what its removal changes", "/endpoints/ep-00000005/remove"],
      ["the form for a new one", "/endpoints/new"],
      ["Requests", "/requests"],
      ["Groups", "/groups"],
      ["Access", "/access"],
      ["Activity", "/activity"],
    ] as const) {
      const times = await timesOf(running, path, rounds);
      rows.push({
        what: `the page ${name}, ${ENDPOINTS / 1000} k endpoints, ${how}`,
        measured: `median ${median(times).toFixed(1)} ms (up to ${Math.max(...times).toFixed(1)})`,
        compared: "",
        goal: `median ≤ ${GOAL_MS} ms`,
        met: median(times) <= GOAL_MS,
      });
    }
    return rows;
  } finally {
    await running.close();
  }
}

async function timesOf(running: TestPages, path: string, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds + 3; round++) {
    const began = performance.now();
    const response = await running.ask("member0", path);
    await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    // The first ones warm the code up.
    if (round >= 3) times.push(performance.now() - began);
  }
  return times;
}

/** From the stored change, to the page that shows it, over the network. */
async function shownLive(rounds: number): Promise<Row> {
  const running = await startPages(seedRecords(ENDPOINTS, ZONE));
  const headers = running.by("member0");
  const abort = new AbortController();
  try {
    const stream = await fetch(`${running.origin}/live`, { headers, signal: abort.signal });
    const reader = stream.body?.getReader();
    if (reader === undefined) throw new Error("no stream");
    await reader.read();
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const path = `/live${round}`;
      await running.must((state, context) =>
        createEndpoint(state, context, {
          owner: "member0",
          path,
          targets: ["http://10.0.0.1:80"],
        }),
      );
      const began = performance.now();
      await reader.read();
      const body = await (
        await fetch(`${running.origin}/sites/member0.${ZONE}`, { headers })
      ).text();
      if (!body.includes(path)) throw new Error(`${path} is not shown`);
      times.push(performance.now() - began);
    }
    return {
      what: `change acknowledged → a page that is open has been brought up to date, ${ENDPOINTS / 1000} k endpoints`,
      measured: `median ${median(times).toFixed(1)} ms (up to ${Math.max(...times).toFixed(1)})`,
      compared: "",
      goal: `≤ ${LIVE_GOAL_MS} ms`,
      met: Math.max(...times) <= LIVE_GOAL_MS,
    };
  } finally {
    abort.abort();
    await running.close();
  }
}
