import type { State } from "../../src/domain/state.ts";
import { type Rendered, render } from "../../src/traefik/render.ts";
import { whoAnswered } from "./asker.ts";
import { type Backend, type BackendOptions, type Echo, startBackend } from "./backends.ts";
import { publishBytes } from "./live.ts";
import { type PagesServer, startPagesServer } from "./pages-server.ts";
import { type Published, type Question, startPublished } from "./published.ts";
import type { Answer } from "./request.ts";
import {
  type Entities,
  type Overrides,
  type TestSettings,
  stateOf,
  testSettings,
  zone,
} from "./states.ts";
import type { TraefikOptions } from "./traefik.ts";

/** A whole host: a real Traefik, the servers of operators, and members' services. */
export interface Stage {
  readonly published: Published;
  readonly userhomes: Backend;
  readonly console: Backend;
  readonly pages: PagesServer;
  /** A service of a member, started at its first mention; it answers with its name. */
  member(name: string, options?: BackendOptions): Promise<Backend>;
  settings(overrides?: Overrides): TestSettings;
  /** Renders a state and puts it in force. */
  show(state: State | Entities, overrides?: Overrides): Promise<Rendered>;
  /** Who answers an HTTPS request, as `whoAnswered` says it. */
  who(host: string, path?: string, more?: Partial<Question>): Promise<string>;
  /** Who answers a request to the plain entry point. */
  whoPlain(host: string, path?: string): Promise<string>;
  /** What reached the backend. */
  echo(host: string, path?: string, more?: Partial<Question>): Promise<Echo>;
  ask(host: string, path?: string, more?: Partial<Question>): Promise<Answer>;
  close(): Promise<void>;
}

/** Starts everything. GitLab Pages and userhomes are on, unless a state's settings say otherwise. */
export async function startStage(
  options: Omit<TraefikOptions, "provider"> & { readonly proxyProtocol?: boolean } = {},
): Promise<Stage> {
  const { proxyProtocol = false, ...traefikOptions } = options;
  const members = new Map<string, Promise<Backend>>();
  const userhomes = await startBackend("userhomes");
  const consoleServer = await startBackend("console");
  const pages = await startPagesServer({ proxyProtocol });
  const published = await startPublished({
    certs: [{ names: [zone, `*.${zone}`] }],
    ...traefikOptions,
  });
  const settings = (overrides: Overrides = {}) =>
    testSettings({
      ...overrides,
      traefik: { consoleUrl: consoleServer.url, ...overrides.traefik },
      userhomes: { enabled: true, url: userhomes.url, ...overrides.userhomes },
      pages: {
        enabled: true,
        url: `http://127.0.0.1:${pages.proxyPort}`,
        challengeUrl: `http://127.0.0.1:${pages.httpPort}`,
        tlsAddress: `127.0.0.1:${pages.tlsPort}`,
        proxyProtocol,
        ...overrides.pages,
      },
    });
  const ask: Stage["ask"] = (host, path = "/", more = {}) =>
    published.https({ host, path, ...more });
  return {
    published,
    userhomes,
    console: consoleServer,
    pages,
    settings,
    ask,
    member(name, backendOptions) {
      const started = members.get(name) ?? startBackend(name, backendOptions);
      members.set(name, started);
      return started;
    },
    async show(state, overrides) {
      const rendered = render(isList(state) ? stateOf(...state) : state, settings(overrides));
      await publishBytes(published, rendered.body);
      return rendered;
    },
    who: async (host, path, more) => whoAnswered(await ask(host, path, more)),
    whoPlain: async (host, path = "/") => whoAnswered(await published.http({ host, path })),
    echo: async (host, path, more) => (await ask(host, path, more)).json<Echo>(),
    async close() {
      await published.close();
      await pages.close();
      for (const backend of [userhomes, consoleServer, ...(await Promise.all(members.values()))]) {
        await backend.close();
      }
    },
  };
}

function isList(state: State | Entities): state is Entities {
  return Array.isArray(state);
}
