import type { Config } from "../../config.ts";
import { GitLab } from "../client/gitlab.ts";
import { Transport } from "../client/transport.ts";
import { systemClock } from "../clock.ts";

/** The client of a command: it need not be quick, and does not wait for long. */
export function connect(config: Config["gitlab"], send?: typeof fetch): GitLab {
  const transport = new Transport({
    url: config.url,
    concurrency: 2,
    timeoutMs: config.timeout * 1000,
    clock: systemClock,
    fetch: send,
  });
  return new GitLab({ url: config.url, token: config.token ?? "", transport });
}
