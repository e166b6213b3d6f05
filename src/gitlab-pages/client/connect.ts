import type { Config } from "../../config.ts";
import { systemClock } from "../clock.ts";
import { GitLab } from "./gitlab.ts";
import { Pace } from "../../reconcile/pace.ts";
import { Transport, type TransportOptions } from "./transport.ts";

/**
 * A call takes about a millisecond of the event loop, in which no poll is answered. At this rate a
 * read of everything leaves nine tenths of it to the polls. It takes as long as it has calls to make
 * then; the few calls about one project begin at once.
 */
const CALLS_A_SECOND = 100;

export interface ConnectOptions extends Partial<Omit<TransportOptions, "url" | "timeoutMs">> {
  readonly signal?: AbortSignal | undefined;
}

/** The client of the GitLab that the configuration names. Nothing is asked of it yet. */
export function connect(
  { url, token, timeout, concurrency }: Config["gitlab"],
  { signal, ...options }: ConnectOptions = {},
): GitLab {
  const transport = new Transport({
    concurrency,
    clock: systemClock,
    pace: new Pace(CALLS_A_SECOND),
    ...options,
    url,
    timeoutMs: timeout * 1000,
  });
  return new GitLab({ url, token: token ?? "", transport, signal });
}
