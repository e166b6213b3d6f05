import { startTestConsole } from "../test/support/console.ts";
import { answer, inputOf } from "./child.ts";
import { watching } from "./watch.ts";

/** A console with one module on, in a process of its own, that looks at everything when it is told to. */
export interface ResyncInput {
  readonly folder: string;
  readonly module: "buckets" | "databases" | "namespaces";
  /** The module's part of the configuration. */
  readonly settings: object;
}

/** What a look at everything came to, what followed from it included. */
export interface Look {
  readonly ms: number;
  readonly things: number;
  readonly attempted: number;
  /** Commits of the store meanwhile. */
  readonly commits: number;
}

const { folder, module, settings } = inputOf<ResyncInput>();
const running = await startTestConsole(folder, {
  traefik: { version: "3.7" },
  [module]: { ...settings, enabled: true, interval: 1440 },
});
const { loop } = running.modules[module] ?? {};
if (loop === undefined) throw new Error(`${module} is off`);

const verbs = {
  ...watching,
  ports: () => ({ http: running.httpPort, internal: running.internalPort }),
  look: async (): Promise<Look> => {
    await loop.settled();
    const ledger = running.core.requireLedger();
    const { revision } = ledger.state;
    const began = performance.now();
    loop.sweepSoon();
    // The look, and then what it found.
    for (let turn = 0; turn < 2; turn++) {
      loop.tick();
      await loop.settled();
    }
    const { things = 0, attempted = 0, why } = loop.lastSweep ?? { why: "it did not come about" };
    if (why !== undefined) throw new Error(`the look at everything: ${why}`);
    const commits = ledger.state.revision - revision;
    return { ms: performance.now() - began, things, attempted, commits };
  },
  /** Knows no more how things stand, as after a restart. */
  forget: async () => {
    const { volatile } = running.core;
    for (const [key, value] of (await volatile?.list("standing:")) ?? [])
      await volatile?.compareAndSet(key, value, undefined, 1);
  },
  /** Calls to the module's system so far. */
  calls: async () => {
    const response = await fetch(`http://127.0.0.1:${running.internalPort}/metrics`);
    const counted = (await response.text()).matchAll(/^tardis_system_calls_total\{.*\} (\d+)$/gm);
    return [...counted].reduce((sum, [, count]) => sum + Number(count), 0);
  },
};
export type ResyncVerbs = typeof verbs;
answer(verbs, () => running.close());
