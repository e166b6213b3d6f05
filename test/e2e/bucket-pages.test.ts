import { Client } from "minio";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AdminWorld, startAdminWorld } from "../console/admin/support.ts";
import { goToSection, openWindow, startBrowser, type Width } from "../support/browser.ts";
import { may } from "../buckets/support.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { describeWithService } from "../support/services.ts";

const WAYS: readonly (readonly [Width, boolean])[] = [
  ["desk", true],
  ["desk", false],
  ["phone", true],
  ["phone", false],
];

describeWithService(
  ["chromium", "minio"],
  "members at a browser, with buckets at a real MinIO",
  (chromium) => {
    let browser: Browser;
    let server: MinioServer;
    let world: AdminWorld;
    let origin: string;
    beforeAll(async () => {
      [browser, server] = await Promise.all([startBrowser(chromium), startMinio()]);
      const { url, accessKey, secretKey } = server;
      world = await startAdminWorld({
        // Without HTTPS, as for a trial on a laptop.
        publicUrl: "http://localhost:0",
        buckets: { enabled: true, url, accessKey, secretKey },
      });
      origin = world.running.config.publicUrl;
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await world?.close();
      await server?.destroy();
    });

    const open = async (who: string, width: Width = "desk", scripts = true) => {
      const window = await openWindow(browser, { width, scripts });
      window.page.setDefaultTimeout(15_000);
      const { cookies } = await world.as(who);
      const value = [...cookies.values()][0] ?? "";
      await window.context.addCookies([{ name: "tardis-session", value, url: origin }]);
      return window;
    };
    const said = (page: Page) => page.getByRole("status").locator("p").first().textContent();
    /** What a page shows once, as a client of MinIO. */
    const clientOf = async (page: Page): Promise<{ client: Client; secret: string }> => {
      const codes = await page.locator(".secret dd code").allTextContents();
      const [accessKey = "", secretKey = "", url = "", region = ""] = codes;
      const { hostname, port } = new URL(url);
      const endPoint = { endPoint: hostname, port: Number(port), useSSL: false };
      return {
        client: new Client({ ...endPoint, accessKey, secretKey, region }),
        secret: secretKey,
      };
    };

    it.each(WAYS)(
      "keep files: a bucket, a key, a rotation, a deletion and its undoing; %s, scripts: %s",
      async (width, scripts) => {
        const { page, context, complaints } = await open("alice", width, scripts);
        const short = `files-${width}-${scripts}`;
        const name = `alice.${short}`;
        await page.goto(origin);
        await goToSection(page, "Buckets");
        await page.getByRole("link", { name: "Make a bucket" }).click();
        await page.getByLabel("Name", { exact: true }).fill("Not A Name");
        await page.getByLabel("Gigabytes").fill("1");
        await page.getByRole("button", { name: "Make it" }).click();
        expect(await page.locator("#field-name-error").textContent()).toContain("small letters");
        await page.getByLabel("Name", { exact: true }).fill(short);
        await page.getByRole("button", { name: "Make it" }).click();
        expect(await said(page)).toBe(`${name} is ready. A key lets a program use it.`);
        const address = page.url();

        await page.getByRole("link", { name: "Make a key to it" }).click();
        await page.getByLabel("What it is for").fill(`backup ${width} ${scripts}`);
        const [made] = await Promise.all([
          page.waitForResponse((response) => response.request().method() === "POST"),
          page.getByRole("button", { name: "Make it" }).click(),
        ]);
        expect(made.headers()["cache-control"]).toBe("no-store");
        const { client: old, secret } = await clientOf(page);
        expect(page.url()).not.toContain(secret);
        await old.putObject(name, "hello.txt", "world");
        await page.getByRole("link", { name: "I have it" }).click();
        expect(await page.content()).not.toContain(secret);

        await page.goto(address);
        await page.getByRole("link", { name: "Change it" }).click();
        await page.getByLabel("Everyone may read it").check();
        await page.getByRole("button", { name: "Save" }).click();
        expect(await said(page)).toBe(`${name} was changed.`);
        const object = `${server.url}/${name}/hello.txt`;
        expect(await (await fetch(object)).text()).toBe("world");

        await page.goto(`${origin}/buckets`);
        await page.getByRole("link", { name: `Rotate backup ${width} ${scripts}` }).click();
        await page.getByRole("button", { name: "Rotate it" }).click();
        const { client } = await clientOf(page);
        expect(await may(old.statObject(name, "hello.txt"))).toBe(false);
        await client.statObject(name, "hello.txt");

        await page.goto(`${address}/delete`);
        await page.getByLabel("To be sure").fill(short);
        await page.getByRole("button", { name: "Delete it" }).click();
        expect(await page.locator("#field-name-error").textContent()).toContain(name);
        await page.getByLabel("To be sure").fill(name);
        await page.getByRole("button", { name: "Delete it" }).click();
        expect(await said(page)).toContain(`${name} is out of use`);
        expect((await fetch(object)).status).toBe(403);
        expect(await may(client.listBuckets().then((all) => mustHave(all, name)))).toBe(false);
        await page.getByRole("button", { name: "Undo" }).click();
        expect(await said(page)).toBe(`${name} is back, with all that was in it.`);
        expect(await (await fetch(object)).text()).toBe("world");

        await page.goto(`${origin}/buckets`);
        await page.getByRole("link", { name: `Revoke backup ${width} ${scripts}` }).click();
        await page.getByRole("button", { name: "Revoke it" }).click();
        expect(await said(page)).toContain("was revoked");
        expect(await may(client.statObject(name, "hello.txt"))).toBe(false);
        expect(complaints).toEqual([]);
        await context.close();
      },
      120_000,
    );

    it("see a bucket that a frozen MinIO held up become ready, without touching the page", async () => {
      const { page, context } = await open("bob");
      await page.goto(`${origin}/buckets/new`);
      await page.getByLabel("Name", { exact: true }).fill("late");
      server.signal("SIGSTOP");
      try {
        // The verb waits for as long as a call may take, and says then how it stands.
        await page.getByRole("button", { name: "Make it" }).click({ timeout: 60_000 });
        await page.getByText("Being made").waitFor({ timeout: 60_000 });
        await page.locator("html.is-live").waitFor();
        const other = await open("bob");
        await other.page.goto(`${origin}/buckets`);
        await other.page.getByText("Being made").waitFor();
        await other.context.close();
      } finally {
        server.signal("SIGCONT");
      }
      await page.getByText("Ready", { exact: true }).waitFor({ timeout: 90_000 });
      await context.close();
    }, 180_000);
  },
);

/** @throws as MinIO refuses, where a list lacks what was taken away */
function mustHave(all: readonly { readonly name: string }[], name: string): void {
  if (!all.some((one) => one.name === name))
    throw Object.assign(new Error("not listed"), { code: "AccessDenied" });
}
