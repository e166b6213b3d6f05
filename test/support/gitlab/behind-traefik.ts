import type { RunningConsole } from "../../../src/app.ts";
import { mustClient, type MustClient, startTestConsole, zone } from "../console.ts";
import { temporaryFolder } from "../folder.ts";
import { withFreePorts } from "../ports.ts";
import { startTraefik, type Traefik } from "../traefik.ts";
import { waitFor } from "../wait.ts";
import { HOOK_TOKEN } from "./deliver.ts";
import { PagesDaemon } from "./pages-daemon.ts";
import { startPagesDaemon } from "./pages-daemon-server.ts";
import { startGitLab } from "./server.ts";
import type { GitLabWorld } from "./world.ts";

/** A GitLab with its Pages daemon, a console that reads it, and the Traefik that polls the console. */
export interface GitLabBehindTraefik {
  readonly gitlabUrl: string;
  readonly pages: PagesDaemon;
  readonly running: RunningConsole;
  readonly traefik: Traefik;
  readonly must: MustClient;
  /** A read of everything, to its end. @returns the run's id */
  syncAll(): Promise<string>;
  close(): Promise<void>;
}

/** @param more of the configuration below `gitlab` */
export async function startGitLabBehindTraefik(
  world: GitLabWorld,
  token: string,
  more: object = {},
): Promise<GitLabBehindTraefik> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).toReversed()) await end();
  };
  try {
    const folder = await temporaryFolder();
    closing.push(() => folder.remove());
    const gitlab = await startGitLab(world);
    closing.push(() => gitlab.close());
    const pages = new PagesDaemon(world);
    const daemon = await startPagesDaemon(pages);
    closing.push(() => daemon.close());
    return await withFreePorts(
      5,
      async ([http = 0, internal = 0, web = 0, websecure = 0, api = 0]) => {
        const running = await startTestConsole(folder.path, {
          http: { port: http },
          internal: { port: internal },
          traefik: { addresses: [web, websecure, api].map((port) => `127.0.0.1:${port}`) },
          pages: { enabled: true, url: daemon.url },
          gitlab: { enabled: true, url: gitlab.url, token, hooks: { token: HOOK_TOKEN }, ...more },
        });
        closing.push(() => running.close());
        const traefik = await startTraefik({
          ports: { web, websecure, api },
          provider: { url: `http://127.0.0.1:${internal}/traefik/config?wait=4s&poller=e2e` },
          certs: [{ names: [zone, `*.${zone}`] }],
        });
        closing.push(() => traefik.stop());
        const must = mustClient(running.httpPort);
        return {
          gitlabUrl: gitlab.url,
          pages,
          running,
          traefik,
          must,
          syncAll: syncAllBy(must),
          close,
        };
      },
    );
  } catch (error) {
    await close();
    throw error;
  }
}

function syncAllBy(must: MustClient) {
  return async (): Promise<string> => {
    const { id } = await must("POST", "/pages/sync", {});
    await waitFor(async () => (await must("GET", `/pages/sync-runs/${id}`)).state === "done", {
      describe: "the run to be done",
    });
    return id as string;
  };
}
