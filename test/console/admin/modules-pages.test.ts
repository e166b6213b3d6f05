import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openWindow, startBrowser, type Window } from "../../support/browser.ts";
import { memoryModules } from "../../support/memory-modules.ts";
import { describeWithService } from "../../support/services.ts";
import { expectNoBarrierOn } from "../every-page/no-barrier.ts";
import { ADOPTED, fillSystems } from "./adoption-stage.ts";
import { startAdminWorld, type AdminWorld } from "./support.ts";

describeWithService("chromium", "an admin's pages on modules, at a browser", (chromium) => {
  let browser: Browser;
  let world: AdminWorld;
  beforeAll(async () => {
    const systems = memoryModules();
    await fillSystems(systems);
    [browser, world] = await Promise.all([
      startBrowser(chromium),
      // Without HTTPS, as for a trial on a laptop.
      startAdminWorld({ publicUrl: "http://localhost:0", ...systems.settings }, systems.overrides),
    ]);
    await systems.storage.makeBucket("bob.old");
    await world.must("POST", "/buckets", { owner: "bob", name: "old" });
    await world.must("POST", "/buckets", { owner: "bob", name: "films" });
    await world.must("DELETE", "/persons/bob");
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const openAs = async (scripts: boolean): Promise<Window & { origin: string }> => {
    const window = await openWindow(browser, { scripts });
    const { cookies } = await world.as("ada");
    const value = [...cookies.values()][0] ?? "";
    const origin = world.running.config.publicUrl;
    await window.context.addCookies([{ name: "tardis-session", value, url: origin }]);
    return { ...window, origin };
  };

  const lists = ["/admin/namespaces", "/admin/databases?state=wrong"].concat(
    ["", "?state=left", "?kind=bucketKey"].map((query) => `/admin/buckets${query}`),
  );
  it.each([...lists, ...ADOPTED.map(({ path }) => `${path}/adopt`)])(
    "%s keeps nobody out",
    async (path) => {
      const window = await openAs(true);
      await window.page.goto(window.origin + path);
      await expectNoBarrierOn(window, path);
      await window.context.close();
    },
  );

  it.each(ADOPTED)("$path takes something over in three steps, without scripts", async (thing) => {
    const { path, name } = thing;
    const window = await openAs(false);
    const { page, origin } = window;
    await page.goto(origin + path);
    await page.getByRole("link", { name: /^Take over a / }).click();
    await page.getByRole("link", { name: `Take over ${name}` }).click();
    await page.getByRole("button", { name: "Show what that changes" }).click();
    // Focus is where it is said what is missing, and the link there leads to the field.
    const summary = page.getByRole("alert");
    await summary.getByRole("link", { name: "Write whose it is to be." }).click();
    await page.getByLabel("Whose it is to be").fill("alice");
    await page.getByRole("button", { name: "Show what that changes" }).click();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(`Take over ${name}?`);
    expect(await page.locator("main").innerText()).toMatch(/Nothing is changed yet/);
    await page.getByRole("button", { name: "Take it over" }).click();
    const said = await page.getByRole("status").locator("p").first().textContent();
    expect(said).toBe(`${name} was taken over: it is alice's.`);
    expect(window.complaints.filter((text) => !/status of 400/.test(text))).toEqual([]);
    await window.context.close();
  });

  it("what is shown before, and what is refused, keep nobody out", async () => {
    const window = await openAs(true);
    const { page, origin } = window;
    for (const [name, button] of [
      ["games", true],
      ["nobody-there", false],
    ] as const) {
      await page.goto(`${origin}/admin/buckets/adopt?name=lab.marked&owner=${name}`);
      if (button) await page.getByLabel("What it is called there").fill("bob.unseen");
      await page.getByRole("button", { name: "Show what that changes" }).click();
      await page.getByRole("alert").waitFor();
      window.complaints.splice(0);
      await expectNoBarrierOn(window, "a refused adoption");
    }
    await window.context.close();
  });
});
