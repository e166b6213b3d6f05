import { type Connection, createConnection } from "mysql2/promise";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { consoleGrants } from "../../src/databases/console-grants.ts";
import { type AdminWorld, startAdminWorld } from "../console/admin/support.ts";
import { goToSection, openWindow, startBrowser, type Width } from "../support/browser.ts";
import { type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { describeWithService } from "../support/services.ts";

const WAYS: readonly (readonly [Width, boolean])[] = [
  ["desk", true],
  ["desk", false],
  ["phone", true],
  ["phone", false],
];
const PASSWORD = "console-password-of-the-test";

describeWithService(
  ["chromium", "mariadb"],
  "members at a browser, with databases at a real MariaDB",
  (chromium) => {
    let browser: Browser;
    let server: MariadbServer;
    let world: AdminWorld;
    let origin: string;
    beforeAll(async () => {
      [browser, server] = await Promise.all([startBrowser(chromium), startMariadb()]);
      const grants = consoleGrants({ product: "MariaDB", user: "console", prefix: "u" });
      await server.root(...grants.map((one) => one.replace("PUT A PASSWORD HERE", PASSWORD)));
      const { address } = server;
      world = await startAdminWorld({
        // Without HTTPS, as for a trial on a laptop.
        publicUrl: "http://localhost:0",
        databases: { enabled: true, address, user: "console", password: PASSWORD },
      });
      origin = world.running.config.publicUrl;
    }, 120_000);
    afterAll(async () => {
      server?.signal("SIGCONT");
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
    /** The password that a page shows once, and the URL to be pasted that has it in it. */
    const given = async (page: Page) => {
      const codes = await page.locator(".secret dd code").allTextContents();
      const url = await page
        .locator(".snippet code", { hasText: /^mysql:\/\// })
        .first()
        .textContent();
      return { password: codes[1] ?? "", url: url ?? "" };
    };
    /** Who goes on with what, or is refused. */
    const ask = async (connection: Connection, sql: string): Promise<string> => {
      try {
        await connection.query(sql);
        return "done";
      } catch (error) {
        return String((error as { code?: unknown }).code);
      }
    };
    const logIn = async (url: string): Promise<string> => {
      try {
        const connection = await createConnection(url);
        connection.destroy();
        return "in";
      } catch (error) {
        return String((error as { code?: unknown }).code);
      }
    };

    it.each(WAYS)(
      "keep tables: a database, an account, a change, a new password, a deletion and its undoing; %s, scripts: %s",
      async (width, scripts) => {
        const { page, context, complaints } = await open("alice", width, scripts);
        const short = `blog_${width}_${scripts}`;
        const name = `u_alice_${short}`;
        const account = `u.alice.${width}-${scripts}`;
        await page.goto(origin);
        await goToSection(page, "Databases");
        await page.getByRole("link", { name: "Make a database" }).click();
        await page.getByLabel("Name", { exact: true }).fill("Not A Name");
        await page.getByRole("button", { name: "Make it" }).click();
        expect(await page.locator("#field-name-error").textContent()).toContain("small letters");
        await page.getByLabel("Name", { exact: true }).fill(short);
        await page.getByRole("button", { name: "Make it" }).click();
        expect(await said(page)).toBe(`${name} is ready. A program logs in with an account.`);
        const address = page.url();

        await page.getByRole("link", { name: "Make an account for it" }).click();
        await page.getByLabel("Name", { exact: true }).fill(`${width}-${scripts}`);
        const [made] = await Promise.all([
          page.waitForResponse((response) => response.request().method() === "POST"),
          page.getByRole("button", { name: "Make it" }).click(),
        ]);
        expect(made.headers()["cache-control"]).toBe("no-store");
        const first = await given(page);
        expect(page.url()).not.toContain(first.password);
        const connection = await createConnection(first.url);
        // It is ended below, which the driver tells as an error.
        connection.on("error", () => undefined);
        expect(await ask(connection, "CREATE TABLE t (id INT PRIMARY KEY)")).toBe("done");
        await page.getByRole("link", { name: "I have it" }).click();
        expect(await page.content()).not.toContain(first.password);

        await page.getByRole("link", { name: `Change ${account}` }).click();
        await page.getByLabel("What it may do").selectOption("read");
        await page.getByRole("button", { name: "Save" }).click();
        expect(await said(page)).toBe(`${account} was changed.`);
        // What was open could still write: it has ended.
        expect(await ask(connection, "INSERT INTO t VALUES (1)")).not.toBe("done");
        const reader = await createConnection(first.url);
        expect(await ask(reader, "SELECT * FROM t")).toBe("done");
        expect(await ask(reader, "INSERT INTO t VALUES (1)")).toBe("ER_TABLEACCESS_DENIED_ERROR");

        await page.getByRole("link", { name: `New password for ${account}` }).click();
        await page.getByRole("button", { name: "Set a new password" }).click();
        const second = await given(page);
        expect(await logIn(first.url)).toBe("ER_ACCESS_DENIED_ERROR");
        expect(await logIn(second.url)).toBe("in");
        // As the page before said.
        expect(await ask(reader, "SELECT * FROM t")).toBe("done");
        reader.destroy();

        await page.goto(`${address}/delete`);
        await page.getByLabel("To be sure").fill(short);
        await page.getByRole("button", { name: "Delete it" }).click();
        expect(await page.locator("#field-name-error").textContent()).toContain(name);
        await page.getByLabel("To be sure").fill(name);
        await page.getByRole("button", { name: "Delete it" }).click();
        expect(await said(page)).toContain(`${name} is out of use`);
        expect(await logIn(second.url)).toBe("ER_DBACCESS_DENIED_ERROR");
        await page.getByRole("button", { name: "Undo" }).click();
        expect(await said(page)).toBe(`${name} is back, with all that was in it.`);
        const again = await createConnection(second.url);
        again.on("error", () => undefined);
        expect(await ask(again, "SELECT * FROM t")).toBe("done");

        await page.goto(`${origin}/databases`);
        await page.getByRole("link", { name: `End ${account}` }).click();
        await page.getByRole("button", { name: "End it" }).click();
        expect(await said(page)).toBe(`The account ${account} was ended.`);
        expect(await ask(again, "SELECT * FROM t")).not.toBe("done");
        expect(await logIn(second.url)).toBe("ER_ACCESS_DENIED_ERROR");
        expect(complaints).toEqual([]);
        await context.close();
      },
      120_000,
    );

    it("see a database that a frozen MariaDB held up become ready, without touching the page", async () => {
      const { page, context } = await open("bob");
      await page.goto(`${origin}/databases/new`);
      await page.getByLabel("Name", { exact: true }).fill("late");
      server.signal("SIGSTOP");
      try {
        // The verb waits for as long as a call may take, and says then how it stands.
        await page.getByRole("button", { name: "Make it" }).click({ timeout: 60_000 });
        await page.getByText("Being made").waitFor({ timeout: 60_000 });
        await page.locator("html.is-live").waitFor();
      } finally {
        server.signal("SIGCONT");
      }
      await page.getByText("Ready", { exact: true }).waitFor({ timeout: 90_000 });
      await context.close();
    }, 180_000);
  },
);
