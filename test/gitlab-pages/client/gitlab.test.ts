import { afterEach, describe, expect, it } from "vitest";
import { GitLab, type HookWish } from "../../../src/gitlab-pages/client/gitlab.ts";
import {
  type Arrived,
  DrivenClock,
  failureOf,
  type Reply,
  SmallServer,
  transportTo,
} from "./support.ts";

const servers: SmallServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** @param base where GitLab is below its host */
async function stage(answer: (request: Arrived, origin: string) => Reply, base = "") {
  let origin = "";
  const server = new SmallServer((request) => answer(request, origin));
  servers.push(server);
  origin = await server.listen();
  const url = origin + base;
  const transport = transportTo(url, new DrivenClock({ byItself: true }));
  const gitlab = new GitLab({ url, token: "glpat-test", transport });
  return { server, gitlab };
}

const project = (id: number) => ({
  id,
  path_with_namespace: `alice/site-${id}`,
  visibility: "public",
  namespace: { id: 5, kind: "user", full_path: "alice", parent_id: null },
});

const queryOf = ({ path }: Arrived) => new URL(path, "http://x").searchParams;

/** The ids of a walk from beginning to end, and how many pages it took. */
async function walk(gitlab: GitLab): Promise<number[]> {
  const ids: number[] = [];
  for (let last = 0; ; last = ids.at(-1) ?? 0) {
    const projects = await gitlab.projectsAfter(last);
    if (projects === undefined) return ids;
    ids.push(...projects.map(({ id }) => id));
  }
}

describe("the walk over all projects", () => {
  const all = Array.from({ length: 250 }, (_, index) => 3 * (index + 1));
  const after = (request: Arrived) => Number(queryOf(request).get("id_after") ?? 0);
  const pageAfter = (id: number, size: number) => all.filter((one) => one > id).slice(0, size);
  const link = (origin: string, id: number | undefined) => ({
    link: `<${origin}/api/v4/projects?id_after=${id}&order_by=id&pagination=keyset&per_page=100&sort=asc>; rel="next"`,
  });

  it("takes each once, asking by id", async () => {
    const { gitlab, server } = await stage((request, origin) => {
      const found = pageAfter(after(request), 100);
      return {
        body: found.map(project),
        headers: found.length > 0 ? link(origin, found.at(-1)) : {},
      };
    });
    expect(await walk(gitlab)).toEqual(all);
    const { pathname, searchParams } = new URL(server.arrived[0]?.path ?? "", "http://x");
    expect(pathname).toBe("/api/v4/projects");
    expect(Object.fromEntries(searchParams)).toMatchObject({
      pagination: "keyset",
      order_by: "id",
      sort: "asc",
      per_page: "100",
    });
    expect(server.arrived[0]?.headers["private-token"]).toBe("glpat-test");
  });

  it("goes on after pages of fewer items than were asked for", async () => {
    const { gitlab } = await stage((request, origin) => {
      const found = pageAfter(after(request), 30);
      return {
        body: found.map(project),
        headers: found.length > 0 ? link(origin, found.at(-1)) : {},
      };
    });
    expect(await walk(gitlab)).toEqual(all);
  });

  it.each([100, 30])("needs no links, for pages of %i", async (size) => {
    const { gitlab } = await stage((request) => ({
      body: pageAfter(after(request), size).map(project),
    }));
    expect(await walk(gitlab)).toEqual(all);
  });

  it("never asks another host, whatever a link says", async () => {
    const other = new SmallServer(() => ({ body: [] }));
    servers.push(other);
    const elsewhere = await other.listen();
    const { gitlab } = await stage((request) => {
      const found = pageAfter(after(request), 60);
      return {
        body: found.map(project),
        headers: found.length > 0 ? link(elsewhere, found.at(-1)) : {},
      };
    });
    expect(await walk(gitlab)).toEqual(all);
    expect(other.arrived).toHaveLength(0);
  });

  it.each([
    ["goes down", [5, 4]],
    ["begins before what was asked for", [1, 2]],
    ["has one twice", [3, 3]],
  ])("is refused when a page %s", async (_what, ids) => {
    const { gitlab } = await stage(() => ({ body: ids.map(project) }));
    expect(await failureOf(gitlab.projectsAfter(ids[0] === 1 ? 1 : 0))).toMatchObject({
      code: "invalid",
    });
  });

  it("is refused when a proxy drops the query, as the same page comes again", async () => {
    const { gitlab } = await stage(() => ({ body: [1, 2, 3].map(project) }));
    expect(await failureOf(walk(gitlab))).toMatchObject({ code: "invalid" });
  });
});

describe("lists by page", () => {
  const domain = (number: number) => ({ domain: `d${number}.example`, project_id: 1 });
  const hook = (id: number) => ({ id, url: `https://hooks.example/${id}` });
  const lists: [
    name: string,
    item: (n: number) => object,
    read: (gitlab: GitLab) => Promise<readonly unknown[]>,
    path: string,
  ][] = [
    ["domains", domain, (gitlab) => gitlab.domains(), "/api/v4/pages/domains"],
    ["system hooks", hook, (gitlab) => gitlab.systemHooks(), "/api/v4/hooks"],
    ["project hooks", hook, (gitlab) => gitlab.projectHooks(7), "/api/v4/projects/7/hooks"],
  ];

  describe.each(lists)("%s", (_name, item, read, path) => {
    const page = (request: Arrived, count: number, size = 100) => {
      const from = (Number(queryOf(request).get("page") ?? 1) - 1) * size;
      return Array.from({ length: Math.max(0, Math.min(size, count - from)) }, (_, index) =>
        item(from + index + 1),
      );
    };
    const next = (request: Arrived, more: boolean) => ({
      "x-next-page": more ? String(Number(queryOf(request).get("page") ?? 1) + 1) : "",
    });

    it("are read to their end", async () => {
      const { gitlab, server } = await stage((request) => {
        const found = page(request, 230);
        return { body: found, headers: next(request, found.length === 100) };
      });
      expect(await read(gitlab)).toHaveLength(230);
      expect(server.arrived).toHaveLength(3);
      expect(new URL(server.arrived[0]?.path ?? "", "http://x").pathname).toBe(path);
    });

    it.each([0, 99, 100, 230])(
      "are read to their end where headers are lost (%i)",
      async (count) => {
        const { gitlab } = await stage((request) => ({ body: page(request, count) }));
        expect(await read(gitlab)).toHaveLength(count);
      },
    );

    it("are read to their end where pages are small", async () => {
      const { gitlab } = await stage((request) => {
        const found = page(request, 45, 20);
        return { body: found, headers: next(request, found.length === 20) };
      });
      expect(await read(gitlab)).toHaveLength(45);
    });

    it("are refused when the same page comes again and again", async () => {
      const { gitlab } = await stage((request) => ({
        body: Array.from({ length: 100 }, (_, index) => item(index + 1)),
        headers: next(request, true),
      }));
      expect(await failureOf(read(gitlab))).toMatchObject({ code: "invalid" });
    });
  });
});

describe("hooks", () => {
  const wish: HookWish = {
    url: "https://console.example/hooks/gitlab",
    token: "hook-token-of-ours",
    signingToken: null,
    events: { pushEvents: false, pipelineEvents: true },
  };
  const fields = {
    url: wish.url,
    token: wish.token,
    push_events: false,
    pipeline_events: true,
    enable_ssl_verification: true,
  };
  const answer = { body: { id: 3, url: wish.url } };

  it.each<[string, (gitlab: GitLab) => Promise<unknown>, string, string, object | null]>([
    ["system, added", (at) => at.addSystemHook(wish), "POST", "/api/v4/hooks", fields],
    ["system, removed", (at) => at.removeSystemHook(3), "DELETE", "/api/v4/hooks/3", null],
    [
      "project's, added",
      (at) => at.addProjectHook(7, wish),
      "POST",
      "/api/v4/projects/7/hooks",
      fields,
    ],
    [
      "project's, changed",
      (at) => at.editProjectHook(7, 3, wish),
      "PUT",
      "/api/v4/projects/7/hooks/3",
      fields,
    ],
    [
      "project's, removed",
      (at) => at.removeProjectHook(7, 3),
      "DELETE",
      "/api/v4/projects/7/hooks/3",
      null,
    ],
  ])("a %s one is asked for as GitLab wants it", async (_what, ask, method, path, body) => {
    const { gitlab, server } = await stage(() => (method === "DELETE" ? { status: 204 } : answer));
    await ask(gitlab);
    const [request] = server.arrived;
    expect([request?.method, request?.path]).toEqual([method, path]);
    if (body !== null) expect(JSON.parse(request?.body ?? "")).toEqual(body);
  });

  it("are made with a signing token where there is one", async () => {
    const { gitlab, server } = await stage(() => answer);
    const signingToken = "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    await gitlab.addSystemHook({ ...wish, token: null, signingToken });
    const body = JSON.parse(server.arrived[0]?.body ?? "");
    expect(body).toMatchObject({ signing_token: signingToken });
    expect(body).not.toHaveProperty("token");
  });
});

it("finds GitLab below a path of its host", async () => {
  const { gitlab, server } = await stage(() => ({ body: { version: "18.5.0" } }), "/gitlab");
  expect(await gitlab.version()).toBe("18.5.0");
  await gitlab.projectHooks(7).catch(() => undefined);
  expect(server.arrived.map(({ path }) => new URL(path, "http://x").pathname)).toEqual([
    "/gitlab/api/v4/metadata",
    "/gitlab/api/v4/projects/7/hooks",
  ]);
});

it("takes no answer that lacks a field, and says which one without what it held", async () => {
  const { gitlab } = await stage(() => ({ body: { ...project(3), path_with_namespace: 17_171 } }));
  const error = await failureOf(gitlab.project(3));
  expect(error.code).toBe("invalid");
  expect(error.message).toContain("path_with_namespace");
  expect(error.message).not.toContain("17171");
});

it("takes no single answer for a list", async () => {
  const { gitlab } = await stage(() => ({ body: { message: "maintenance" } }));
  for (const ask of [gitlab.projectsAfter(0), gitlab.domains(), gitlab.systemHooks()]) {
    expect(await failureOf(ask)).toMatchObject({ code: "invalid" });
  }
});

describe("a namespace's Pages by GraphQL", () => {
  const node = (id: number) => ({
    url: `https://alice.tardis.ac/site-${id}`,
    pathPrefix: null,
    createdAt: null,
    project: { id: `gid://gitlab/Project/${id}`, fullPath: `alice/site-${id}` },
  });
  const namespace = (ids: number[], endCursor: string | null, id = 5) => ({
    data: {
      namespace: {
        id: `gid://gitlab/Group/${id}`,
        pagesDeployments: {
          nodes: ids.map(node),
          pageInfo: {
            hasNextPage: endCursor !== null,
            endCursor: endCursor === "none" ? null : endCursor,
          },
        },
      },
    },
  });

  it("are read to their end, with the token of the API", async () => {
    const { gitlab, server } = await stage(({ body }) => ({
      body:
        JSON.parse(body).variables.after === null ? namespace([1, 2], "c") : namespace([3], null),
    }));
    expect(await gitlab.namespacePages("alice")).toMatchObject({
      namespace: 5,
      nodes: [{ project: 1, pathPrefix: "" }, { project: 2 }, { project: 3 }],
    });
    expect(server.arrived.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /api/graphql",
      "POST /api/graphql",
    ]);
    expect(server.arrived[0]?.headers["authorization"]).toBe("Bearer glpat-test");
  });

  it("are none of a namespace that is not there", async () => {
    const { gitlab } = await stage(() => ({ body: { data: { namespace: null } } }));
    expect(await gitlab.namespacePages("alice")).toBeUndefined();
  });

  it("are no answer when there are errors, even beside data", async () => {
    const { gitlab } = await stage(() => ({
      body: { ...namespace([1], null), errors: [{ message: "timeout" }] },
    }));
    expect(await failureOf(gitlab.namespacePages("alice"))).toMatchObject({ code: "refused" });
  });

  it.each([
    ["leaves", { data: { namespace: null } }],
    ["is another's name by then", namespace([3], null, 6)],
    ["is told of again and again", namespace([3], "c")],
    ["is told of no further", namespace([3], "none")],
  ])("are no answer when it %s between two pages", async (_what, second) => {
    const { gitlab } = await stage(({ body }) => ({
      body: JSON.parse(body).variables.after === null ? namespace([1], "c") : second,
    }));
    expect(await failureOf(gitlab.namespacePages("alice"))).toMatchObject({ code: "invalid" });
  });
});
