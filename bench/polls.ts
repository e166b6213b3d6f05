import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { median } from "./table.ts";

/** How long answers took, in milliseconds. */
export interface Latency {
  readonly count: number;
  readonly median: number;
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
  readonly times: readonly number[];
}

const PAUSE_MS = 10;

/**
 * Polls one after the other on one connection, until it is told to stop. Only one poller runs in this
 * process, which does nothing else meanwhile: what is measured is who answers.
 */
export function startPolls(port: number, path: string): () => Promise<Latency> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  let running = true;
  const done = (async () => {
    while (running) {
      const start = performance.now();
      await get(agent, port, path);
      times.push(performance.now() - start);
      await delay(PAUSE_MS);
    }
  })();
  return async () => {
    running = false;
    await done;
    agent.destroy();
    return latencyOf(times);
  };
}

/** Of all these answers, however many phases they come of. */
export function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    count: times.length,
    median: median(times),
    mean: times.reduce((sum, time) => sum + time, 0) / times.length,
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    times,
  };
}

function get(agent: Agent, port: number, path: string): Promise<void> {
  const headers = { "Accept-Encoding": "gzip" };
  return new Promise((resolve, reject) => {
    const asked = request({ agent, port, host: "127.0.0.1", path, headers }, (response) => {
      response.resume();
      response.once("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`a poll was answered ${response.statusCode}`));
      });
    });
    asked.once("error", reject);
    asked.end();
  });
}
