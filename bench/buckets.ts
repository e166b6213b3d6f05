import { performance } from "node:perf_hooks";
import { Host } from "../test/buckets/support.ts";
import { startMinio } from "../test/support/minio.ts";
import { type Bench, median, type Row } from "./table.ts";

const OWNERS = 500;
const OWNERS_QUICK = 20;
const ROUNDS = 20;
const AT_ONCE = 8;
const INTERVAL_MS = 11 * 60_000;
const DAYS_MS = 8 * 24 * 60 * 60_000;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** What buckets cost at a real MinIO: one made and deleted, and looks at those of many owners. */
export const buckets: Bench = {
  name: "buckets",
  async run({ quick }) {
    const server = await startMinio();
    const host = await Host.start(server);
    try {
      return await measure(host, quick ? OWNERS_QUICK : OWNERS);
    } finally {
      await host.close();
      await server.destroy();
    }
  },
};

async function measure(host: Host, count: number): Promise<Row[]> {
  const owner = await host.person("one");
  const made: number[] = [];
  const keyed: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    made.push(await timed(() => host.bucket(owner, `b-${round}`, { gigabytes: 1 })));
  }
  for (let round = 0; round < ROUNDS; round++) keyed.push(await timed(() => host.key(owner)));
  for (const { id } of host.state.bucketKeys.values()) await host.revoke(id);
  for (const { id } of host.state.buckets.values()) await host.remove(id);
  const deleted = await timed(() => host.pass(DAYS_MS));

  const rest = Array.from({ length: count }, (_, at) => `member-${at}`);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
        const id = await host.person(name);
        await host.bucket(id, "files");
        await host.key(id);
      }
    }),
  );
  await host.pass(INTERVAL_MS);
  await host.pass(INTERVAL_MS);
  const revision = host.state.revision;
  const before = { acts: host.acts, heap: process.memoryUsage().heapUsed };
  const nothing = await timed(() => host.pass(INTERVAL_MS));
  const calls = host.acts - before.acts;
  const grown = (process.memoryUsage().heapUsed - before.heap) / 1e6;
  const { attempted, things } = host.module.loop.lastSweep ?? {};
  return [
    row("a bucket made, median", `${median(made).toFixed(0)} ms`),
    row(`a key made to ${ROUNDS} buckets, median`, `${median(keyed).toFixed(0)} ms`),
    row("a bucket deleted for good", `${(deleted / ROUNDS).toFixed(0)} ms`),
    {
      what: `a look at all of ${count} owners (${things} things) with nothing to do`,
      measured: `${nothing.toFixed(0)} ms, ${calls} calls, ${grown.toFixed(0)} MB more on the heap`,
      compared: `${host.state.revision - revision} commits, ${attempted} attempts`,
      goal: "writes nothing",
      met: host.state.revision === revision && attempted === 0,
    },
  ];
}

function row(what: string, measured: string): Row {
  return { what, measured, compared: "", goal: "", met: null };
}
