import { afterAll, beforeAll, expect, it } from "vitest";
import type { Browser, Page } from "playwright-core";
import type { State } from "../../../src/domain/state.ts";
import {
  goToSection,
  openWindow,
  startBrowser,
  type Width,
  type Window,
} from "../../support/browser.ts";
import { describeWithService } from "../../support/services.ts";
import { waitFor } from "../../support/wait.ts";
import { barriers } from "../../support/barriers.ts";

import { stageGitLab, type GitLabStage } from "./gitlab-stage.ts";
import { HOSTILE, startAdminWorld, type AdminWorld } from "./support.ts";

const HERE = "http://127.0.0.1:9000";
const WAYS = [
  ["desk", true],
  ["desk", false],
  ["phone", true],
  ["phone", false],
] as const;

describeWithService("chromium", "an admin at a browser", (chromium) => {
  let browser: Browser;
  let stage: GitLabStage;
  let world: AdminWorld;
  let origin: string;

  beforeAll(async () => {
    stage = stageGitLab();
    stage.addSites(["gil", "gus", "gwen"]);
    [browser, world] = await Promise.all([
      startBrowser(chromium),
      // Without HTTPS, as for a trial on a laptop.
      startAdminWorld({ publicUrl: "http://localhost:0", ...stage.settings }, stage.overrides),
    ]);
    origin = world.running.config.publicUrl;
    await world.must("POST", "/endpoints", { owner: "alice", path: "/wiki", target: HERE });
    await world.must("PATCH", "/persons/alice", { displayName: HOSTILE });
    await waitFor(() => state().pages.size === 3, { describe: () => "the sites to be read" });
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const state = (): State => {
    const { ledger } = world.running.core;
    if (ledger === undefined) throw new Error("there is no state");
    return ledger.state;
  };
  const suspended = (name: string) => state().owners.get(world.id(name))?.suspended;

  let window: Window;
  const begin = async (width: Width, scripts: boolean, scheme: "light" | "dark" = "light") => {
    window = await openWindow(browser, { width, scripts, scheme });
    window.page.setDefaultTimeout(10_000);
    const { cookies } = await world.as("ada");
    const value = [...cookies.values()][0] ?? "";
    await window.context.addCookies([{ name: "tardis-session", value, url: origin }]);
    return window.page;
  };
  const end = async () => {
    expect(window.complaints).toEqual([]);
    await window.context.close();
  };
  const said = (page: Page) => page.getByRole("status").locator("p").first().textContent();

  it.each(WAYS)("finds an owner in two steps and suspends them: %s, scripts %s", async (...way) => {
    const page = await begin(...way);
    await page.goto(`${origin}/admin`);
    await page.getByRole("searchbox", { name: "Search everything" }).fill("alice");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "alice", exact: true }).first().click();
    await page.getByRole("link", { name: "Suspend …" }).click();
    const asked = page.getByRole("main");
    expect(await asked.textContent()).toContain("alice.tardis.test");
    expect(await asked.textContent()).toContain("WebSockets outlive");
    await page.getByLabel("Why").fill(HOSTILE);
    await page.getByRole("button", { name: "Suspend alice" }).click();
    expect(await said(page)).toBe("alice is suspended.");
    expect(await page.getByRole("note").textContent()).toContain(HOSTILE);
    expect(suspended("alice")).toBeDefined();
    await page.getByRole("link", { name: "Resume" }).click();
    await page.getByRole("button", { name: "Resume alice" }).click();
    expect(await said(page)).toBe("alice is back.");
    expect(suspended("alice")).toBeUndefined();
    await end();
  });

  it.each(WAYS)("decides a request: %s, scripts %s", async (...way) => {
    const label = `wish-${way.join("-")}`;
    const wish = { kind: "label", label };
    await world.must("POST", "/requests", { owner: "alice", wish, reason: HOSTILE });
    const page = await begin(...way);
    await page.goto(`${origin}/admin`);
    await page.getByRole("link", { name: "1 request to decide" }).click();
    await page.getByRole("link", { name: `The name ${label}` }).click();
    expect(await page.getByRole("main").textContent()).toContain(HOSTILE);
    await page.getByRole("button", { name: "Decline it" }).click();
    await page.getByRole("alert").getByRole("link", { name: "Say why you decline it." }).click();
    await page.getByLabel("Your answer").fill("Enjoy it.");
    await page.getByRole("button", { name: "Grant it" }).click();
    expect(await said(page)).toBe(`The name ${label}: granted.`);
    expect(state().labels.get(label)?.owner).toBe(world.id("alice"));
    await end();
  });

  it.each(WAYS)("reserves a name and releases it: %s, scripts %s", async (...way) => {
    const page = await begin(...way);
    await page.goto(`${origin}/admin`);
    await goToSection(page, "Reserved names", "Admin");
    await page.getByLabel("Name", { exact: true }).fill("www");
    await page.getByLabel("Why").fill("For the fair");
    await page.getByRole("button", { name: "Reserve it" }).click();
    expect(await page.getByRole("alert").textContent()).toContain('"www" is already reserved.');
    await page.getByLabel("Name", { exact: true }).fill("fair");
    await page.getByRole("button", { name: "Reserve it" }).click();
    expect(await said(page)).toBe("fair is reserved.");
    await page.getByRole("button", { name: "Release fair" }).click();
    expect(await said(page)).toBe("fair is not reserved any more.");
    await end();
  });

  it("looks at a held plan and approves it, without scripts on a phone", async () => {
    stage.removeSites();
    const page = await begin("phone", false);
    await page.goto(`${origin}/admin/gitlab`);
    await page.getByRole("button", { name: "Read GitLab now" }).click();
    await waitFor(async () => world.running.gitlabPages?.records.held(), {
      describe: () => "the plan to be held",
    });
    await page.goto(`${origin}/admin`);
    await page.getByRole("main").getByRole("link", { name: "GitLab", exact: true }).last().click();
    await page.getByRole("link", { name: "Look at it" }).click();
    expect(await page.getByRole("main").textContent()).toContain("gwen/site");
    await page.getByRole("button", { name: "Let them go" }).click();
    expect(await said(page)).toBe("Approved. GitLab is read once more for it.");
    await waitFor(() => state().pages.size === 0, { describe: () => "the sites to go" });
    await end();
  });

  it.each(WAYS)("sees how much somebody has, and opens it: %s, scripts %s", async (...way) => {
    const names = Array.from({ length: 14 }, (_, at) => `${way.join("-")}-${at}`);
    for (const name of names)
      await world.must("POST", "/tokens", { owner: "bob", name, scopes: ["read"] });
    const page = await begin(...way);
    await page.goto(`${origin}/admin/owners/bob`);
    const [first = "", second = ""] = names;
    const button = (name: string) =>
      page.getByRole("button", { name: `Revoke ${name}`, exact: true });
    expect(await button(first).isVisible()).toBe(false);
    const tokens = page.locator("summary", { hasText: "API tokens" });
    expect(await tokens.textContent()).toMatch(/API tokens \d\d/);
    await tokens.focus();
    await page.keyboard.press("Enter");
    await button(first).click();
    expect(await said(page)).toContain(`The token ${first} was revoked`);
    // It is gone back to the part, and that is open.
    expect(await button(second).isVisible()).toBe(true);
    if (way[1]) expect(await barriers(page)).toEqual([]);
    await end();
  });

  it.each(WAYS)(
    "adds an owner, gives names, makes a way in, looks back and deletes: %s, scripts %s",
    async (...way) => {
      const page = await begin(...way);
      const press = (name: string) => page.getByRole("button", { name }).click();
      const [name, other] = [`nora-${way.join("-")}`, `nora-lab-${way.join("-")}`];
      await page.goto(`${origin}/admin/owners`);
      await page.getByRole("link", { name: "Add a person or group" }).click();
      await page.getByLabel("Name", { exact: true }).fill(name);
      await page.getByLabel("Full name").fill(HOSTILE);
      await press("Add");
      expect(await said(page)).toBe(`${name} was added.`);
      await page.getByLabel("Give them a name").fill(other);
      await press("Give it");
      expect(await said(page)).toBe(`${name} has the name ${other} now.`);
      await page.getByRole("link", { name: `Give back … ${other}` }).click();
      expect(await page.getByRole("main").textContent()).toContain("No service stands there.");
      await press(`Give ${other} back`);
      expect(await said(page)).toBe(`${other} was given back, and rests.`);
      await press(`End the rest of ${other}`);
      expect(await said(page)).toContain("whoever asks next may have it");
      await press("Make a sign-in link");
      const link = (await page.locator(".secret code").first().textContent()) ?? "";
      expect(link).toMatch(/\/sign-in\/link\/[^/]+$/);
      await world.must("POST", "/endpoints", { owner: name, path: "/a", target: HERE });
      // Whoever has it is asked before it is used up.
      await page.goto(link);
      expect(await page.getByRole("button").allTextContents()).toContain(`Sign in as ${name}`);
      await page.goto(`${origin}/admin/audit`);
      await page.getByLabel("Concerns").fill(name);
      await page.getByLabel("What").selectOption("Names");
      await press("Show");
      const summaries = await page.locator(".events .what").allTextContents();
      expect(summaries).toHaveLength(2);
      for (const summary of summaries) expect(summary).toContain(other);
      await goToSection(page, "Routes", "Admin");
      await page.getByLabel("Host", { exact: true }).fill(`${name}.`);
      await page.getByLabel("Kind").selectOption("Service");
      await press("Show");
      expect(await page.locator("tbody tr").count()).toBe(1);
      expect(await page.locator("tbody").textContent()).toContain(`${name}.tardis.test/a`);
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("link", { name: "Change" }).click();
      await page.getByRole("link", { name: `Delete ${name} …` }).click();
      await page.getByLabel("To be sure, type").fill("nora");
      await press(`Delete ${name}`);
      expect(await page.locator("#field-name-error").textContent()).toContain(`Type ${name}`);
      await page.getByLabel("To be sure, type").fill(name);
      await press(`Delete ${name}`);
      expect(await said(page)).toBe(`${name} was deleted.`);
      expect(state().ownersByName.has(name)).toBe(false);
      await end();
    },
  );

  it("has every system looked at, and is shown what was found, without scripts on a phone", async () => {
    const page = await begin("phone", false);
    await page.goto(`${origin}/admin`);
    await page.getByRole("link", { name: "Look at every system" }).click();
    await page.getByRole("button", { name: "Look now" }).click();
    // The page asks again by itself for how far it is.
    await page.getByRole("heading", { name: "Data folder" }).waitFor({ timeout: 20_000 });
    expect(await page.getByRole("main").textContent()).toContain("It can be written.");
    await end();
  });

  it("sees what others change, and keeps what is folded, unfolded, focused and typed", async () => {
    const names = Array.from({ length: 14 }, (_, at) => `follow-${at}`);
    for (const name of names)
      await world.must("POST", "/tokens", { owner: "bob", name, scopes: ["read"] });
    const page = await begin("desk", true);
    const open = async (path: string) => {
      await page.goto(`${origin}/admin${path}`);
      await page.locator("html.is-live").waitFor();
    };
    const row = (text: string) => page.locator("#live").getByText(text, { exact: true }).first();
    await open("/owners/bob");
    const part = (title: string) =>
      page.locator("details", { has: page.locator("summary", { hasText: title }) });
    await part("API tokens").locator("summary").click();
    await part("Names").locator("summary").click();
    const field = page.getByLabel("Give them a name");
    await field.fill("bob-wrks");
    for (const _ of "rks") await field.press("ArrowLeft");
    await world.must("POST", "/labels", { owner: "bob", label: "bob-lab" });
    await row("bob-lab.tardis.test").waitFor();
    await page.keyboard.type("o");
    expect(await field.inputValue()).toBe("bob-works");
    expect(await part("API tokens").getAttribute("open")).not.toBeNull();
    expect(await part("Quota").getAttribute("open")).toBeNull();
    await part("Quota").locator("summary").click();
    const summary = part("Names").locator("summary");
    await summary.focus();
    await page.keyboard.press("Enter");
    await world.must("PATCH", "/persons/bob", { displayName: "Bob Kim", quota: { tokens: 90 } });
    await expect.poll(() => part("Quota").textContent()).toContain("90");
    expect(await part("Quota").getAttribute("open")).not.toBeNull();
    expect(await part("Names").getAttribute("open")).toBeNull();
    expect(await page.evaluate("document.activeElement.textContent")).toContain("Names");
    // Where a list is narrowed down stays outside of what is asked for anew.
    await open("/owners");
    await page.getByLabel("Name", { exact: true }).fill("halfway");
    await world.must("POST", "/persons", { username: "zoe" });
    await row("zoe").waitFor();
    await page.keyboard.type("!");
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("halfway!");
    await open("/search?q=zoe");
    await world.must("POST", "/endpoints", { owner: "zoe", path: "/a", target: HERE });
    await row("zoe.tardis.test/a").waitFor();
    await open("/reserved-names");
    await page.getByLabel("Why").fill("For the fair");
    await world.must("POST", "/reserved-names", { label: "fete", reason: "For the fete" });
    await row("fete").waitFor();
    expect(await page.getByLabel("Why").inputValue()).toBe("For the fair");
    await open("/memberships");
    const membershipEndsAt = new Date(Date.now() + 86_400_000).toISOString();
    await world.must("PATCH", "/persons/zoe", { membershipEndsAt });
    await row("zoe").waitFor();
    await end();
  });
});
