import type { Config } from "../../config.ts";
import { systemClock } from "../clock.ts";
import { GitLab } from "./gitlab.ts";
import { Transport, type TransportOptions } from "./transport.ts";

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
    ...options,
    url,
    timeoutMs: timeout * 1000,
  });
  return new GitLab({ url, token: token ?? "", transport, signal });
}
