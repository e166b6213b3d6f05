import { performance } from "node:perf_hooks";
import { Host } from "../test/namespaces/support.ts";
import { startKubernetes } from "../test/support/kubernetes.ts";
import { type Bench, median, type Row } from "./table.ts";

const OWNERS = 500;
const OWNERS_QUICK = 10;
const ROUNDS = 10;
const AT_ONCE = 4;
const INTERVAL_MS = 11 * 60_000;
const DAYS_MS = 8 * 24 * 60 * 60_000;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** What namespaces cost at a real Kubernetes: one made and deleted, and looks at those of many owners. */
export const namespaces: Bench = {
  name: "namespaces",
  async run({ quick }) {
    const server = await startKubernetes();
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
  const opened: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    made.push(await timed(() => host.namespace(owner, `n-${round}`)));
  const [first = ""] = host.state.namespaces.keys();
  for (let round = 0; round < ROUNDS; round++)
    opened.push(await timed(() => host.kubeconfig(first, 1)));
  for (const { id } of host.state.kubeconfigs.values()) await host.revoke(id);
  const closed: number[] = [];
  for (const { id } of host.state.namespaces.values())
    closed.push(await timed(() => host.remove(id)));
  const deleted = await timed(async () => {
    await host.pass(DAYS_MS);
    while (host.state.namespaces.size > 0) await host.pass(INTERVAL_MS);
  });

  const rest = Array.from({ length: count }, (_, at) => `member-${at}`);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
        const id = await host.person(name);
        const { done } = await host.namespace(id, "lab");
        await host.kubeconfig(done.id);
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
    row("a namespace made, median", `${median(made).toFixed(0)} ms`),
    row("a kubeconfig made, median", `${median(opened).toFixed(0)} ms`),
    row("a namespace closed, median", `${median(closed).toFixed(0)} ms`),
    row(`${ROUNDS} empty namespaces deleted for good, together`, `${deleted.toFixed(0)} ms`),
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
