import { median, type Bench } from "./table.ts";
import { removeFolder, residentMb, seededFolder, startProcess } from "./process.ts";

/** From the start of the process to the first document, and the memory it then takes. */
export const processFigures: Bench = {
  name: "start",
  run: async ({ quick }) => {
    const measured = new Map<number, { start: number; memory: number }>();
    for (const endpoints of [0, 10_000]) {
      const folder = await seededFolder(endpoints);
      const starts: number[] = [];
      const memories: number[] = [];
      try {
        for (let round = 0; round < (quick ? 3 : 7); round++) {
          const console = await startProcess(folder);
          starts.push(console.firstDocumentMs);
          memories.push(await residentMb(console.pid));
          await console.stop();
        }
      } finally {
        await removeFolder(folder);
      }
      measured.set(endpoints, { start: median(starts), memory: median(memories) });
    }
    const empty = measured.get(0) ?? { start: Number.NaN, memory: Number.NaN };
    const full = measured.get(10_000) ?? { start: Number.NaN, memory: Number.NaN };
    return [
      {
        what: "start to first document, 10 k endpoints in the store",
        measured: `${Math.round(full.start)} ms`,
        compared: `empty store ${Math.round(empty.start)} ms`,
        goal: "≤ 1 s",
        met: full.start <= 1_000,
      },
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
