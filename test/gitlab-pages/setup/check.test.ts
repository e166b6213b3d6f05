import { describe, expect, it } from "vitest";
import { checkGitLab } from "../../../src/gitlab-pages/setup/check.ts";
import { connect } from "../../../src/gitlab-pages/client/connect.ts";
import {
  failing,
  garbled,
  limited,
  redirected,
  replaced,
  throttled,
} from "../../support/gitlab/faults.ts";
import { GITLAB_URL, HOOK_URL, SIGNING_TOKEN, stage, TODAY } from "./support.ts";

const NAMES = [
  "gitlab.enabled",
  "publicUrl",
  "hook token",
  "address",
  "token",
  "scopes",
  "expiry",
  "version",
  "projects",
  "Pages",
  "GraphQL",
  "domains",
  "system hook",
];

/** A GitLab with one site, where all is right. */
async function right(options: Parameters<typeof stage>[0] = {}) {
  const at = stage(options);
  const project = at.world.createProject(at.root, "site");
  at.world.deploy(project);
  await at.install().catch(() => undefined);
  return { ...at, project, site: { project: project.id, path: at.world.fullPath(project) } };
}

it("finds nothing wrong where all is right, and changes nothing", async () => {
  const at = await right();
  at.changes();
  const found = await checkGitLab(at.client, at.config, { now: TODAY });
  expect(found.map(({ what }) => what)).toEqual(NAMES);
  expect(found.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(at.changes()).toEqual(["POST /api/graphql"]);
});

describe("the settings", () => {
  it("may have GitLab off still, while the rest is made right", async () => {
    const at = await right({ env: { TARDIS_GITLAB__ENABLED: "false" } });
    expect(await at.wrong()).toEqual(["gitlab.enabled: warning"]);
  });

  it("may lack a token: nothing is asked then", async () => {
    const at = stage({ env: { TARDIS_GITLAB__ENABLED: "false", TARDIS_GITLAB__TOKEN: "" } });
    expect(await at.wrong()).toEqual(["gitlab.enabled: warning", "token: problem"]);
    expect(at.gitlab.log).toEqual([]);
  });

  it.each([
    ["http://127.0.0.1:8080", "problem"],
    ["http://localhost:8080", "problem"],
    ["http://[::1]:8080", "problem"],
    ["http://console.example", "warning"],
    ["https://console.example", "ok"],
  ])("with publicUrl %s are a %s", async (url, state) => {
    const at = stage({ env: { TARDIS_PUBLICURL: url } });
    expect(await at.said("publicUrl")).toMatch(new RegExp(`^${state}: `));
  });

  it("may be all on loopback, to try it", async () => {
    const env = {
      TARDIS_PUBLICURL: "http://127.0.0.1:8080",
      TARDIS_GITLAB__URL: "http://127.0.0.1:80",
    };
    expect(await stage({ env }).said("publicUrl")).toMatch(/^warning: /);
  });

  it("without a token for hooks say how to draw one", async () => {
    const at = await right({ env: { TARDIS_GITLAB__HOOKS__TOKEN: "" } });
    expect(await at.wrong()).toEqual(["hook token: warning"]);
    expect(await at.said("hook token")).toContain("openssl rand -hex 24");
  });
});

describe("the address", () => {
  const failed = (code: string) => () => Promise.reject(Object.assign(new Error("x"), { code }));

  it.each([
    ["ENOTFOUND", "No DNS server knows gitlab.example."],
    ["EAI_AGAIN", "DNS server does not answer"],
    ["ECONNREFUSED", "Nothing listens at gitlab.example."],
    ["CERT_HAS_EXPIRED", "has expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "is for another name"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "NODE_EXTRA_CA_CERTS"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "NODE_EXTRA_CA_CERTS"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "There is no TLS at gitlab.example"],
    ["EHOSTUNREACH", "cannot be reached (EHOSTUNREACH). Is GitLab up"],
  ])("that fails with %s is explained, and nothing more is asked", async (code, words) => {
    const at = stage();
    let asked = 0;
    const client = connect(at.config.gitlab, {
      tries: 1,
      send: () => {
        asked++;
        return failed(code)();
      },
    });
    const found = await checkGitLab(client, at.config, { now: TODAY });
    expect(found.at(-1)).toMatchObject({ what: "address", state: "problem" });
    expect(found.at(-1)?.says).toContain(words);
    expect(asked).toBe(1);
  });

  it.each([
    ["a redirect", redirected("https://git.example/login"), "https://git.example"],
    ["another web server", failing(404), "not GitLab's API"],
    ["an answer that is not JSON", garbled(), "not GitLab's API"],
    ["an answer of something else", replaced(() => ({ hello: 1 })), "not GitLab's API"],
    ["a GitLab that is down", failing(502), "Is GitLab up"],
    ["a limit", limited(), "limits"],
    ["a limit of hours", throttled(7200), "limits"],
  ])("with %s is not right", async (_what, fault, words) => {
    const at = stage();
    at.gitlab.faults.add({}, fault);
    expect(await at.said("address")).toContain(words);
    expect(await at.wrong()).toEqual(["address: problem"]);
  });
});

describe("the token", () => {
  it("that is not taken ends what can be asked", async () => {
    const at = await right();
    for (const { value } of at.world.tokens.values()) at.world.revokeToken(value);
    expect(await at.wrong()).toEqual(["token: problem"]);
    expect(await at.said("address")).toMatch(/^ok: /);
    expect(await at.said("token")).toContain("read_api");
  });

  it("of who is no admin is told of, and the rest is looked at all the same", async () => {
    const at = await right();
    at.world.setAdmin(at.root, false);
    expect(await at.wrong()).toEqual([
      "token: problem",
      "domains: problem",
      "system hook: problem",
    ]);
    expect(await at.said("system hook")).toContain("admins only");
  });

  it("needs admin_mode where GitLab has that on", async () => {
    const at = await right({ adminMode: true });
    expect(await at.said("token")).toContain("needs the scope admin_mode");
    expect(await (await right({ adminMode: true, scopes: ["api", "admin_mode"] })).wrong()).toEqual(
      [],
    );
  });

  it.each([
    [["read_api"], "warning"],
    [["read_user"], "problem"],
    [["api"], "ok"],
  ])("with %j is a %s", async (scopes, state) => {
    expect(await (await right({ scopes })).said("scopes")).toMatch(
      new RegExp(`^${state}: It has `),
    );
  });

  it("needs no more than read_api where there are no hooks", async () => {
    const at = await right({ scopes: ["read_api"], env: { TARDIS_GITLAB__HOOKS__TOKEN: "" } });
    expect(await at.said("scopes")).toMatch(/^ok: /);
  });

  it.each([
    ["2026-01-06", "warning: It expires on 2026-01-06, in 1 day."],
    ["2026-01-19", "warning: It expires on 2026-01-19, in 14 days."],
    ["2026-01-20", "ok: It expires on 2026-01-20."],
  ])("that expires on %s is told of in time", async (day, says) => {
    const at = await right({ expiresAt: new Date(day) });
    expect(await at.said("expiry")).toContain(says);
  });

  it("of which GitLab tells nothing may be none of a person's", async () => {
    const at = await right();
    at.gitlab.faults.add({ path: /personal_access_tokens/ }, failing(404));
    expect(await at.wrong()).toEqual(["scopes: warning"]);
  });

  it("of which GitLab cannot tell now is not taken for one of another kind", async () => {
    const at = await right();
    at.gitlab.faults.add({ path: /personal_access_tokens/ }, failing(500));
    expect(await at.wrong()).toEqual(["scopes: problem"]);
    expect(await at.said("scopes")).toContain("GitLab answered 500");
    at.world.setAdmin(at.root, false);
    expect(await at.said("token")).toContain("who is no admin");
  });
});

describe("the version", () => {
  it.each([
    ["16.7.3", "problem"],
    ["9.5.0", "problem"],
    ["16.8.0-ee", "ok"],
    ["17.0.0", "ok"],
    ["19.0.0-pre", "ok"],
  ])("%s is a %s", async (version, state) => {
    expect(await (await right({ version })).said("version")).toMatch(new RegExp(`^${state}: `));
  });

  it("that cannot sign is a problem where hooks must be signed", async () => {
    const env = { TARDIS_GITLAB__HOOKS__SIGNINGTOKEN: SIGNING_TOKEN };
    expect(await stage({ version: "18.11.0", env }).said("version")).toMatch(/^problem: .*refused/);
    expect(await stage({ version: "19.0.0", env }).said("version")).toMatch(/^ok: /);
  });

  it("that is not told at all is too old", async () => {
    const at = await right();
    at.gitlab.faults.add({ path: /metadata/ }, failing(404));
    expect(await at.wrong()).toEqual(["version: problem"]);
  });
});

describe("what is to be read", () => {
  it("may be nothing yet", async () => {
    const at = stage();
    await at.install();
    expect(await at.wrong()).toEqual([]);
    expect(await at.said("Pages")).toBe("ok: No project has Pages switched on yet.");
    expect(await at.said("GraphQL")).toBe("ok: It answers for root.");
  });

  it.each([
    ["projects", /\/projects\?/, ["projects: problem"]],
    ["Pages", /\/projects\/\d+\/pages/, ["Pages: problem"]],
    ["domains", /\/pages\/domains/, ["domains: problem"]],
  ])("is a problem where %s do not answer, and only that", async (_what, path, wrong) => {
    for (const fault of [failing(403), failing(404), failing(500)]) {
      const at = await right();
      at.gitlab.faults.add({ path }, fault);
      expect(await at.wrong()).toEqual(wrong);
    }
  });

  it("asks further projects where the first have no Pages", async () => {
    const at = await right();
    const first = at.world.createProject(at.root, "aaa");
    at.gitlab.faults.add({ path: new RegExp(`/projects/${at.project.id}/pages`) }, failing(404));
    expect(await at.said("Pages")).toContain(at.world.fullPath(first));
  });

  it("goes by REST where GraphQL does not answer", async () => {
    const at = await right();
    at.gitlab.faults.add(
      { path: /graphql/ },
      replaced(() => ({ errors: [{ message: "no" }] })),
    );
    expect(await at.wrong()).toEqual(["GraphQL: warning"]);
    at.gitlab.faults.add(
      { path: /graphql/ },
      replaced(() => ({ data: { namespace: null } })),
    );
    expect(await at.said("GraphQL")).toMatch(/^warning: It does not show root\. /);
    const off = await right({ env: { TARDIS_GITLAB__GRAPHQL: "false" } });
    expect(await off.said("GraphQL")).toBeUndefined();
  });
});

describe("the system hook", () => {
  it("is missing until it is set up", async () => {
    const at = stage();
    at.world.addSystemHook({ url: "https://other.example/hook" });
    expect(await at.wrong()).toEqual(["system hook: problem"]);
    expect(await at.said("system hook")).toContain("tardis-console gitlab install-hooks");
  });

  it.each([
    [{ alert_status: "disabled" }, "switched it off"],
    [{ push_events: false }, "pushes"],
    [{ repository_update_events: false }, "repository updates"],
    [{ token_present: false }, "no secret token"],
    [{ enable_ssl_verification: false }, "certificate"],
  ])("that says %j is not right", async (more, words) => {
    const at = await right();
    at.hooksAlsoSay(more);
    expect(await at.wrong()).toEqual(["system hook: problem"]);
    expect(await at.said("system hook")).toContain(words);
  });

  it("needs a signing token where hooks must be signed", async () => {
    const at = await right({ env: { TARDIS_GITLAB__HOOKS__SIGNINGTOKEN: SIGNING_TOKEN } });
    expect(await at.wrong()).toEqual([]);
    at.hooksAlsoSay({ signing_token_present: false });
    expect(await at.said("system hook")).toContain("no signing token");
  });

  it("may be there twice", async () => {
    const at = await right();
    at.world.addSystemHook({ url: HOOK_URL, events: { push_events: true } });
    expect(await at.wrong()).toEqual(["system hook: warning"]);
  });
});

describe("projects' hooks", () => {
  const env = { TARDIS_GITLAB__HOOKS__PROJECTS: "true" };

  it("are looked at only when they are wanted", async () => {
    const at = await right();
    expect(await at.said("project hooks", { sites: async () => [at.site] })).toBeUndefined();
  });

  it("are missing until they are set up", async () => {
    const at = await right({ env });
    const sites = async () => [at.site];
    expect(await at.wrong({ sites })).toEqual(["project hooks: problem"]);
    expect(await at.said("project hooks", { sites })).toContain("root/site has none");
    await at.install({ projects: [at.site] });
    expect(await at.said("project hooks", { sites })).toContain("ok: They are right");
  });

  it("are asked of twenty projects at most; those that are gone do not count", async () => {
    const at = await right({ env });
    const many = Array.from({ length: 25 }, (_, index) => ({ project: 900 + index, path: "x/y" }));
    at.gitlab.forget();
    expect(await at.said("project hooks", { sites: async () => many })).toContain(
      "20 of 25 projects were asked",
    );
    expect(at.gitlab.count({ path: /\/projects\/9\d\d\/hooks/ })).toBe(20);
  });

  it("are not known where the console is not", async () => {
    const at = await right({ env });
    const sites = () => Promise.reject(new Error("the store is locked"));
    expect(await at.wrong({ sites })).toEqual(["project hooks: warning"]);
  });
});

it("never shows the token", async () => {
  for (const fault of [failing(401), failing(500), redirected(`${GITLAB_URL}/x`), garbled()]) {
    const at = stage();
    at.gitlab.faults.add({}, fault);
    const found = await checkGitLab(at.client, at.config, { now: TODAY });
    expect(JSON.stringify(found)).not.toContain(at.config.gitlab.token);
  }
});
