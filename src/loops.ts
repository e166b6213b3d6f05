import type { Core } from "./core.ts";
import { Refusal } from "./errors.ts";
import type { Logger } from "./observability/log.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { Replica } from "./replica.ts";

export interface BootstrapOverrides {
  readonly bootstrapToken?: string | undefined;
  readonly onBootstrapToken?: (secret: string) => unknown;
}

export interface LoopOptions {
  readonly core: Core;
  readonly replica: Replica;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly bootstrap: () => Promise<void>;
}

const SWEEP_MS = 60_000;
const WATCH_MS = 1_000;

/** Makes the first admin token; while the store takes no change, that has to wait. */
export async function bootstrapOnce(
  core: Core,
  overrides: BootstrapOverrides,
  log: Logger,
): Promise<void> {
  try {
    const secret = await core.bootstrap(overrides.bootstrapToken);
    if (secret !== undefined) await overrides.onBootstrapToken?.(secret);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    log.warn(`the first admin token is not made yet: ${error.message}`);
  }
}

/** What is due now and then: the sweep, and an eye on the store. @returns ends both */
export function startLoops({ core, replica, metrics, log, bootstrap }: LoopOptions): () => void {
  const failed = (error: unknown) =>
    log.error({ err: error }, "what is due could not be done; it is tried again");
  // One replica does what is due for all; the others would only lose the race.
  const sweep = () => {
    if (replica.leads) core.sweep().catch(failed);
  };
  // What was wrong at the start has been told there.
  let known = core.fault?.reason;
  const watch = async () => {
    await core.retry();
    const reason = core.fault?.reason;
    metrics.storeWritable.set(reason === undefined ? 1 : 0);
    if (reason === known) return;
    known = reason;
    if (reason !== undefined) {
      log.error({ code: core.fault?.code }, reason);
      return;
    }
    log.info("the store takes changes again");
    await bootstrap();
  };
  const run = () => void watch().catch(failed);
  sweep();
  run();
  const timers = [setInterval(sweep, SWEEP_MS), setInterval(run, WATCH_MS)];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
