import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openWindow, startBrowser } from "../support/browser.ts";
import { press, tabTo, type } from "../support/keyboard.ts";
import { describeWithService } from "../support/services.ts";
import { startAdminWorld, type AdminWorld } from "./admin/support.ts";

describeWithService("chromium", "with the keyboard alone", (chromium) => {
  let browser: Browser;
  let world: AdminWorld;
  let origin: string;
  beforeAll(async () => {
    [browser, world] = await Promise.all([
      startBrowser(chromium),
      // Without HTTPS, as for a trial on a laptop: browsers keep its cookies.
      startAdminWorld({ publicUrl: "http://localhost:0" }),
    ]);
    origin = world.running.config.publicUrl;
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  /** Somebody at a browser who touches no mouse. */
  async function as(name: string, story: (page: Page) => Promise<void>): Promise<void> {
    const { page, context, complaints } = await openWindow(browser);
    page.setDefaultTimeout(20_000);
    const [value = ""] = (await world.as(name)).cookies.values();
    await context.addCookies([{ name: "tardis-session", value, url: origin }]);
    try {
      await page.goto(origin);
      await story(page);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  }
  const heading = (page: Page) => page.getByRole("heading", { level: 1 }).textContent();
  const said = (page: Page) => page.getByRole("status").locator("p").first().textContent();
  const state = () => world.running.core.requireLedger().state;

  it("a member changes a service, removes it and takes that back", async () => {
    const target = "http://127.0.0.1:9000";
    const { id } = await world.must("POST", "/endpoints", {
      owner: "alice",
      path: "/wiki",
      target,
    });
    await as("alice", async (page) => {
      await press(page, "Manage https://alice.tardis.test/wiki");
      await press(page, "Change it");
      await type(page, "#field-target", "127.0.0.1:99999");
      await press(page, "Save");
      // One starts at what is wrong, and its entry leads to the field.
      const entry = "Port 99999";
      await tabTo(page, entry);
      await page.keyboard.press("Enter");
      await tabTo(page, "#field-target");
      await type(page, "#field-target", "127.0.0.1:9001");
      await press(page, "Save");
      expect(await said(page)).toContain("was changed");
      expect(state().endpoints.get(id)?.targets).toEqual(["http://127.0.0.1:9001"]);
      await press(page, "Remove it");
      expect(await heading(page)).toContain("Remove");
      await press(page, "Remove it");
      expect(await said(page)).toContain("was removed");
      expect(state().endpoints.has(id)).toBe(false);
      await press(page, "Undo");
      expect(await heading(page)).toBe("alice.tardis.test/wiki");
      expect([...state().endpoints.values()].map(({ path }) => path)).toContain("/wiki");
    });
  });

  it("a member asks for a name, and signs out", async () => {
    await as("alice", async (page) => {
      await press(page, "Requests");
      await press(page, "A name");
      await type(page, "#field-label", "alice-art");
      await type(page, "#field-reason", "For my pictures.");
      await press(page, "Send it");
      expect(await said(page)).toContain("Your request was sent.");
      expect([...state().requests.values()].map(({ wish }) => wish)).toContainEqual({
        kind: "label",
        label: "alice-art",
      });
      await press(page, "Sign out");
      expect(await heading(page)).toBe("Sign in");
    });
  });

  it("an admin finds an owner, suspends them, and decides a request", async () => {
    const wish = { kind: "label", label: "bobs-lab" };
    const { id } = await world.must("POST", "/requests", { owner: "bob", wish, reason: "x" });
    await as("ada", async (page) => {
      // A slash leads to the search.
      await page.keyboard.press("/");
      await page.keyboard.type("bob");
      await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
      await press(page, "bob");
      await press(page, "Suspend");
      await type(page, "#field-reason", "Spam.");
      await press(page, "Suspend bob");
      expect(await said(page)).toBe("bob is suspended.");
      await press(page, "Resume");
      await press(page, "Resume bob");
      expect(await said(page)).toBe("bob is back.");
      await page.goto(`${origin}/admin/requests`);
      await press(page, "The name bobs-lab");
      await type(page, "#field-answer", "Enjoy it.");
      await press(page, "Grant it");
      expect(await said(page)).toBe("The name bobs-lab: granted.");
      expect(state().requests.get(id)?.state).toBe("granted");
    });
  });
});
