import { describe, expect, it } from "vitest";
import { type ApiRequest } from "../support/gitlab/exchange.ts";
import { GitLab } from "../support/gitlab/gitlab.ts";
import { type GitLabServer, startGitLab } from "../support/gitlab/server.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";

const address = "https://gitlab.tardis.ac";

function instance(options: { hooksCanBeChanged?: boolean; bulk?: boolean } = {}) {
  const world = new GitLabWorld();
  const gitlab = new GitLab(world, options);
  const admin = world.createUser("root", { isAdmin: true });
  const token = world.createToken(admin);
  const ask = (method: string, path: string, body?: object, by = token) => {
    const request: ApiRequest = {
      method,
      url: `${address}${path}`,
      headers: { "content-type": "application/json", authorization: `Bearer ${by}` },
      body: body ? JSON.stringify(body) : "",
    };
    const response = gitlab.answer(request);
    return { ...response, json: response.body ? JSON.parse(response.body) : undefined };
  };
  return { world, admin, token, ask };
}

describe("the stand-in's hook settings", () => {
  it("can be made, read, changed and taken away, and never show a token", () => {
    const { world, ask } = instance();
    const url = "https://console.tardis.ac/hooks/gitlab";
    const made = ask("POST", "/api/v4/hooks", { url, token: "secret", push_events: true });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ url, push_events: true, repository_update_events: true });
    expect(made.body).not.toContain("secret");
    const path = `/api/v4/hooks/${made.json.id}`;
    expect(ask("PUT", path, { push_events: false, token: "other" }).json.push_events).toBe(false);
    expect(world.systemHooks[0]).toMatchObject({ url, token: "other" });
    expect(ask("GET", "/api/v4/hooks").json).toHaveLength(1);
    expect(ask("DELETE", path).status).toBe(204);
    expect(ask("GET", path).status).toBe(404);
  });

  it("need the scope api, an admin and a good address", () => {
    const { world, admin, ask } = instance();
    const url = "https://console.tardis.ac/hooks/gitlab";
    const reader = world.createToken(admin, ["read_api"]);
    expect(ask("GET", "/api/v4/hooks", undefined, reader).status).toBe(200);
    expect(ask("POST", "/api/v4/hooks", { url }, reader).status).toBe(403);
    const member = world.createToken(world.createUser("cosmo"));
    expect(ask("POST", "/api/v4/hooks", { url }, member).status).toBe(403);
    expect(ask("POST", "/api/v4/hooks", { url: "console" }).status).toBe(422);
    expect(ask("POST", "/api/v4/hooks", {}).status).toBe(400);
    expect(ask("POST", "/api/v4/hooks", { url, signing_token: "short" }).status).toBe(422);
  });

  it("cannot be changed in an older GitLab", () => {
    const { world, ask } = instance({ hooksCanBeChanged: false });
    const hook = world.addSystemHook({ url: "https://console.tardis.ac/hooks/gitlab" });
    expect(ask("PUT", `/api/v4/hooks/${hook.id}`, { push_events: true }).status).toBe(405);
  });

  it("are kept for each project", () => {
    const { world, admin, ask } = instance();
    const foo = world.createProject(admin, "foo");
    const path = `/api/v4/projects/root%2Ffoo/hooks`;
    const made = ask("POST", path, { url: "https://console.tardis.ac/x", pipeline_events: true });
    expect(made.json).toMatchObject({ project_id: foo.id, pipeline_events: true });
    expect(ask("GET", path).json).toHaveLength(1);
    ask("DELETE", `${path}/${made.json.id}`);
    expect(foo.hooks).toEqual([]);
  });
});

describe("the stand-in's GraphQL", () => {
  const query =
    "query($p:ID!,$a:String){namespace(fullPath:$p){pagesDeployments(active:true,first:2,after:$a){nodes{id url pathPrefix rootDirectory createdAt expiresAt ciBuildId project{id fullPath}} pageInfo{hasNextPage endCursor}}}}";

  function graphql() {
    const { world, admin, ask } = instance();
    const run = (p: string, a: string | null = null, text = query, token?: string) =>
      ask("POST", "/api/graphql", { query: text, variables: { p, a } }, token);
    return { world, admin, run };
  }

  it("lists the deployments of a namespace's own projects, page by page", () => {
    const { world, run } = graphql();
    const club = world.createGroup("Club");
    const sites = ["a", "b", "c"].map((path) => world.createProject(club, path));
    for (const site of sites) world.deploy(site);
    world.deploy(world.createProject(world.createGroup("web", club), "below"));
    world.undeploy(sites[0]!);
    world.deploy(sites[1]!, { prefix: "mr3" });
    const first = run("club").json.data.namespace.pagesDeployments;
    expect(first.nodes).toMatchObject([
      { url: "https://club.tardis.ac/b/mr3", pathPrefix: "mr3" },
      { url: "https://club.tardis.ac/c", pathPrefix: null },
    ]);
    expect(first.nodes[1]).toMatchObject({
      id: "gid://gitlab/PagesDeployment/3",
      project: { id: `gid://gitlab/Project/${sites[2]!.id}`, fullPath: "Club/c" },
    });
    expect(first.pageInfo).toEqual({ hasNextPage: true, endCursor: "eyJpZCI6IjMifQ" });
    const last = run("club", "eyJpZCI6IjMifQ").json.data.namespace.pagesDeployments;
    expect(last.nodes).toMatchObject([{ url: "https://club.tardis.ac/b" }]);
    expect(last.pageInfo.hasNextPage).toBe(false);
  });

  it("answers null for what is not there, and errors with status 200", () => {
    const { world, run } = graphql();
    expect(run("nobody").json).toEqual({ data: { namespace: null } });
    world.createGroup("club");
    const wrong = run("club", null, "{namespace(fullPath:$p){nothing}}");
    expect(wrong.status).toBe(200);
    expect(wrong.json.errors[0].message).toContain("nothing");
    expect(run("club", null, "{namespace").json.errors).toHaveLength(1);
    expect(run("club", "%%").json.errors).toHaveLength(1);
    expect(run("club", null, query, "glpat-nobody").status).toBe(401);
  });

  it("takes several namespaces by alias, and shows members only their own", () => {
    const { world, run } = graphql();
    const cosmo = world.createUser("cosmo");
    const club = world.createGroup("club");
    for (const where of [cosmo, club]) world.deploy(world.createProject(where, "site"));
    const text =
      '{one:namespace(fullPath:"cosmo"){...nodes} two:namespace(fullPath:"club"){...nodes}}'.replaceAll(
        "...nodes",
        "pagesDeployments(active: true) { nodes { url } }",
      );
    const { data } = run("", null, text, world.createToken(cosmo)).json;
    expect(data.one.pagesDeployments.nodes).toEqual([{ url: "https://cosmo.tardis.ac/site" }]);
    expect(data.two.pagesDeployments.nodes).toEqual([]);
  });
});

describe("the stand-in's server", () => {
  it("answers over a socket as without, with links to itself", async () => {
    const { world, admin, token } = instance();
    world.createProject(admin, "foo");
    const server: GitLabServer = await startGitLab(world, { bulk: true });
    try {
      const url = `${server.url}/api/v4/projects?pagination=keyset&order_by=id&sort=asc&per_page=1`;
      const response = await fetch(url, { headers: { "private-token": token } });
      expect(response.headers.get("link")).toContain(`<${server.url}/api/v4/projects?id_after=1`);
      const [project] = (await response.json()) as object[];
      expect(Object.keys(project!).length).toBeGreaterThan(50);
      expect(project).toMatchObject({ id: 1, pages_access_level: "enabled" });
      expect(server.gitlab.count({ path: /\/projects\?/ })).toBe(1);
    } finally {
      await server.close();
    }
  });
});
