import { describe, expect, it } from "vitest";
import { failing, replaced, reset } from "../../support/gitlab/faults.ts";
import { HOOK_TOKEN, HOOK_URL, SIGNING_TOKEN, stage } from "./support.ts";

const OTHER = "https://other.example/hook";

describe("the system hook", () => {
  it("is made once, with what it is to tell of and its token", async () => {
    const at = stage();
    expect(await at.install()).toEqual([`The system hook to ${HOOK_URL} was made.`]);
    expect(at.world.systemHooks).toMatchObject([
      {
        url: HOOK_URL,
        token: HOOK_TOKEN,
        signingToken: null,
        sslVerification: true,
        events: { push_events: true, repository_update_events: true, tag_push_events: false },
      },
    ]);
    at.changes();
    expect(await at.install()).toEqual([]);
    expect(at.changes()).toEqual([]);
  });

  it("may be signed", async () => {
    const at = stage({ env: { TARDIS_GITLAB__HOOKS__SIGNINGTOKEN: SIGNING_TOKEN } });
    await at.install();
    expect(at.world.systemHooks).toMatchObject([{ signingToken: SIGNING_TOKEN }]);
  });

  it.each<[why: string, hook: object]>([
    ["it does not tell of pushes", { events: { push_events: false } }],
    [
      "it does not tell of repository updates",
      { events: { push_events: true, repository_update_events: false } },
    ],
    [
      "it tells of new tags, which is not wanted",
      { events: { push_events: true, tag_push_events: true } },
    ],
    [
      "it does not verify our certificate",
      { events: { push_events: true }, sslVerification: false },
    ],
  ])("is replaced when %s, the new one made first", async (why, hook) => {
    const at = stage();
    const old = at.world.addSystemHook({ url: HOOK_URL, ...hook });
    expect(await at.install()).toEqual([
      `The system hook to ${HOOK_URL} was made.`,
      `System hook ${old.id} was removed: ${why}.`,
    ]);
    expect(at.changes()).toEqual(["POST /hooks", `DELETE /hooks/${old.id}`]);
    expect(await at.install()).toEqual([]);
  });

  it.each([
    ["it has no secret token", { token_present: false }],
    ["GitLab has switched it off (disabled)", { alert_status: "disabled" }],
    ["GitLab has switched it off (temporarily_disabled)", { alert_status: "temporarily_disabled" }],
    ["it sends a text of its own", { custom_webhook_template: "{}" }],
  ])("is replaced when %s", async (why, more) => {
    const at = stage();
    const old = at.world.addSystemHook({ url: HOOK_URL, events: { push_events: true } });
    at.gitlab.faults.add(
      { method: "GET", path: /\/hooks\?/ },
      replaced((body) =>
        (body as { id: number }[]).map((hook) =>
          hook.id === old.id ? { ...hook, ...more } : hook,
        ),
      ),
    );
    expect((await at.install())[1]).toBe(`System hook ${old.id} was removed: ${why}.`);
    expect(at.own()).toHaveLength(1);
    expect(await at.install()).toEqual([]);
  });

  it("stays one when there were several: the newest that is right", async () => {
    const at = stage();
    const good = { url: HOOK_URL, events: { push_events: true } };
    const old = [at.world.addSystemHook(good), at.world.addSystemHook(good)];
    const newest = at.world.addSystemHook(good);
    at.world.addSystemHook({ url: HOOK_URL, events: { push_events: false } });
    const said = await at.install();
    expect(said).toHaveLength(3);
    expect(said[0]).toBe(`System hook ${old[0]?.id} was removed: it was one too many.`);
    expect(at.own()).toEqual([newest.id]);
  });

  it("is made anew when asked for, as after a change of the token", async () => {
    const at = stage();
    await at.install();
    const [old] = at.own();
    expect(await at.install({ renew: true })).toHaveLength(2);
    expect(at.own()).toHaveLength(1);
    expect(at.own()).not.toEqual([old]);
  });

  it("is taken away when asked for, without any token for hooks", async () => {
    const at = stage({ env: { TARDIS_GITLAB__HOOKS__TOKEN: "" } });
    at.world.addSystemHook({ url: OTHER });
    const { id } = at.world.addSystemHook({ url: HOOK_URL });
    expect(await at.install({ remove: true, dryRun: true })).toEqual([
      `System hook ${id} would be removed: as was asked for.`,
    ]);
    expect(at.own()).toEqual([id]);
    await at.install({ remove: true });
    expect(at.world.systemHooks.map(({ url }) => url)).toEqual([OTHER]);
    expect(await at.install({ remove: true })).toEqual([]);
  });

  it("is the one with exactly our address: no other is touched", async () => {
    const at = stage();
    const others = [OTHER, `${HOOK_URL}/`, `${HOOK_URL}?a=b`, HOOK_URL.replace("https", "http")];
    for (const url of others) at.world.addSystemHook({ url, events: { push_events: false } });
    await at.install();
    await at.install({ renew: true });
    await at.install({ remove: true });
    expect(at.world.systemHooks.map(({ url }) => url)).toEqual(others);
  });

  it("is only spoken of in a dry run", async () => {
    const at = stage();
    at.world.addSystemHook({ url: HOOK_URL, events: { push_events: false } });
    const said = await at.install({ dryRun: true });
    expect(said[0]).toBe(`The system hook to ${HOOK_URL} would be made.`);
    expect(said[1]).toContain("would be removed");
    expect(at.changes()).toEqual([]);
  });

  it("is right after it ended anywhere and was asked for again", async () => {
    // 0: before the first change; the answer of the first is lost; before the second; its answer.
    const ends = [
      { method: "POST", fault: failing(502) },
      { method: "POST", fault: lostAnswer() },
      { method: "DELETE", fault: failing(502) },
      { method: "DELETE", fault: lostAnswer() },
    ];
    for (const { method, fault } of ends) {
      const at = stage();
      at.world.addSystemHook({ url: HOOK_URL, events: { push_events: false } });
      at.gitlab.faults.add({ method, times: 1 }, fault);
      await expect(at.install()).rejects.toThrow("GitLab");
      expect(at.own().length).toBeGreaterThan(0);
      await at.install();
      expect(at.own()).toHaveLength(1);
      expect(await at.install()).toEqual([]);
    }
  });

  it("is no reason to fail when somebody else has removed the old one meanwhile", async () => {
    const at = stage();
    const old = at.world.addSystemHook({ url: HOOK_URL, events: { push_events: false } });
    at.gitlab.before = ({ method }) => {
      if (method === "DELETE") at.world.removeHook(old);
    };
    await at.install();
    expect(at.own()).toHaveLength(1);
  });
});

describe("setting up hooks is refused", () => {
  it("without a token for them, with how to draw one", async () => {
    const at = stage({ env: { TARDIS_GITLAB__HOOKS__TOKEN: "" } });
    await expect(at.install()).rejects.toThrow("openssl rand -hex 24");
    await expect(at.install()).rejects.toThrow("TARDIS_GITLAB__HOOKS__TOKEN_FILE");
    expect(at.gitlab.log).toEqual([]);
  });

  it("with a token that may only read", async () => {
    const at = stage({ scopes: ["read_api"] });
    await expect(at.install()).rejects.toThrow("has read_api and may not set hooks up");
    await expect(at.install({ remove: true })).rejects.toThrow("scope api");
    expect(at.changes()).toEqual([]);
  });

  it("with a token that is no admin's", async () => {
    await expect(stage({ isAdmin: false }).install()).rejects.toThrow("to admins only");
    const at = stage({ adminMode: true });
    await expect(at.install()).rejects.toThrow("admin_mode");
  });

  it("where GitLab would not sign, and the console took nothing else", async () => {
    const at = stage({
      version: "18.5.0",
      env: { TARDIS_GITLAB__HOOKS__SIGNINGTOKEN: SIGNING_TOKEN },
    });
    await expect(at.install()).rejects.toThrow("GitLab 18.5.0 does not sign hooks");
    expect(at.own()).toEqual([]);
  });

  it("where GitLab leaves the signing token out; the old hook stays", async () => {
    const at = stage({ env: { TARDIS_GITLAB__HOOKS__SIGNINGTOKEN: SIGNING_TOKEN } });
    const old = at.world.addSystemHook({ url: HOOK_URL, events: { push_events: true } });
    at.hooksAlsoSay({ signing_token_present: false });
    await expect(at.install()).rejects.toThrow("this GitLab does not sign");
    expect(at.own()).toEqual([old.id]);
  });

  it("where GitLab does not take our address, with where to allow it", async () => {
    const at = stage();
    at.gitlab.faults.add({ method: "POST" }, failing(422));
    await expect(at.install()).rejects.toThrow("Outbound requests");
  });
});

it("asks a token of which GitLab tells nothing to try", async () => {
  const at = stage();
  at.gitlab.faults.add({ path: /personal_access_tokens/ }, failing(404));
  expect(await at.install()).toHaveLength(1);
});

/** What is asked for is done, and its answer never comes. */
function lostAnswer() {
  const broken = reset();
  return (...args: Parameters<typeof broken>) => {
    args[1]();
    return broken(...args);
  };
}
