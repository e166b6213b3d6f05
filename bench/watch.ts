import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

export interface Memory {
  /** All in MB. */
  readonly rss: number;
  readonly heap: number;
}

/** What a console did to its process while it was watched. */
export interface Watched {
  readonly peak: Memory;
  /** The longest delays of the event loop, in milliseconds. */
  readonly delayMax: number;
  readonly delay99: number;
  readonly cpuMs: number;
}

/** To ask for it takes some 0.3 ms. */
const SAMPLE_MS = 100;
const delays = monitorEventLoopDelay({ resolution: 1 });
let peak: Memory = { rss: 0, heap: 0 };
let cpu = process.cpuUsage();
let sampling: NodeJS.Timeout | undefined;

function memory(): Memory {
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20 };
}

function sample(): void {
  const { rss, heap } = memory();
  peak = { rss: Math.max(peak.rss, rss), heap: Math.max(peak.heap, heap) };
}

/** What a bench asks of this process about its memory and its turns. */
export const watching = {
  /** What is in use when all that can be freed is free. */
  memory: async (): Promise<Memory> => {
    for (let turn = 0; turn < 3; turn++) {
      globalThis.gc?.();
      await delay(50);
    }
    return memory();
  },
  watch: () => {
    peak = memory();
    cpu = process.cpuUsage();
    clearInterval(sampling);
    sampling = setInterval(sample, SAMPLE_MS);
    delays.reset();
    delays.enable();
  },
  watched: (): Watched => {
    delays.disable();
    clearInterval(sampling);
    sample();
    const used = process.cpuUsage(cpu);
    return {
      peak,
      delayMax: delays.max / 1e6,
      delay99: delays.percentile(99) / 1e6,
      cpuMs: (used.user + used.system) / 1_000,
    };
  },
};
export type WatchingVerbs = typeof watching;
