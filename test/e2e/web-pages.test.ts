import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { openWindow, startBrowser } from "../support/browser.ts";
import { mustClient, startTestConsole, zone, type MustClient } from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { request } from "../support/request.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describeWithService("chromium", "the console's pages, signed in by a link", (chromium) => {
  let browser: Browser;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let running: RunningConsole;
  let must: MustClient;
  beforeAll(async () => {
    folder = await temporaryFolder();
    // At its own address on loopback, as one tries it on a laptop.
    running = await startTestConsole(folder.path, { publicUrl: undefined });
    must = mustClient(running.httpPort);
    await must("POST", "/persons", { username: "alice" });
    browser = await startBrowser(chromium);
  });
  afterAll(async () => {
    await browser?.close();
    await running?.close();
    await folder?.remove();
  });

  it("follow a service from stored to fetched by a Traefik, and end with the console", async () => {
    const { page, complaints, context } = await openWindow(browser);
    page.setDefaultTimeout(10_000);
    const { url } = await must("POST", "/passes", { person: "alice" });
    await page.goto(url);
    await page.getByRole("button", { name: "Sign in as alice" }).click();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("My sites");
    await page.getByRole("link", { name: "Add a service" }).first().click();
    await page.getByLabel("Where it runs").fill("127.0.0.1:9");
    await page.getByRole("button", { name: "Put it online" }).click();
    await page.getByText("No Traefik has asked for it yet.").waitFor();
    await page.locator("html.is-live").waitFor();
    // Traefik's poll, as it makes it.
    const polled = await request({
      port: running.internalPort,
      path: "/traefik/config?poller=edge",
      host: "localhost",
    });
    expect(polled.body).toContain(`alice.${zone}`);
    await page.getByText("Fetched by edge.").waitFor({ timeout: 3000 });
    await page.getByRole("link", { name: "Access" }).first().click();
    expect(await page.getByRole("row", { name: "This browser" }).count()).toBe(1);
    await page.locator("html.is-live").waitFor();
    // A stream that is open must not hold the end up.
    const began = performance.now();
    await running.close();
    expect(performance.now() - began).toBeLessThan(2000);
    await waitFor(() => page.locator("html:not(.is-live)").count(), {
      describe: "the page to notice",
    });
    expect(complaints.filter((text) => !/ERR_|Failed to load/.test(text))).toEqual([]);
    await context.close();
  });
});
