import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { SentHook } from "../test/support/gitlab/hooks.ts";
import type { Project } from "../test/support/gitlab/model.ts";
import { startPagesDaemon } from "../test/support/gitlab/pages-daemon-server.ts";
import { PagesDaemon } from "../test/support/gitlab/pages-daemon.ts";
import { startGitLab } from "../test/support/gitlab/server.ts";
import { answer, inputOf } from "./child.ts";
import { buildWorld, type WorldSize } from "./gitlab-world.ts";

/** A GitLab and its Pages daemon, in a process of their own. */
export interface GitLabInput {
  readonly size: WorldSize;
  readonly zone: string;
  readonly hookToken: string;
}

export interface Site {
  readonly project: number;
  readonly host: string;
  readonly path: string;
}

export interface HookRequest {
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface Prepared {
  readonly hooks: number;
  /** So many projects are told of, in turn. */
  readonly projects: number;
}

export interface Burst {
  readonly port: number;
  readonly host: string;
}

export interface BurstOutcome {
  /** Until the last was answered. */
  readonly ms: number;
  readonly statuses: Record<string, number>;
}

/** Each answer takes so long: calls meet, as they do at a GitLab that has to look things up. */
const ANSWER_MS = 10;
const { size, zone, hookToken } = inputOf<GitLabInput>();
const { world, token, ready } = buildWorld(size, zone);
const gitlab = await startGitLab(world, { bulk: true });
// It asks GitLab each time: what it keeps for a minute is not what is measured.
const daemon = await startPagesDaemon(new PagesDaemon(world, { refreshAfter: 0 }));
let free: () => void = () => undefined;
let held: Promise<void> | undefined;
gitlab.gitlab.before = () => held ?? delay(ANSWER_MS);

function siteOf(project: Project): Site {
  const [root = "", ...rest] = world.fullPath(project).split("/");
  return {
    project: project.id,
    host: `${root}.${zone}`.toLowerCase(),
    path: `/${rest.join("/")}/`,
  };
}

/** The hook of a pipeline that has ended, signed with the time of now. */
function hookOf(project: Project): HookRequest {
  let sent: SentHook | undefined;
  const stop = world.onHook((one) => (sent = one));
  const hook = world.addProjectHook(project, {
    url: `https://console.${zone}/hooks/gitlab`,
    signingToken: hookToken,
    events: { push_events: false, pipeline_events: true },
  });
  world.pipeline(project, "success");
  world.removeHook(hook);
  stop();
  if (sent === undefined) throw new Error("no hook was sent");
  return { headers: { ...sent.headers }, body: sent.body };
}

let requests: HookRequest[] = [];

function prepare({ hooks, projects }: Prepared): void {
  const about = [...world.projects.values()].slice(0, projects);
  requests = Array.from({ length: hooks }, (_each, n) =>
    hookOf(about[n % about.length] as Project),
  );
}

/** Sends them as GitLab's workers do: 32 at once, each waiting for its answer. */
async function burst({ port, host }: Burst): Promise<BurstOutcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const statuses: Record<string, number> = {};
  const start = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (let hook = requests[next++]; hook !== undefined; hook = requests[next++]) {
        const status = await post(agent, port, host, hook);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  agent.destroy();
  return { ms: performance.now() - start, statuses };
}

function post(agent: Agent, port: number, host: string, hook: HookRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        port,
        host: "127.0.0.1",
        method: "POST",
        path: "/hooks/gitlab",
        headers: { ...hook.headers, Host: host, "Content-Length": Buffer.byteLength(hook.body) },
      },
      (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode ?? 0));
      },
    );
    outgoing.once("error", reject);
    outgoing.end(hook.body);
  });
}

const verbs = {
  about: () => ({
    url: gitlab.url,
    daemon: daemon.url,
    token,
    users: [...world.users.values()].map(({ id, username }) => ({ id, username })),
    flat: ready.flat.map(siteOf),
    nested: ready.nested.map(siteOf),
  }),
  /** From here on nothing is answered until `release`. */
  hold: () => {
    held = new Promise((resolve) => (free = resolve));
  },
  release: () => {
    held = undefined;
    free();
  },
  forget: () => gitlab.gitlab.forget(),
  calls: () => ({
    count: gitlab.gitlab.count(),
    walks: gitlab.gitlab.count({ path: /\/projects\?.*id_after=0/ }),
    projects: gitlab.gitlab.count({ path: /\/projects\/\d+(?:$|\?)/ }),
    graphql: gitlab.gitlab.count({ path: /\/graphql/ }),
    pages: gitlab.gitlab.count({ path: /\/projects\/\d+\/pages/ }),
    peak: gitlab.gitlab.peak,
  }),
  /** Has a site deployed, and gives the hook that GitLab would send then. */
  publish: ({ project }: { project: number }): HookRequest => {
    const found = world.projects.get(project);
    if (found === undefined) throw new Error(`there is no project ${project}`);
    world.deploy(found);
    return hookOf(found);
  },
  prepare,
  burst,
  /** Reads of one project by itself, of those that were made first. */
  singles: ({ upTo }: { upTo: number }): number =>
    gitlab.gitlab.log.filter(({ path }) => {
      const project = /\/projects\/(\d+)$/.exec(path)?.[1];
      return project !== undefined && Number(project) <= upTo;
    }).length,
};
export type GitLabVerbs = typeof verbs;
answer(verbs, async () => {
  await gitlab.close();
  await daemon.close();
});
