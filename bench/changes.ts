import { monitorEventLoopDelay } from "node:perf_hooks";
import { startConsole } from "../src/app.ts";
import { loadConfig } from "../src/config.ts";
import { operator } from "../src/domain/policy.ts";
import { silentLog } from "../src/observability/log.ts";
import { removeFolder, seededFolder } from "./process.ts";
import { median, type Bench, type Row } from "./table.ts";

/** From an acknowledged change to the document that has it, in a console of this process. */
export const changes: Bench = {
  name: "changes",
  run: async ({ quick }) => {
    const sizes = quick ? [1_000] : [10_000, 100_000];
    const rows: Row[] = [];
    for (const endpoints of sizes) rows.push(...(await measure(endpoints, quick ? 10 : 60)));
    return rows;
  },
};

async function measure(endpoints: number, count: number): Promise<Row[]> {
  const folder = await seededFolder(endpoints);
  const env = {
    TARDIS_DATA: folder,
    TARDIS_HTTP__PORT: "0",
    TARDIS_INTERNAL__PORT: "0",
    TARDIS_TRAEFIK__VERSION: "3.7",
  };
  const running = await startConsole(loadConfig({ env }), { log: silentLog });
  const times: number[] = [];
  const delays = monitorEventLoopDelay({ resolution: 1 });
  try {
    const { publisher, core } = running;
    const ledger = core.requireLedger();
    await publisher.settled();
    const ids = [...ledger.state.endpoints.keys()];
    delays.enable();
    for (let change = 0; change < count; change++) {
      const id = ids[Math.floor((ids.length * change) / count)] ?? "";
      await ledger.change(operator, (state, { revision }) => {
        const before = state.endpoints.get(id);
        if (before === undefined) throw new Error(`there is no ${id}`);
        const target = `http://127.0.0.1:${30_000 + change}`;
        const entity = { ...before, revision, targets: [target] };
        return {
          changes: [{ kind: "endpoint", id, entity }],
          event: { type: "measured", summary: "", owners: [] },
          result: null,
        };
      });
      const acknowledged = performance.now();
      await publisher.caughtUp();
      times.push(performance.now() - acknowledged);
    }
    delays.disable();
  } finally {
    await running.close();
    await removeFolder(folder);
  }
  const limit = endpoints > 10_000 ? 25 : 5;
  const blocked = delays.max / 1e6;
  const size = `${endpoints / 1_000} k endpoints`;
  return [
    {
      what: `change acknowledged → new document ready, ${size}`,
      measured: `median ${median(times).toFixed(1)} ms (up to ${Math.max(...times).toFixed(1)})`,
      compared: "",
      goal: `median ≤ ${limit} ms`,
      met: median(times) <= limit,
    },
    {
      what: `the event loop's longest delay meanwhile, ${size}`,
      measured: `${blocked.toFixed(1)} ms (99 %: ${(delays.percentile(99) / 1e6).toFixed(1)})`,
      compared: "",
      goal: "≤ 30 ms",
      met: blocked <= 30,
    },
  ];
}
