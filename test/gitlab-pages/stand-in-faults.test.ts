import { afterEach, describe, expect, it } from "vitest";
import {
  cut,
  failing,
  garbled,
  held,
  limited,
  redirected,
  replaced,
  reset,
  throttled,
} from "../support/gitlab/faults.ts";
import { GitLab } from "../support/gitlab/gitlab.ts";
import { type GitLabServer, startGitLab } from "../support/gitlab/server.ts";
import { waitFor } from "../support/wait.ts";
import { GitLabWorld } from "../support/gitlab/world.ts";

let server: GitLabServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe.each(["in place of fetch", "over a socket"])("the stand-in's faults %s", (how) => {
  async function instance() {
    const world = new GitLabWorld();
    const cosmo = world.createUser("cosmo", { isAdmin: true });
    for (const path of ["a", "b", "c"]) world.createProject(cosmo, path);
    const headers = { "private-token": world.createToken(cosmo) };
    if (how === "over a socket") server = await startGitLab(world);
    const gitlab = server?.gitlab ?? new GitLab(world);
    const url = `${server?.url ?? "http://gitlab.test"}/api/v4`;
    const send = server ? fetch : gitlab.fetch;
    const ask = (path: string, init: RequestInit = {}) =>
      send(`${url}/${path}`, { ...init, headers });
    return { world, cosmo, gitlab, url, ask };
  }

  it("are for the requests that match, in number too", async () => {
    const { gitlab, ask } = await instance();
    const off = gitlab.faults.add(
      { method: "GET", path: /\/projects\/\d+$/, nth: 2 },
      failing(502),
    );
    const statuses = [];
    for (const path of ["projects/1", "version", "projects/2", "projects/3"])
      statuses.push((await ask(path)).status);
    expect(statuses).toEqual([200, 200, 502, 200]);
    off();
    gitlab.faults.add({ times: 1 }, failing(401));
    expect([(await ask("version")).status, (await ask("version")).status]).toEqual([401, 200]);
    gitlab.faults.add({ nth: (nth) => nth > 1 }, failing(404));
    expect([(await ask("version")).status, (await ask("version")).status]).toEqual([200, 404]);
  });

  it("know both kinds of 429, and the words of errors", async () => {
    const { world, gitlab, ask } = await instance();
    gitlab.faults.add({}, throttled(30, world.now));
    const attack = await ask("version");
    expect(attack.status).toBe(429);
    expect(attack.headers.get("content-type")).toBe("text/plain");
    expect(attack.headers.get("retry-after")).toBe("30");
    expect(attack.headers.get("ratelimit-reset")).toBe("1767636030");
    expect(await attack.text()).toBe("Retry later\n");
    gitlab.faults.add({}, limited());
    const application = await ask("version");
    expect(application.status).toBe(429);
    expect(application.headers.get("retry-after")).toBeNull();
    expect(await application.json()).toMatchObject({ message: { error: expect.any(String) } });
    gitlab.faults.add({}, failing(500));
    expect(await (await ask("version")).text()).toContain("<!DOCTYPE html>");
    gitlab.faults.clear();
    expect((await ask("version")).status).toBe(200);
  });

  it("break the connection, the answer and its JSON", async () => {
    const { gitlab, ask } = await instance();
    gitlab.faults.add({}, reset());
    await expect(ask("version")).rejects.toThrow("fetch failed");
    gitlab.faults.add({}, cut());
    const broken = await ask("version");
    expect(broken.status).toBe(200);
    await expect(broken.text()).rejects.toThrow("terminated");
    gitlab.faults.add({}, garbled());
    await expect((await ask("version")).json()).rejects.toThrow(SyntaxError);
    gitlab.faults.add(
      {},
      replaced(() => ({ version: 7 })),
    );
    expect(await (await ask("version")).json()).toEqual({ version: 7 });
  });

  it("lead elsewhere", async () => {
    const { gitlab, url, ask } = await instance();
    gitlab.faults.add({ path: /\/version$/ }, redirected(`${url}/user`));
    expect((await ask("version", { redirect: "manual" })).headers.get("location")).toContain(
      "user",
    );
    await expect(ask("version", { redirect: "error" })).rejects.toThrow("fetch failed");
    expect(await (await ask("version")).json()).toMatchObject({ username: "cosmo" });
  });

  it.each([
    ["release", "b2"],
    ["request", "b"],
  ] as const)("hold answers, those of the %s", async (moment, path) => {
    const { world, gitlab, ask } = await instance();
    const slow = held(moment);
    gitlab.faults.add({ path: /projects/ }, slow.fault);
    const answer = ask("projects/2");
    const other = ask("projects/1");
    await waitFor(() => slow.waiting === 2, { describe: "two held requests" });
    expect((await ask("version")).status).toBe(200);
    world.renameProject(world.projects.get(2)!, "b2");
    slow.release();
    expect(await (await answer).json()).toMatchObject({ path });
    await other;
    expect(gitlab.peak).toBe(3);
  });

  it("end a held request with its signal", async () => {
    const { gitlab, ask } = await instance();
    const slow = held();
    gitlab.faults.add({}, slow.fault);
    const gone = new AbortController();
    const answer = ask("version", { signal: gone.signal });
    await waitFor(() => slow.waiting === 1, { describe: "a held request" });
    gone.abort(new Error("no longer wanted"));
    await expect(answer).rejects.toThrow("no longer wanted");
    slow.release();
  });

  it("let the world change between two pages of a walk", async () => {
    const { world, cosmo, gitlab, ask } = await instance();
    gitlab.before = ({ query }) => {
      if (query.id_after === "1") world.renameUser(cosmo, "cosmo2");
    };
    const paths: string[] = [];
    for (let after = 0; after < 3; after++) {
      const page = `pagination=keyset&order_by=id&sort=asc&per_page=1&id_after=${after}`;
      const [project] = (await (await ask(`projects?${page}`)).json()) as {
        path_with_namespace: string;
      }[];
      paths.push(project!.path_with_namespace);
    }
    expect(paths).toEqual(["cosmo/a", "cosmo2/b", "cosmo2/c"]);
    expect(gitlab.log.map(({ status, query }) => [status, query.id_after])).toEqual([
      [200, "0"],
      [200, "1"],
      [200, "2"],
    ]);
    gitlab.forget();
    expect(gitlab.count()).toBe(0);
  });
});
