import type { Config } from "../../../src/config.ts";
import { GitLabPages } from "../../../src/gitlab-pages/module.ts";
import { silentLog } from "../../../src/observability/log.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import type { Ledger } from "../../../src/store/ledger.ts";
import { MemoryVolatile } from "../../../src/store/memory-volatile.ts";
import type { TableSettings } from "../../../src/traefik/table.ts";
import { GitLab } from "./gitlab.ts";
import { GitLabWorld } from "./world.ts";

/** The sync of a console beside a GitLab without sockets. It reads when it is told to. */
export interface StandInPages {
  readonly pages: GitLabPages;
  readonly world: GitLabWorld;
  readonly gitlab: GitLab;
}

/** Makes one; it is not started. */
export function standInPages(
  config: Config["gitlab"],
  table: TableSettings,
  ledger: () => Ledger,
): StandInPages {
  const url = "https://gitlab.example";
  const world = new GitLabWorld({ now: () => new Date(), url, zone: table.rules.zone });
  const token = world.createToken(world.createUser("root", { isAdmin: true }));
  const gitlab = new GitLab(world);
  const volatile = new MemoryVolatile();
  const pages = new GitLabPages({
    config: { ...config, url, token },
    publicUrl: "https://console.example",
    table,
    ledger,
    volatile: () => volatile,
    leads: () => true,
    metrics: createMetrics(),
    log: silentLog,
    send: gitlab.send,
  });
  return { pages, world, gitlab };
}
