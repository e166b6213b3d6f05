import { performance } from "node:perf_hooks";
import { Host } from "../test/databases/support.ts";
import { startMariadb } from "../test/support/mariadb.ts";
import { type Bench, median, type Row } from "./table.ts";

const OWNERS = 500;
const OWNERS_QUICK = 20;
const ROUNDS = 20;
const AT_ONCE = 4;
const INTERVAL_MS = 11 * 60_000;
const DAYS_MS = 8 * 24 * 60 * 60_000;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** What databases cost at a real MariaDB: one made and deleted, and looks at those of many owners. */
export const databases: Bench = {
  name: "databases",
  async run({ quick }) {
    const mariadb = await startMariadb();
    const host = await Host.start(mariadb, { callMs: 10_000 });
    try {
      return await measure(host, quick ? OWNERS_QUICK : OWNERS);
    } finally {
      await host.close();
      await mariadb.destroy();
    }
  },
};

async function measure(host: Host, count: number): Promise<Row[]> {
  const owner = await host.person("one");
  const made: number[] = [];
  const drawn: number[] = [];
  const renewed: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    made.push(await timed(() => host.database(owner, `b_${round}`)));
  for (let round = 0; round < ROUNDS; round++)
    drawn.push(await timed(() => host.account(owner, `a-${round}`)));
  const accounts = [...host.state.databaseAccounts.keys()];
  for (const id of accounts) renewed.push(await timed(() => host.renew(id)));
  const ended: number[] = [];
  for (const id of accounts) ended.push(await timed(() => host.end(id)));
  for (const { id } of host.state.databases.values()) await host.remove(id);
  const deleted = await timed(() => host.pass(DAYS_MS));

  const rest = Array.from({ length: count }, (_, at) => `member-${at}`);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
        const id = await host.person(name);
        await host.database(id, "files");
        await host.account(id);
      }
    }),
  );
  await host.pass(INTERVAL_MS);
  await host.pass(INTERVAL_MS);
  const { revision } = host.state;
  const before = { acts: host.acts, heap: process.memoryUsage().heapUsed };
  const nothing = await timed(() => host.pass(INTERVAL_MS));
  const calls = host.acts - before.acts;
  const grown = (process.memoryUsage().heapUsed - before.heap) / 1e6;
  const { attempted, things } = host.module.loop.lastSweep ?? {};
  const wasRevision = host.state.revision;
  // A process that does not know how anything stood looks at each thing by itself.
  await host.restart();
  const heap = process.memoryUsage().heapUsed;
  const fresh = await timed(() => host.pass(0));
  const freshCalls = host.acts;
  const freshGrown = (process.memoryUsage().heapUsed - heap) / 1e6;
  return [
    row("a database made, median", `${median(made).toFixed(0)} ms`),
    row(`an account made for ${ROUNDS} databases, median`, `${median(drawn).toFixed(0)} ms`),
    row("a password renewed, median", `${median(renewed).toFixed(0)} ms`),
    row("an account ended, median", `${median(ended).toFixed(0)} ms`),
    row("a database deleted for good", `${(deleted / ROUNDS).toFixed(0)} ms`),
    {
      what: `a look at all of ${count} owners (${things} things) with nothing to do`,
      measured: `${nothing.toFixed(0)} ms, ${calls} calls, ${grown.toFixed(0)} MB more on the heap`,
      compared: `${wasRevision - revision} commits, ${attempted} attempts`,
      goal: "writes nothing",
      met: wasRevision === revision && attempted === 0,
    },
    {
      what: `the same by a process that knows nothing of them yet`,
      measured: `${fresh.toFixed(0)} ms, ${freshCalls} calls, ${freshGrown.toFixed(0)} MB more on the heap`,
      compared: `${host.state.revision - wasRevision} commits`,
      goal: "writes nothing at the server",
      met: host.state.revision === wasRevision,
    },
  ];
}

function row(what: string, measured: string): Row {
  return { what, measured, compared: "", goal: "", met: null };
}
