import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { RunningConsole } from "../../src/app.ts";
import { openWindow, startBrowser, type Window } from "../support/browser.ts";
import {
  consoleHost,
  mustClient,
  startTestConsole,
  zone,
  type MustClient,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { startIdentityProvider, type IdentityProvider } from "../support/identity-provider.ts";
import { describeWithService } from "../support/services.ts";
import { startTlsFront, type TlsFront } from "../support/tls-front.ts";
import { waitFor } from "../support/wait.ts";

const publicUrl = `https://${consoleHost}`;
const SESSION = "__Host-tardis-session";

/** What a member puts on a host of their own, which is same-site with the console. */
const MALLORY = `mallory.${zone}`;
const ATTACKS: Readonly<Record<string, string>> = {
  "a form": `<form id=f method=post action="${publicUrl}/sign-out"></form><script>f.submit()</script>`,
  "a call with cookies": `<script>
    fetch("${publicUrl}/sign-out", { method: "POST", mode: "no-cors", credentials: "include" })
      .finally(() => (document.title = "done"));</script>`,
  "a call that wants to read": `<script>
    fetch("${publicUrl}/", { credentials: "include" }).then((answer) => answer.text())
      .then((text) => (document.title = "read " + text), () => (document.title = "done"));</script>`,
  "cookies of the same name": `<script>
    for (const name of ["${SESSION}", "tardis-session"])
      for (const domain of ["", "; Domain=${zone}"])
        document.cookie = name + "=mine; Path=/; Secure" + domain;
    document.title = "done";</script>`,
  "a frame": `<iframe src="${publicUrl}/" onload="document.title='done'"></iframe>`,
};

/** What it has a browser ask for without anybody seeing it, by the query that it asks with. */
const UNSEEN: Readonly<Record<string, string>> = {
  call: `<script>
    fetch("${publicUrl}/?call", { mode: "no-cors", credentials: "include" }).catch(() => 0);</script>`,
  stream: `<script>new EventSource("${publicUrl}/?stream", { withCredentials: true });</script>`,
  picture: `<img src="${publicUrl}/?picture" alt="">`,
  script: `<script src="${publicUrl}/?script"></script>`,
  prefetch: `<link rel="prefetch" href="${publicUrl}/?prefetch">`,
  frame: `<iframe src="${publicUrl}/?frame"></iframe>`,
  speculation: `<script type="speculationrules">
    {"prefetch": [{"urls": ["${publicUrl}/?speculation"], "eagerness": "immediate"}]}</script>`,
};

describeWithService("chromium", "signing in, in a browser", (chromium) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let provider: IdentityProvider;
  let running: RunningConsole;
  let must: MustClient;
  let front: TlsFront;
  let browser: Browser;
  let window: Window;
  const pages = new Map<string, string>();

  beforeAll(async () => {
    folder = await temporaryFolder();
    provider = await startIdentityProvider({ publicUrl });
    provider.accounts.set("alice", { preferred_username: "alice" });
    const { issuer, clientId, clientSecret } = provider;
    const oidc = { issuer, clientId, clientSecret, createPersons: true };
    running = await startTestConsole(folder.path, { signIn: { oidc } });
    must = mustClient(running.httpPort);
    front = await startTlsFront(zone, { host: consoleHost, port: running.httpPort }, pages);
    browser = await startBrowser(chromium, front.browserArguments);
  });
  afterAll(async () => {
    await browser?.close();
    await front?.close();
    await running?.close();
    await provider?.stop();
    await folder?.remove();
  });
  beforeEach(async () => {
    window = await openWindow(browser, { ownCertificates: true });
  });
  afterEach(() => window.context.close());

  /** From the console's page through the provider's, to where one wanted to be. */
  async function signIn(page: Page): Promise<void> {
    await page.goto(`${publicUrl}/access`);
    expect(page.url()).toBe(`${publicUrl}/sign-in?to=%2Faccess`);
    await page.getByRole("link", { name: "Sign in with GitLab" }).click();
    await atProvider(page, "alice");
    await page.waitForURL(`${publicUrl}/access`);
  }

  async function atProvider(page: Page, subject: string): Promise<void> {
    await page.getByPlaceholder("Enter any login").fill(subject);
    await page.getByPlaceholder("and password").fill("any");
    await page.getByRole("button", { name: "Sign-in" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
  }

  const ours = () => window.complaints.filter((text) => text.includes(publicUrl));
  const isIn = async (page: Page) => {
    await page.goto(`${publicUrl}/access`);
    return page.url() === `${publicUrl}/access`;
  };

  it.each([true, false])(
    "leads through the provider and back, with scripts: %s",
    async (scripts) => {
      await window.context.close();
      window = await openWindow(browser, { ownCertificates: true, scripts });
      const { page, context } = window;
      await signIn(page);
      const cookies = await context.cookies(publicUrl);
      expect(cookies.find(({ name }) => name === SESSION)).toMatchObject({
        domain: consoleHost,
        path: "/",
        httpOnly: true,
        secure: true,
        sameSite: "Lax",
      });
      expect(await isIn(page)).toBe(true);
      await page.getByRole("button", { name: "Sign out", exact: true }).click();
      await page.waitForURL(`${publicUrl}/sign-in`);
      expect(await isIn(page)).toBe(false);
      expect(ours()).toEqual([]);
    },
  );

  it("takes a link that an admin made, by its button", async () => {
    const { page } = window;
    await must("POST", "/persons", { username: "bob" });
    const { url } = await must("POST", "/passes", { person: "bob" });
    await page.goto(url);
    await page.getByRole("button", { name: "Sign in as bob" }).click();
    await page.waitForURL(`${publicUrl}/`);
    expect(await isIn(page)).toBe(true);
    expect(ours()).toEqual([]);
  });

  it("takes an invitation by its page, and has its code in no other address", async () => {
    const { page } = window;
    await must("POST", "/persons", { username: "ivy" });
    const { url } = await must("POST", "/passes", { person: "ivy", use: "invitation" });
    const code = String(url).split("/").at(-1) ?? "none";
    const told: string[] = [];
    page.on("request", (request) => {
      const { referer = "" } = request.headers();
      if (request.url() !== url && !request.url().startsWith(`${publicUrl}/assets/`))
        told.push(request.url(), request.url().startsWith(publicUrl) ? "" : referer);
    });
    await page.goto(url);
    await page.getByRole("link", { name: "Sign in with GitLab" }).click();
    await atProvider(page, "ivy");
    await page.waitForURL(`${publicUrl}/`);
    expect(await page.locator(".who .name").textContent()).toBe("ivy");
    expect(told.length).toBeGreaterThan(4);
    expect(told.filter((text) => text.includes(code))).toEqual([]);
    expect(ours()).toEqual([]);
  });

  it("that does not come about says why, and leads on to where one wanted to be", async () => {
    await window.context.close();
    window = await openWindow(browser, { ownCertificates: true, width: "phone" });
    const { page } = window;
    const back: string[] = [];
    page.on("request", (request) => {
      if (request.url().startsWith(`${publicUrl}/sign-in/callback`)) back.push(request.url());
    });
    const callback = `${publicUrl}/sign-in/callback`;
    /** What somebody is shown who comes back: that it went wrong, why, and a way on. */
    const expectTold = async (status: number, says: string, wayOn: string) => {
      const told = page.getByRole("main");
      await told.getByText(says).waitFor();
      const answers = front.answered.filter(([path]) => path.startsWith("/sign-in/callback"));
      expect([says, answers.at(-1)?.[1]]).toEqual([says, status]);
      const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
      expect([says, over]).toEqual([says, 0]);
      expect(await told.getByRole("link").allTextContents()).toEqual([wayOn]);
    };
    const begin = "Sign in with GitLab";
    const notBegun = "was not begun in this browser, or is too old";

    // Nothing of it was begun here, or long ago.
    await page.goto(`${callback}?code=x&state=${"a".repeat(43)}`);
    await expectTold(400, notBegun, "To the start");
    await page.goto(`${publicUrl}/access`);
    await page.getByRole("link", { name: begin }).click();
    await page.getByRole("link", { name: "Cancel" }).click();
    await expectTold(403, "You did not let GitLab say who you are.", begin);
    // The code has expired on the way.
    provider.codeSeconds = -60;
    await page.getByRole("link", { name: begin }).click();
    await atProvider(page, "alice");
    await expectTold(400, "What GitLab answered is not good. Try again.", begin);
    provider.codeSeconds = 60;
    // The provider goes away in between. It knows who was there, and leads through when it is back.
    provider.isAway = true;
    await page.getByRole("link", { name: begin }).click();
    await expectTold(503, "GitLab cannot be reached now.", "Try again");
    provider.isAway = false;
    await page.getByRole("link", { name: "Try again" }).click();
    await page.waitForURL(`${publicUrl}/access`);
    // The same answer again, by the browser's history: it is worth nothing, and harms nobody.
    await page.goto(back.at(-1) ?? "");
    await expectTold(400, notBegun, "To the start");
    await page.getByRole("link", { name: "To the start" }).click();
    expect(await page.locator(".who .name").textContent()).toBe("alice");
    // But for the status that was meant.
    expect(ours().filter((text) => !text.includes("status of 503"))).toEqual([]);
  }, 60_000);

  it.each(Object.entries(ATTACKS))(
    "is not touched by %s on a member's own host",
    async (_what, html) => {
      pages.set(MALLORY, `<!doctype html><title>mallory</title>${html}`);
      const { page, context } = window;
      await signIn(page);
      await page.goto(`https://${MALLORY}/`);
      const isOver = async () =>
        (await page.title().catch(() => "mallory")) !== "mallory" ||
        page.url().startsWith(publicUrl);
      await waitFor(isOver, { describe: "the attack to be over" });
      const frames = page.frames().slice(1);
      for (const frame of frames) expect(await frame.content()).not.toContain("alice");
      expect(await page.title()).not.toContain("read");
      const kept = (await context.cookies(publicUrl)).filter(({ name }) => name === SESSION);
      expect(kept.map(({ value, domain }) => [value === "mine", domain])).toEqual([
        [false, consoleHost],
      ]);
      expect(await isIn(page)).toBe(true);
    },
  );

  it("is nothing that a member's own host makes use of unseen", async () => {
    pages.set(
      MALLORY,
      `<!doctype html><title>mallory</title><a href="${publicUrl}/">Over there</a>
        ${Object.values(UNSEEN).join("")}`,
    );
    const { page } = window;
    await signIn(page);
    const { id, revision } = await must("POST", "/endpoints", {
      owner: "alice",
      path: "/wiki",
      target: "http://127.0.0.1:9000",
    });
    // A message with the way back waits for the next page.
    await page.evaluate(`fetch("/endpoints/${id}/remove", {
      method: "POST", redirect: "manual", body: new URLSearchParams({ revision: "${revision}" }),
    })`);
    await page.goto(`https://${MALLORY}/`);
    const answered = () => front.answered.filter(([path]) => path.startsWith("/?"));
    await waitFor(() => answered().length === Object.keys(UNSEEN).length, {
      describe: () => `all to be answered: ${answered().join(" ")}`,
    });
    expect(Object.fromEntries(answered())).toEqual(
      Object.fromEntries(Object.keys(UNSEEN).map((what) => [`/?${what}`, 403])),
    );
    await page.getByRole("link", { name: "Over there" }).click();
    await page.getByRole("button", { name: "Undo" }).waitFor();
    expect(page.url()).toBe(`${publicUrl}/`);
  });
});
