import { describe, expect, it } from "vitest";
import { GitLab } from "../support/gitlab/gitlab.ts";
import { roles } from "../support/gitlab/model.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";

const root = "https://gitlab.tardis.ac/api/v4";

function instance() {
  const world = new GitLabWorld();
  const gitlab = new GitLab(world);
  const admin = world.createUser("root", { isAdmin: true });
  const cosmo = world.createUser("Cosmo");
  const tokens = { admin: world.createToken(admin), cosmo: world.createToken(cosmo) };
  const ask = async (path: string, token: string | null = tokens.admin, init: RequestInit = {}) => {
    const headers = { ...(token && { "private-token": token }), ...(init.headers as object) };
    const url = path.startsWith("http") ? path : `${root}/${path}`;
    const response = await gitlab.fetch(url, { redirect: "manual", ...init, headers });
    const text = await response.text();
    const body =
      text && /json/.test(response.headers.get("content-type")!) ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body };
  };
  const write = (method: string, path: string, body: object, token?: string) =>
    ask(path, token, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return { world, gitlab, admin, cosmo, tokens, ask, write };
}

describe("the stand-in's lists", () => {
  it("walks projects by id until an empty page without a link", async () => {
    const { world, cosmo, ask } = instance();
    for (let n = 1; n <= 3; n++) world.createProject(cosmo, `p${n}`);
    const first = await ask("projects?pagination=keyset&order_by=id&sort=asc&per_page=2");
    expect(first.body.map(({ id }: { id: number }) => id)).toEqual([1, 2]);
    expect(first.headers.get("x-total")).toBeNull();
    const link = first.headers.get("link");
    const next = `${root}/projects?id_after=2&order_by=id&pagination=keyset&per_page=2&sort=asc`;
    expect(link).toBe(`<${next}>; rel="next"`);
    const second = await ask(next);
    expect(second.body).toHaveLength(1);
    const third = await ask(/<(.+)>/.exec(second.headers.get("link")!)![1]!);
    expect(third.body).toEqual([]);
    expect(third.headers.get("link")).toBeNull();
    const wrong = await ask("projects?pagination=keyset&order_by=name");
    expect(wrong.status).toBe(405);
  });

  it("pages the rest by number", async () => {
    const { world, cosmo, ask } = instance();
    const foo = world.createProject(cosmo, "foo");
    for (const name of ["a", "b", "c"]) world.addDomain(foo, `${name}.example.com`);
    const { headers, body } = await ask("pages/domains?per_page=2&page=2");
    expect(body).toHaveLength(1);
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-page": "2",
      "x-total": "3",
      "x-total-pages": "2",
      "x-prev-page": "1",
      "x-next-page": "",
    });
    expect(headers.get("link")).toContain(`page=1&per_page=2>; rel="prev"`);
    expect(headers.get("link")).not.toContain("next");
  });

  it("shows a token what its user may see", async () => {
    const { world, admin, cosmo, tokens, ask } = instance();
    const [open, own, hidden] = [
      world.createProject(admin, "open"),
      world.createProject(cosmo, "own", { visibility: "private" }),
      world.createProject(admin, "hidden", { visibility: "private" }),
    ];
    const ids = async (token: string | null) =>
      (await ask("projects?pagination=keyset&order_by=id&sort=asc", token)).body.map(
        ({ id }: { id: number }) => id,
      );
    expect(await ids(tokens.admin)).toEqual([open.id, own.id, hidden.id]);
    expect(await ids(tokens.cosmo)).toEqual([open.id, own.id]);
    expect(await ids(null)).toEqual([open.id]);
    world.setAdmin(admin, false);
    expect(await ids(tokens.admin)).toEqual([open.id, hidden.id]);
  });
});

describe("the stand-in's projects and pages", () => {
  it("are told as the documentation shows", async () => {
    const { world, cosmo, ask } = instance();
    const home = world.createProject(cosmo, "Cosmo.Tardis.ac");
    world.deploy(home);
    const foo = world.createProject(cosmo, "Foo", { visibility: "private" });
    world.deploy(foo, { rootDirectory: "public" });
    const docs = world.createProject(world.createGroup("club"), "docs", {
      uniqueDomain: "docs-4160ce",
    });
    world.deploy(docs);
    world.deploy(docs, { prefix: "mr3" });
    world.deploy(docs, { prefix: "mr4" });
    world.undeploy(docs, "mr4");
    const empty = world.createProject(world.createGroup("sub", world.createGroup("grp")), "empty");
    const created_at = "2026-01-05T18:00:00.000Z";

    expect((await ask("projects/cosmo%2Ffoo")).body).toMatchObject({
      id: foo.id,
      path_with_namespace: "Cosmo/Foo",
      pages_access_level: "private",
      marked_for_deletion_on: null,
      owner: { id: cosmo.id, username: "Cosmo" },
      namespace: { id: cosmo.namespaceId, kind: "user", full_path: "Cosmo", parent_id: null },
    });
    expect((await ask(`projects/${docs.id}`)).body).not.toHaveProperty("owner");
    expect((await ask(`projects/${home.id}/pages`)).body).toEqual({
      url: "https://cosmo.tardis.ac",
      deployments: [
        { created_at, url: "https://cosmo.tardis.ac/", path_prefix: "", root_directory: null },
      ],
      is_unique_domain_enabled: false,
      force_https: true,
      primary_domain: null,
    });
    expect((await ask(`projects/${foo.id}/pages`)).body).toMatchObject({
      url: "https://cosmo.tardis.ac/foo",
      deployments: [
        { url: "https://cosmo.tardis.ac/foo", path_prefix: null, root_directory: "public" },
      ],
    });
    expect((await ask(`projects/${docs.id}/pages`)).body).toMatchObject({
      url: "https://docs-4160ce.tardis.ac",
      is_unique_domain_enabled: true,
      deployments: [
        { url: "https://docs-4160ce.tardis.ac/" },
        { url: "https://docs-4160ce.tardis.ac/mr3", path_prefix: "mr3" },
      ],
    });
    expect((await ask(`projects/${empty.id}/pages`)).body).toMatchObject({
      url: "https://grp.tardis.ac/sub/empty",
      deployments: [],
    });
  });

  it("are refused by GitLab's words", async () => {
    const { world, admin, cosmo, tokens, ask } = instance();
    const hidden = world.createProject(admin, "hidden", { visibility: "private" });
    const open = world.createProject(admin, "open");
    const refused = async (path: string, token: string | null) => {
      const { status, body } = await ask(path, token);
      return [status, body.message ?? body.error];
    };
    const path = `projects/${hidden.id}/pages`;
    expect(await refused(path, tokens.cosmo)).toEqual([404, "404 Project Not Found"]);
    world.setRole(cosmo, hidden, roles.developer);
    expect(await refused(path, tokens.cosmo)).toEqual([403, "403 Forbidden"]);
    world.setRole(cosmo, hidden, roles.maintainer);
    expect((await ask(path, tokens.cosmo)).status).toBe(200);
    world.setAccess(hidden, "disabled");
    expect(await refused(path, tokens.admin)).toEqual([404, "404 Not Found"]);
    expect(await refused(path, null)).toEqual([401, "401 Unauthorized"]);
    expect(await refused(`projects/${open.id}/pages`, null)).toEqual([401, "401 Unauthorized"]);
    expect(await refused("pages/domains", tokens.cosmo)).toEqual([403, "403 Forbidden"]);
    expect(await refused("projects", "glpat-nobody")).toEqual([401, "401 Unauthorized"]);
    const narrow = world.createToken(admin, ["read_user"]);
    expect(await refused("projects", narrow)).toEqual([403, "insufficient_scope"]);
    world.revokeToken(narrow);
    expect(await refused("user", narrow)).toEqual([401, "invalid_token"]);
  });

  it("lead from an old path to the id until the path is taken", async () => {
    const { world, cosmo, ask } = instance();
    const foo = world.createProject(cosmo, "foo");
    world.renameUser(cosmo, "cosmo2");
    const moved = await ask("projects/cosmo%2Ffoo/pages");
    expect(moved.status).toBe(301);
    expect(moved.headers.get("location")).toBe(`${root}/projects/${foo.id}/pages`);
    world.createProject(world.createUser("cosmo"), "foo", { visibility: "private" });
    expect((await ask("projects/cosmo%2Ffoo/pages")).status).toBe(200);
  });

  it("show domains with their state, and certificates in two forms", async () => {
    const { world, cosmo, ask } = instance();
    const foo = world.createProject(cosmo, "foo");
    const expiration = new Date("2026-01-01T00:00:00Z");
    const certificate = { subject: "/CN=example.com", expiration, certificate: "-----BEGIN" };
    const domain = world.addDomain(foo, "example.com", { certificate });
    world.addDomain(foo, "plain.example.com");
    world.verifyDomain(domain);
    const state = { verified: true, enabled_until: "2026-01-12T18:00:00.000Z" };
    const listed = (await ask("pages/domains")).body[0];
    expect(listed).toMatchObject({ ...state, project_id: foo.id, url: "https://example.com" });
    expect(listed.certificate_expiration).toEqual({
      expired: true,
      expiration: "2026-01-01T00:00:00.000Z",
    });
    const [own, plain] = (await ask(`projects/${foo.id}/pages/domains`)).body;
    expect(own.certificate).toMatchObject({ subject: "/CN=example.com", expired: true });
    expect(plain).toMatchObject({ url: "http://plain.example.com", enabled_until: null });
    expect(plain).not.toHaveProperty("certificate");
  });
});

describe("the stand-in's people", () => {
  it("are told, with rights only to admins", async () => {
    const { world, admin, cosmo, tokens, ask } = instance();
    const club = world.createGroup("club");
    const self = async (token: string) => (await ask("user", token)).body;
    expect(await self(tokens.admin)).toMatchObject({ username: "root", is_admin: true });
    expect(await self(tokens.cosmo)).not.toHaveProperty("is_admin");
    expect((await ask("users?username=COSMO")).body).toMatchObject([
      { id: cosmo.id, namespace_id: cosmo.namespaceId },
    ]);
    expect((await ask("users")).body).toHaveLength(2);
    expect((await ask("namespaces/cosmo")).body).toMatchObject({ id: cosmo.namespaceId });
    expect((await ask(`namespaces/${club.id}`, tokens.cosmo)).status).toBe(404);
    expect((await ask("groups/club", tokens.cosmo)).body).toMatchObject({ id: club.id });
    expect((await ask(`groups/${cosmo.namespaceId}`)).status).toBe(404);
    expect((await ask("personal_access_tokens/self")).body).toMatchObject({ scopes: ["api"] });
    expect((await ask("version")).body).toMatchObject({ version: "19.0.0" });
    world.setAdmin(admin, false);
    expect(await self(tokens.admin)).not.toHaveProperty("is_admin");
  });
});
