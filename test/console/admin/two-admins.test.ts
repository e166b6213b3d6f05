import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openWindow, startBrowser, type Window } from "../../support/browser.ts";
import { barriers } from "../../support/barriers.ts";

import { describeWithService } from "../../support/services.ts";
import { startAdminWorld, type AdminWorld } from "./support.ts";

describeWithService("chromium", "two admins at two browsers", (chromium) => {
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
    await world.must("POST", "/persons", { username: "eve" });
    await world.must("PATCH", "/persons/eve", { role: "admin" });
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  async function open(name: string, path: string, scripts = true): Promise<Window> {
    const window = await openWindow(browser, { scripts });
    window.page.setDefaultTimeout(20_000);
    const [value = ""] = (await world.as(name)).cookies.values();
    await window.context.addCookies([{ name: "tardis-session", value, url: origin }]);
    await window.page.goto(origin + path);
    return window;
  }
  const state = () => world.running.core.requireLedger().state;

  it.each([true, false])(
    "who decide the same request: one does, the other is told; scripts: %s",
    async (scripts) => {
      const label = `wish-${String(scripts)}`;
      const wish = { kind: "label", label };
      const asked = { owner: "alice", wish, reason: "For art." };
      const { id } = await world.must("POST", "/requests", asked);
      const ada = await open("ada", `/admin/requests/${id}`, scripts);
      const eve = await open("eve", `/admin/requests/${id}`, scripts);
      await eve.page.getByLabel("Your answer").fill("That name is the lab's.");
      await ada.page.getByRole("button", { name: "Grant it" }).click();
      await ada.page.getByText(`The name ${label}: granted.`).waitFor();
      const before = state().revision;
      await eve.page.getByRole("button", { name: "Decline it" }).click();
      const told = await eve.page.getByRole("alert").textContent();
      expect(told).toMatch(/changed|granted|decided/);
      // What has become of it stands there, and nothing to decide any more.
      expect(await eve.page.getByRole("main").textContent()).toContain("ada");
      expect(await eve.page.getByRole("button", { name: "Decline it" }).count()).toBe(0);
      expect(state().revision).toBe(before);
      expect(state().requests.get(id)?.state).toBe("granted");
      expect(state().labels.get(label)?.owner).toBe(world.id("alice"));
      for (const { complaints, context } of [ada, eve]) {
        expect(complaints).toEqual([]);
        await context.close();
      }
    },
  );

  it("see at once what the other has decided, and that there is something new", async () => {
    const ada = await open("ada", "/admin/requests");
    const eve = await open("eve", "/admin");
    await Promise.all([ada, eve].map(({ page }) => page.locator("html.is-live").waitFor()));
    const wish = { kind: "label", label: "live-art" };
    const { id } = await world.must("POST", "/requests", { owner: "alice", wish, reason: "x" });
    await ada.page.getByRole("link", { name: "The name live-art" }).waitFor();
    await eve.page.getByRole("link", { name: "1 request to decide" }).waitFor();
    await world.must("POST", `/requests/${id}/decline`, { answer: "No." });
    await ada.page.getByRole("link", { name: "The name live-art" }).waitFor({ state: "detached" });
    await eve.page
      .getByRole("link", { name: "1 request to decide" })
      .waitFor({ state: "detached" });
    for (const { complaints, context } of [ada, eve]) {
      expect(complaints).toEqual([]);
      await context.close();
    }
  });

  it("who change the same owner: the second is shown both versions, and decides", async () => {
    const path = `/admin/owners/${world.id("bob")}/edit`;
    const ada = await open("ada", path);
    const eve = await open("eve", path);
    await ada.page.getByLabel("Full name").fill("Bob the first");
    await ada.page.getByRole("button", { name: "Save" }).click();
    await ada.page.getByRole("status").waitFor();
    await eve.page.getByLabel("Full name").fill("Bob the second");
    await eve.page.getByRole("button", { name: "Save" }).click();
    const told = eve.page.getByRole("alert");
    expect(await told.textContent()).toContain("This was changed meanwhile, by ada");
    expect(await told.getByRole("row", { name: /Full name/ }).textContent()).toBe(
      "Full nameBob the firstBob the second",
    );
    expect(await barriers(eve.page)).toEqual([]);
    expect(state().owners.get(world.id("bob"))?.displayName).toBe("Bob the first");
    await eve.page.getByRole("button", { name: "Save mine over it" }).click();
    await eve.page.getByRole("status").waitFor();
    expect(state().owners.get(world.id("bob"))?.displayName).toBe("Bob the second");
    await Promise.all([ada, eve].map(({ context }) => context.close()));
  });
});
