import { rm } from "node:fs/promises";
import { join } from "node:path";
import { median, type Bench } from "./table.ts";
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
    const rounds = quick ? 3 : 7;
    const empty = await measure(0, rounds);
    const full = await measure(10_000, rounds);
    const row = (how: string, of: "restart" | "cold") => ({
      what: `start to first document, 10 k endpoints in the store, ${how}`,
      measured: `${Math.round(full[of])} ms`,
      compared: `empty store ${Math.round(empty[of])} ms`,
      goal: "≤ 1 s",
      met: full[of] <= 1_000,
    });
    return [
      row("restarted", "restart"),
      row("nothing left by an earlier run", "cold"),
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
