import type { BareVerbs } from "./bare-server.ts";
import { startChild, type Child } from "./child.ts";
import { startPolls, type Latency } from "./polls.ts";
import type { Watched, WatchingVerbs } from "./watch.ts";

/** What a phase of a bench came to. */
export interface Phase {
  readonly watched: Watched;
  readonly polls: Latency;
  /** A bare server, polled in turn: what the machine did to anybody. */
  readonly bare: Latency;
}

/** Watches a console while something happens. */
export type During = <T>(work: () => Promise<T>) => Promise<Phase & { readonly result: T }>;

/**
 * Polls a console and a bare server during each phase.
 * @param port the console's internal one
 */
export async function watcher(
  console: { readonly ask: Pick<Child<WatchingVerbs>["ask"], "watch" | "watched"> },
  port: number,
): Promise<{ during: During; stop: () => Promise<void> }> {
  const bare = await startChild<BareVerbs>("bare-server.ts", {});
  const barePort = await bare.ask.port();
  const during: During = async (work) => {
    await console.ask.watch();
    const stops = [startPolls(port, "/traefik/config"), startPolls(barePort, "/")] as const;
    const stopAll = async () => {
      const [polls, control] = await Promise.all([stops[0](), stops[1]()]);
      return { polls, bare: control };
    };
    let result: Awaited<ReturnType<typeof work>>;
    try {
      result = await work();
    } catch (error) {
      await stopAll().catch(() => undefined);
      throw error;
    }
    const latencies = await stopAll();
    return { result, watched: await console.ask.watched(), ...latencies };
  };
  return { during, stop: () => bare.stop() };
}
