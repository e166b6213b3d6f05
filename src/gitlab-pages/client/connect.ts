import type { Config } from "../../config.ts";
import { GitLab } from "../client/gitlab.ts";
import { Transport } from "../client/transport.ts";
import { systemClock } from "../clock.ts";

export interface ConnectOptions {
  readonly fetch?: typeof fetch | undefined;
  /** How often a call is sent at most: few where somebody waits to be told what is wrong. */
  readonly tries?: number | undefined;
}

/** The client of a command, beside a console that may be calling GitLab as well. */
export function connect(config: Config["gitlab"], options: ConnectOptions = {}): GitLab {
  const transport = new Transport({
    url: config.url,
    concurrency: 2,
    timeoutMs: config.timeout * 1000,
    clock: systemClock,
    ...options,
  });
  return new GitLab({ url: config.url, token: config.token ?? "", transport });
}
