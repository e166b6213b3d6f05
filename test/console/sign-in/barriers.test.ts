import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { openWindow, startBrowser, type Window } from "../../support/browser.ts";
import { startIdentityProvider, type IdentityProvider } from "../../support/identity-provider.ts";
import { describeWithService } from "../../support/services.ts";
import { startAdminWorld, type AdminWorld } from "../admin/support.ts";
import { expectNoBarrierOn } from "../every-page/no-barrier.ts";

describeWithService("chromium", "the way in by a provider keeps nobody out", (chromium) => {
  let provider: IdentityProvider;
  let world: AdminWorld;
  let browser: Browser;
  let window: Window;
  let origin: string;
  beforeAll(async () => {
    [provider, browser] = await Promise.all([
      startIdentityProvider({ publicUrl: "http://localhost" }),
      startBrowser(chromium),
    ]);
    const { issuer, clientId, clientSecret } = provider;
    world = await startAdminWorld({
      // Without HTTPS, as for a trial on a laptop: browsers keep its cookies.
      publicUrl: "http://localhost:0",
      signIn: { oidc: { issuer, clientId, clientSecret } },
    });
    origin = world.running.config.publicUrl;
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
    await provider?.stop();
  });
  beforeEach(async () => {
    window = await openWindow(browser);
  });
  afterEach(() => window.context.close());

  it("at the sign-in", async () => {
    const { page } = window;
    await page.goto(`${origin}/sign-in`);
    await page.locator('a[href^="/sign-in/start"]').waitFor();
    await expectNoBarrierOn(window, "/sign-in");
  });

  it.each(["invitation", "sign-in"])("at what a pass opens: %s", async (use) => {
    const { url } = await world.must("POST", "/passes", { person: "alice", use });
    await window.page.goto(url);
    expect(await window.page.getByRole("main").textContent()).toMatch(/alice/);
    await expectNoBarrierOn(window, use);
  });

  it("at an invitation that does not hold", async () => {
    await window.page.goto(`${origin}/sign-in/invitation/wrong`);
    await expectNoBarrierOn(window, "wrong");
  });

  it("where the provider sends back what is none of ours", async () => {
    await window.page.goto(`${origin}/sign-in/callback?state=wrong&code=wrong`);
    await expectNoBarrierOn(window, "/sign-in/callback");
  });

  it("at an admin's form, of whom it has to be asked again", async () => {
    const { page, context } = window;
    const seen = { address: "127.0.0.1", agent: "test" };
    const longAgo = { adminUntil: new Date(Date.now() - 60_000) };
    const { secret } = await world.running.core.sessions.begin(world.id("bob"), seen, longAgo);
    await context.addCookies([{ name: "tardis-session", value: secret, url: origin }]);
    await page.goto(`${origin}/`);
    // As from a form that was opened before.
    await page.evaluate(`{
      const form = document.createElement("form");
      form.method = "post";
      form.action = "/admin/reserved-names";
      document.body.append(form);
      form.submit();
    }`);
    await page.waitForURL("**/admin/reserved-names");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Sign in again");
    await expectNoBarrierOn(window, "sign in again");
  });
});
