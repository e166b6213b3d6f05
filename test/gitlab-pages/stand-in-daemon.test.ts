import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { handClock } from "../support/gitlab/clock.ts";
import { startPagesDaemon } from "../support/gitlab/pages-daemon-server.ts";
import { type DaemonOptions, PagesDaemon } from "../support/gitlab/pages-daemon.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";

function stage(options: DaemonOptions = {}) {
  const clock = handClock();
  const world = new GitLabWorld({ now: clock.now });
  const daemon = new PagesDaemon(world, options);
  const cosmo = world.createUser("cosmo");
  const site = (path: string, more: object = {}) => {
    const project = world.createProject(cosmo, path, more);
    world.deploy(project);
    return project;
  };
  /** The project that is served, or what else happens. */
  const at = (host: string, path: string) => {
    const served = daemon.serve(host, path);
    return served.kind === "site" ? served.projectId : served.kind;
  };
  return { clock, world, daemon, cosmo, site, at };
}

describe("the stand-in daemon", () => {
  it("serves the longest prefix, by whole segments and in real case", () => {
    const { world, cosmo, site, at } = stage();
    const [home, foo] = [site("cosmo.tardis.ac"), site("Foo")];
    const mr = world.deploy(foo, { prefix: "mr3" });
    expect(at("cosmo.tardis.ac", "/")).toBe(home.id);
    expect(at("COSMO.tardis.ac:443", "/Foo/x")).toBe(foo.id);
    expect(at("cosmo.tardis.ac", "/Foo")).toBe(foo.id);
    expect(at("cosmo.tardis.ac", "/Foobar")).toBe(home.id);
    expect(at("cosmo.tardis.ac", "/foo/")).toBe(home.id);
    expect(at("cosmo.tardis.ac", "/Foo/../x")).toBe(home.id);
    expect(at("cosmo.tardis.ac", "//Foo//x")).toBe(foo.id);
    expect(at("nobody.tardis.ac", "/")).toBe("none");
    const { daemon } = stage();
    expect(daemon.serve("cosmo.tardis.ac", "/").kind).toBe("none");
    expect(new PagesDaemon(world).serve("cosmo.tardis.ac", "/Foo/mr3/a.html")).toEqual({
      kind: "site",
      projectId: foo.id,
      namespaceId: cosmo.namespaceId,
      deploymentId: mr.id,
      file: "a.html",
    });
  });

  it("has a host for top namespaces only", () => {
    const { world, at } = stage();
    const sub = world.createGroup("sub", world.createGroup("grp"));
    const project = world.createProject(sub, "foo");
    world.deploy(project);
    expect(at("grp.tardis.ac", "/sub/foo/")).toBe(project.id);
    expect(at("sub.tardis.ac", "/foo/")).toBe("none");
    expect(at("sub.tardis.ac", "/sub/foo/")).toBe("none");
    expect(at("tardis.ac", "/")).toBe("none");
  });

  it("sends to the unique domain and to the primary one", () => {
    const { world, daemon, site, at } = stage();
    const docs = site("docs", { uniqueDomain: "docs-4160ce" });
    expect(daemon.serve("cosmo.tardis.ac", "/docs/a?b=c")).toMatchObject({
      kind: "redirect",
      location: "https://docs-4160ce.tardis.ac/a?b=c",
    });
    expect(at("DOCS-4160ce.tardis.ac", "/a")).toBe(docs.id);
    world.verifyDomain(world.addDomain(docs, "docs.example.com"));
    expect(at("docs.example.com", "/")).toBe(docs.id);
    world.setPrimaryDomain(docs, "https://docs.example.com");
    daemon.forget();
    expect(daemon.serve("docs-4160ce.tardis.ac", "/a")).toMatchObject({
      location: "https://docs.example.com/a",
    });
  });

  it("serves a custom domain while it is enabled", () => {
    const { clock, world, site, at } = stage();
    const foo = site("foo");
    const domain = world.addDomain(foo, "Example.com");
    expect(at("example.com", "/")).toBe("none");
    world.verifyDomain(domain);
    clock.advance(60_001);
    expect(at("example.com", "/")).toBe(foo.id);
    world.failDomain(domain);
    clock.advance(6 * 24 * 3_600_000);
    expect(at("example.com", "/")).toBe(foo.id);
    clock.advance(24 * 3_600_000);
    expect(at("example.com", "/")).toBe("none");
  });

  it("asks for a sign-in before a private site, and keeps the paths of it", () => {
    const { daemon, site, at } = stage();
    site("foo", { access: "private" });
    const open = site("bar", { visibility: "private", access: "public" });
    site("baz", { visibility: "internal" });
    expect(daemon.serve("cosmo.tardis.ac", "/foo/")).toMatchObject({
      kind: "sign-in",
      location: expect.stringMatching(
        /^https:\/\/projects\.tardis\.ac\/auth\?domain=https%3A%2F%2Fcosmo\.tardis\.ac&state=/,
      ),
    });
    expect(at("cosmo.tardis.ac", "/bar/")).toBe(open.id);
    expect(at("cosmo.tardis.ac", "/baz/")).toBe("sign-in");
    expect(at("projects.tardis.ac", "/auth?domain=https://cosmo.tardis.ac&state=x")).toBe("auth");
    expect(at("cosmo.tardis.ac", "/auth?code=y&state=x")).toBe("auth");
    expect(at("cosmo.tardis.ac", "/auth")).toBe("none");
  });

  it("keeps a host's answer for a minute, and says who owns the content now", () => {
    const { clock, world, daemon, cosmo, site, at } = stage();
    const foo = site("foo");
    expect(at("cosmo.tardis.ac", "/foo/")).toBe(foo.id);
    expect(at("eve.tardis.ac", "/foo/")).toBe("none");
    const eve = world.createUser("eve");
    world.transferProject(foo, eve);
    const other = site("foo");
    expect(daemon.serve("cosmo.tardis.ac", "/foo/")).toMatchObject({
      projectId: foo.id,
      namespaceId: eve.namespaceId,
    });
    expect(at("eve.tardis.ac", "/foo/")).toBe("none");
    clock.advance(60_000);
    expect(at("cosmo.tardis.ac", "/foo/")).toBe(foo.id);
    clock.advance(1);
    expect(daemon.serve("cosmo.tardis.ac", "/foo/")).toMatchObject({
      projectId: other.id,
      namespaceId: cosmo.namespaceId,
    });
    expect(at("eve.tardis.ac", "/foo/")).toBe(foo.id);
    expect(daemon.lookups).toBe(4);
  });

  it("can answer once more with what is old, as the real one does", () => {
    const { clock, world, site, at } = stage({ staleUntil: 600_000 });
    const foo = site("foo");
    expect(at("cosmo.tardis.ac", "/foo/")).toBe(foo.id);
    world.undeploy(foo);
    clock.advance(599_999);
    expect(at("cosmo.tardis.ac", "/foo/")).toBe(foo.id);
    expect(at("cosmo.tardis.ac", "/foo/")).toBe("none");
    world.deploy(foo);
    clock.advance(600_000);
    expect(at("cosmo.tardis.ac", "/foo/")).toBe(foo.id);
  });

  it("goes on serving a project that is about to be deleted, at its new path", () => {
    const { world, daemon, site, at } = stage();
    const foo = site("foo");
    world.deleteProject(foo, { delayed: true });
    expect(at("cosmo.tardis.ac", "/foo/")).toBe("none");
    expect(at("cosmo.tardis.ac", `/foo-deletion_scheduled-${foo.id}/`)).toBe(foo.id);
    world.deleteProject(foo);
    daemon.forget();
    expect(at("cosmo.tardis.ac", `/foo-deletion_scheduled-${foo.id}/`)).toBe("none");
  });

  it("takes the host from its proxy, and names the content in headers", async () => {
    const { world, daemon, cosmo, site } = stage();
    const foo = site("foo");
    site("docs", { uniqueDomain: "docs-4160ce" });
    site("secret", { access: "private" });
    const server = await startPagesDaemon(daemon);
    const ask = (path: string, headers: Record<string, string>) =>
      new Promise<{ status: number; headers: object }>((resolve, reject) => {
        const sent = request({ port: server.port, path, headers }, (response) => {
          response.resume();
          resolve({ status: response.statusCode!, headers: response.headers });
        });
        sent.on("error", reject).end();
      });
    try {
      const proxied = { host: "pages.internal", "x-forwarded-host": "cosmo.tardis.ac" };
      expect(await ask("/foo/", proxied)).toMatchObject({
        status: 200,
        headers: { "x-project": String(foo.id), "x-namespace": String(cosmo.namespaceId) },
      });
      expect(await ask("/docs/", proxied)).toMatchObject({ status: 308 });
      expect(await ask("/secret/", proxied)).toMatchObject({ status: 302 });
      expect(await ask("/none/", proxied)).toMatchObject({ status: 404 });
      expect(await ask("/auth?code=1&state=2", proxied)).toMatchObject({ status: 200 });
      expect(await ask("/foo/", { host: "cosmo.tardis.ac" })).toMatchObject({ status: 200 });
      expect(server.requests).toBe(6);
    } finally {
      await server.close();
    }
    expect(world.projects.size).toBe(3);
  });
});
