import { rm } from "node:fs/promises";
import { join } from "node:path";
import { startRedis } from "../test/support/redis.ts";
import { onRedis, seedRedis } from "./redis.ts";
import { median, type Bench, type Row } from "./table.ts";
import {
  removeFolder,
  residentMb,
  seededFolder,
  startProcess,
  type ConsoleProcess,
} from "./process.ts";

interface Figures {
  /** Milliseconds to the first document, after a restart with the same configuration. */
  readonly restart: number;
  /** The same where no earlier run has left its document. */
  readonly cold: number;
  /** Resident MB, when the document was built anew. */
  readonly memory: number;
}

/** From the start of the process to the first document, and the memory it then takes. */
export const processFigures: Bench = {
  name: "start",
  run: async ({ quick }) => {
    const rounds = quick ? 1 : 7;
    const empty = await measure(0, rounds);
    const full = await measure(10_000, rounds);
    const row = (what: string, at: Figures, of: "restart" | "cold", limit: number) => ({
      what: `start to first document, ${what} endpoints in the store, ${of === "cold" ? "nothing left by an earlier run" : "restarted"}`,
      measured: `${Math.round(at[of])} ms`,
      compared: `empty store ${Math.round(empty[of])} ms`,
      goal: `≤ ${limit / 1_000} s`,
      met: at[of] <= limit,
    });
    const large = quick ? [] : await largeRows(row);
    return [
      row("10 k", full, "restart", 1_000),
      row("10 k", full, "cold", 1_000),
      ...large,
      {
        what: "resident memory, 0 / 10 k endpoints",
        measured: `${Math.round(empty.memory)} / ${Math.round(full.memory)} MB`,
        compared: "",
        goal: "≤ 120 / 180 MB",
        met: empty.memory <= 120 && full.memory <= 180,
      },
    ];
  },
};

async function largeRows(
  row: (what: string, at: Figures, of: "restart" | "cold", limit: number) => Row,
): Promise<Row[]> {
  const huge = await measure(100_000, 3);
  const redis = await measureRedis(100_000, 3);
  return [
    row("100 k", huge, "restart", 4_000),
    row("100 k", huge, "cold", 4_000),
    row("100 k (Redis)", { restart: redis, cold: redis, memory: 0 }, "cold", 4_000),
    {
      what: "resident memory, 100 k endpoints, built anew / after a restart",
      measured: `${Math.round(huge.memory)} MB in the median of both`,
      compared: "",
      goal: "≤ 450 MB",
      met: huge.memory <= 450,
    },
  ];
}

/** The same from a Redis: beside replicas a console has to read the state before it answers. */
async function measureRedis(endpoints: number, rounds: number): Promise<number> {
  const redis = await startRedis();
  const times: number[] = [];
  try {
    await seedRedis(redis.port, endpoints);
    for (let round = 0; round < rounds; round++) {
      const folder = await seededFolder(0);
      const console = await startProcess(folder, undefined, onRedis(redis.port));
      times.push(console.firstDocumentMs);
      await console.stop();
      await removeFolder(folder);
    }
  } finally {
    await redis.destroy();
  }
  return median(times);
}

async function measure(endpoints: number, rounds: number): Promise<Figures> {
  const folder = await seededFolder(endpoints);
  const restarts: number[] = [];
  const colds: number[] = [];
  const memories: number[] = [];
  let ports: ConsoleProcess | undefined;
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [times, cold] of [
        [colds, true],
        [restarts, false],
      ] as const) {
        if (cold) await rm(join(folder, "last-good.json"), { force: true });
        const console = await startProcess(folder, ports);
        ports = console;
        times.push(console.firstDocumentMs);
        memories.push(await residentMb(console.pid));
        await console.stop();
      }
    }
  } finally {
    await removeFolder(folder);
  }
  return { restart: median(restarts), cold: median(colds), memory: median(memories) };
}
