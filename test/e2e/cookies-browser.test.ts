import {
  createServer,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
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
import { describeWithService } from "../support/services.ts";
import { startTraefik, type Traefik } from "../support/traefik.ts";
import { TestVisitor } from "../support/visitor.ts";
import { waitFor } from "../support/wait.ts";

const own = `https://${consoleHost}`;
const SESSION = "__Host-tardis-session";
const MALLORY = `https://mallory.${zone}/`;

/** What Chromium keeps at most for a zone and all its hosts, and in one cookie. */
const COOKIES_MAX = 180;
const COOKIE_BYTES = 4096;
const LIMIT_MS = 90_000;

/** Names that some browser or server took for ours. */
const LOOKALIKES = [
  SESSION,
  "__host-tardis-session",
  "__HOST-Tardis-Session",
  "__Secure-tardis-session",
  "tardis-session",
  "=__Host-tardis-session",
  "\u00a0__Host-tardis-session",
  "\u2000__Host-tardis-session",
  "$Version=1; __Host-tardis-session",
  '"__Host-tardis-session"',
  "__Host%2Dtardis-session",
  "x, __Host-tardis-session",
] as const;
/** A longer path is sent before what stands at `/`. */
const PATHS = ["/", "/access", "/sign-in"] as const;

describeWithService(
  ["chromium", "traefik"],
  "cookies that a member's own host sets",
  (chromium) => {
    vi.setConfig({ testTimeout: LIMIT_MS });
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let running: RunningConsole;
    let must: MustClient;
    let traefik: Traefik;
    let browser: Browser;
    let server: Server;
    let answer: RequestListener;
    let window: Window;

    beforeAll(async () => {
      folder = await temporaryFolder();
      running = await startTestConsole(folder.path);
      must = mustClient(running.httpPort);
      server = createServer((request, response) => answer(request, response));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      await must("POST", "/persons", { username: "alice" });
      await must("POST", "/persons", { username: "mallory" });
      const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await must("POST", "/endpoints", { owner: "mallory", target });
      traefik = await startTraefik({
        provider: { url: `http://127.0.0.1:${running.internalPort}/traefik/config?wait=4s` },
        certs: [{ names: [zone, `*.${zone}`] }],
      });
      await traefik.waitUntil(() => traefik.router("zone-default"), "the first document");
      browser = await startBrowser(chromium, [
        `--host-resolver-rules=MAP *.${zone}:443 127.0.0.1:${traefik.httpsPort}`,
        "--ignore-certificate-errors",
      ]);
    });
    afterAll(async () => {
      await browser?.close();
      await traefik?.stop();
      await running?.close();
      await new Promise((resolve) => server?.close(resolve));
      await folder?.remove();
    });
    beforeEach(async () => {
      window = await openWindow(browser, { ownCertificates: true });
      window.page.setDefaultTimeout(20_000);
    });
    afterEach(() => window.context.close());

    /** Has mallory's host answer with this, and opens it. */
    async function visitMallory(
      page: Page,
      script: string,
      headers: Readonly<Record<string, string | readonly string[]>> = {},
    ) {
      answer = (_request, response) => {
        response
          .writeHead(200, { "Content-Type": "text/html", ...(headers as OutgoingHttpHeaders) })
          .end(
            `<!doctype html><title>mallory</title><script>${script};document.title="done"</script>`,
          );
      };
      await page.goto(MALLORY);
      await waitFor(async () => (await page.title()) === "done", { describe: "the attack" });
    }
    async function signIn(page: Page) {
      const { url } = await must("POST", "/passes", { person: "alice" });
      await page.goto(url);
      await page.getByRole("button", { name: "Sign in as alice" }).click();
      await page.waitForURL(`${own}/`);
    }
    const who = async (page: Page, path = "/access") => {
      const opened = await page.goto(own + path);
      if (opened?.status() !== 200) return `status ${opened?.status()}`;
      if (new URL(page.url()).pathname === "/sign-in") return "nobody";
      return page.locator(".who .name").textContent();
    };

    /** A session of mallory's own, which she would have alice work in. */
    async function plant(page: Page) {
      const mallory = new TestVisitor(running);
      await mallory.be("mallory");
      const secret = mallory.cookies.get(SESSION) ?? "";
      const flash = Buffer.from(
        JSON.stringify({
          tone: "bad",
          text: "Planted.",
          undo: { action: "/sign-out", label: "Undo" },
        }),
      ).toString("base64url");
      const lines = [
        ...LOOKALIKES.flatMap((name) => PATHS.map((path) => [name, secret, path] as const)),
        ...["__Host-flash", "flash", "=__Host-flash", "\u00a0__Host-flash"].map(
          (name) => [name, flash, "/"] as const,
        ),
      ].flatMap(([name, value, path]) =>
        [`; Domain=${zone}`, ""].map((domain) => `${name}=${value}; Path=${path}; Secure${domain}`),
      );
      const scripted = `for (const line of ${JSON.stringify(lines)}) document.cookie = line`;
      // Node writes a header's characters as single bytes, so these are no UTF-8.
      const sent = lines.filter((line) => !line.includes("\u2000"));
      await visitMallory(page, scripted, { "Set-Cookie": sent });
    }

    it("are never taken for a session, a sign-in or a message of ours", async () => {
      const { page, context } = window;
      await signIn(page);
      await plant(page);
      // They did arrive, those that a browser takes.
      const arrived = (await context.cookies(`${own}/access`)).map(({ name }) => name);
      expect(arrived).toContain("tardis-session");
      expect(arrived.some((name) => name !== SESSION && name.endsWith(SESSION))).toBe(true);
      for (const path of ["/access", "/", "/groups"]) expect(await who(page, path)).toBe("alice");
      expect(await page.textContent("body")).not.toContain("Planted.");
      await page.getByRole("button", { name: "Sign out", exact: true }).click();
      await page.waitForURL(`${own}/sign-in`);
      await plant(page);
      for (const path of ["/access", "/", "/sign-in"]) expect(await who(page, path)).toBe("nobody");
      await signIn(page);
      expect(await who(page)).toBe("alice");
    });

    it("shut nobody out, however many and long they are", async () => {
      const { page, context } = window;
      await signIn(page);
      const length = COOKIE_BYTES - "flood-100".length;
      await visitMallory(
        page,
        `for (let n = 100; n < ${100 + COOKIES_MAX + 40}; n++)
         document.cookie = "flood-" + n + "=" + "x".repeat(${length}) +
           "; Domain=${zone}; Path=/; Secure; Priority=High"`,
      );
      const flood = async () =>
        (await context.cookies(own)).filter(({ name }) => name.startsWith("flood-"));
      const isLast = `flood-${99 + COOKIES_MAX + 40}`;
      const whole = await waitFor(
        async () => {
          const kept = await flood();
          return kept.some(({ name }) => name === isLast) ? kept : undefined;
        },
        { describe: "the browser to keep them" },
      );
      expect(whole.length).toBeGreaterThan(COOKIES_MAX - 40);
      // The browser may have thrown the session away for them; one signs in again then, and works.
      expect(["alice", "nobody"]).toContain(await who(page));
      await signIn(page);
      expect(await who(page, "/access/new")).toBe("alice");
      await page.getByLabel("What it is for").fill("for the flood");
      await page.getByRole("button", { name: "Make it" }).click();
      await page.getByText("Copy it now").waitFor();
      expect(await page.getByRole("main").textContent()).toContain("for the flood");
      await page.getByRole("button", { name: "Sign out", exact: true }).click();
      await page.waitForURL(`${own}/sign-in`);
      // As many as the browser was given are still there.
      expect((await flood()).length).toBeGreaterThan(COOKIES_MAX - 40);
    });

    it("may be thrown away with ours, which signs one out and does no more", async () => {
      const { page } = window;
      await signIn(page);
      await visitMallory(page, "", { "Clear-Site-Data": '"cookies", "storage", "cache"' });
      // The one thing that a host of the zone can do to a console in it.
      expect(await who(page)).toBe("nobody");
      await signIn(page);
      expect(await who(page)).toBe("alice");
    });
  },
);
