import { setTimeout as delay } from "node:timers/promises";
import { startBackend } from "../test/support/backends.ts";
import type { ConsoleProcess } from "./process.ts";
import { add, reached, stage, until, ZONE } from "./scale.ts";
import { median, type Bench, type Row } from "./table.ts";

/** How many are timed at each size. */
const TIMED = 30;
/** Added at once, between the sizes that are timed. */
const AT_ONCE = 8;

/** A host that grows, one endpoint after the other, while requests run. */
export const growth: Bench = {
  name: "growth",
  run: async ({ quick }) => {
    const backend = await startBackend("growth");
    const { console, traefik, close } = await stage(1, backend.port, "auto");
    const known = ["member0"];
    const wrong: string[] = [];
    let running = true;
    try {
      await until(traefik, `member0.${ZONE}`, "/", "/");
      const asking = (async () => {
        for (let turn = 0; running; turn++) {
          const name = known[(turn * 7_919) % known.length] ?? "";
          if ((await reached(traefik, `${name}.${ZONE}`, "/x")) !== "/x") wrong.push(name);
          await delay(5);
        }
      })();
      const grow = async (to: number) => {
        const names = Array.from(
          { length: to - known.length },
          (_, n) => `grown${known.length + n}`,
        );
        for (let at = 0; at < names.length; at += AT_ONCE) {
          await Promise.all(names.slice(at, at + AT_ONCE).map((name) => person(console, name)));
          await Promise.all(
            names.slice(at, at + AT_ONCE).map((name) => add(console, name, "", backend.port)),
          );
        }
        const last = names.at(-1);
        if (last !== undefined) await until(traefik, `${last}.${ZONE}`, "/", "/");
        known.push(...names);
      };
      const timed = async (from: number): Promise<number[]> => {
        await grow(from);
        const times: number[] = [];
        for (let turn = 0; turn < (quick ? 5 : TIMED); turn++) {
          const name = `timed${from}-${turn}`;
          await person(console, name);
          await add(console, name, "", backend.port);
          const acknowledged = performance.now();
          await until(traefik, `${name}.${ZONE}`, "/", "/");
          times.push(performance.now() - acknowledged);
          known.push(name);
        }
        return times;
      };
      const sizes = quick ? [20] : [1, 300 - TIMED, 3_000 - TIMED];
      const rows: Row[] = [];
      for (const size of sizes) rows.push(row(size, await timed(size)));
      running = false;
      await asking;
      rows.push({
        what: "answers meanwhile that were not the right ones",
        measured: `${wrong.length}${wrong.length === 0 ? "" : `: ${wrong.slice(0, 5).join(", ")}`}`,
        compared: "",
        goal: "0",
        met: wrong.length === 0,
      });
      return rows;
    } finally {
      running = false;
      await close();
      await backend.close();
    }
  },
};

function row(size: number, times: readonly number[]): Row {
  const limit = size <= 300 ? 100 : 300;
  return {
    what: `one more endpoint live, of ${size} to ${size + times.length}, while requests run`,
    measured: `median ${Math.round(median(times))} ms (${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))})`,
    compared: "",
    goal: `median ≤ ${limit} ms`,
    met: median(times) <= limit,
  };
}

async function person(console: ConsoleProcess, username: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${console.httpPort}/api/v1/persons`, {
    method: "POST",
    headers: { Authorization: `Bearer ${console.token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ username }),
  });
  if (response.status !== 201) throw new Error(await response.text());
}
