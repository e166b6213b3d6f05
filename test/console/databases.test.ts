import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { updateAccount } from "../../src/databases/verbs/accounts.ts";
import { quotaOf } from "../../src/domain/rules.ts";
import { openWindow, startBrowser, type WindowOptions } from "../support/browser.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";
import { addAccount, addDatabase, furnishDatabases, renew } from "../support/database-world.ts";
import { MemoryDatabases } from "../support/memory-databases.ts";
import { describeWithService } from "../support/services.ts";

type World = Awaited<ReturnType<typeof furnishDatabases>>;

describeWithService("chromium", "a member's pages on databases", (chromium) => {
  let browser: Browser;
  let pages: TestPages;
  let server: MemoryDatabases;
  let world: World;
  beforeAll(async () => {
    browser = await startBrowser(chromium);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = new MemoryDatabases();
    pages = await startPages(undefined, {}, undefined, server);
    await furnish(pages);
    world = await furnishDatabases(pages, server);
    return async () => {
      await pages.close();
      expect(pages.errors).toEqual([]);
    };
  });

  /** Runs a story in a window of someone's; the browser must have nothing to complain of. */
  const as = async (
    who: string,
    options: WindowOptions,
    story: (page: Page) => Promise<void>,
  ): Promise<void> => {
    const headers = pages.by(who);
    const { page, context, complaints } = await openWindow(browser, { ...options, headers });
    page.setDefaultTimeout(10_000);
    try {
      await page.goto(`${pages.origin}/databases`);
      await story(page);
      expect(complaints.filter((text) => !/status of 503/.test(text))).toEqual([]);
    } finally {
      await context.close();
    }
  };

  it("follow a database from asked for to ready by themselves, while the server is away and back", async () => {
    server.isAway = true;
    await as("carol", {}, async (page) => {
      await page.getByRole("link", { name: "Make a database" }).click();
      await page.getByLabel("Name").fill("films");
      await page.getByRole("button", { name: "Make it" }).click();
      expect(await page.getByRole("status").textContent()).toContain("u_carol_films is stored");
      await page.getByText("Being made").waitFor();
      expect(await page.locator(".why").textContent()).toContain("cannot be reached");
      await page.locator("html.is-live").waitFor();
      server.isAway = false;
      await page.getByText("Ready", { exact: true }).waitFor({ timeout: 60_000 });
      expect(await page.locator("progress").count()).toBe(0);
      expect(server.stored.has("u_carol_films")).toBe(true);
    });
  }, 90_000);

  it("tell how many connections are open, and how much is held", async () => {
    await as("alice", { scripts: false }, async (page) => {
      const app = page.getByRole("row", { name: world.app.name });
      expect(await app.getByRole("cell").nth(5).textContent()).toBe("3 of 10");
      const reports = page.getByRole("row", { name: world.reports.name });
      expect(await reports.getByRole("cell").nth(5).textContent()).toBe("0 of 10");
      await page.getByRole("link", { name: world.wiki.name, exact: true }).click();
      expect(await page.getByText("in 1 table").count()).toBe(1);
    });
  });

  it("give no password while the server is away, and say why above the form", async () => {
    server.isAway = true;
    await as("alice", { scripts: false }, async (page) => {
      await page.getByRole("link", { name: "Make an account" }).click();
      await page.getByLabel("Name").fill("phone");
      const before = pages.ledger.state.revision;
      await page.getByRole("button", { name: "Make it" }).click();
      expect(await page.getByRole("alert").textContent()).toContain("Nothing was changed");
      expect(await page.getByLabel("Name").inputValue()).toBe("phone");
      await page.goto(`${pages.origin}/database-accounts/${world.app.id}/password`);
      await page.getByRole("button", { name: "Set a new password" }).click();
      expect(await page.getByRole("alert").textContent()).toContain("Nothing was changed");
      expect(pages.ledger.state.revision).toBe(before);
    });
  });

  it("lead from a quota that is used up to asking for more", async () => {
    const { state } = pages.ledger;
    const alice = world.wiki.owner;
    const owner = state.owners.get(alice);
    if (owner === undefined) throw new Error("there is no alice");
    const { databases, databaseAccounts } = quotaOf(pages.services.rules, owner);
    for (let more = state.databasesByOwner.get(alice)?.size ?? 0; more < databases; more++)
      await addDatabase(pages, "alice", "alice", `more${more}`);
    const accounts = state.databaseAccountsByOwner.get(alice)?.size ?? 0;
    for (let more = accounts; more < databaseAccounts; more++)
      await addAccount(pages, "alice", "alice", `more${more}`);
    await as("alice", { scripts: false }, async (page) => {
      expect(await page.getByText(`${databases} of ${databases} databases`).count()).toBe(1);
      await page.getByRole("link", { name: "Make a database" }).click();
      await page.getByLabel("Name").fill("over");
      await page.getByRole("button", { name: "Make it" }).click();
      const room = page.getByRole("alert").getByRole("link", { name: "Ask for more databases" });
      expect(await room.getAttribute("href")).toContain(`of=databases&amount=${databases + 1}`);
      await page.goto(`${pages.origin}/database-accounts/new`);
      await page.getByLabel("Name").fill("over");
      await page.getByRole("button", { name: "Make it" }).click();
      const more = page.getByRole("alert").getByRole("link", { name: "Ask for more accounts" });
      expect(await more.getAttribute("href")).toContain(
        `of=databaseAccounts&amount=${databaseAccounts + 1}`,
      );
    });
  });

  it("tell of a lost update with both versions, and of nothing that only the server did", async () => {
    const { reports, wiki } = world;
    await as("alice", { scripts: false }, async (page) => {
      await page.getByRole("link", { name: `Change ${reports.name}` }).click();
      await page.getByLabel("All of alice").check();
      await pages.must((state, context) =>
        updateAccount(state, context, { id: reports.id, access: "write" }),
      );
      await page.getByRole("button", { name: "Save" }).click();
      const told = await page.getByRole("alert").textContent();
      expect(told).toContain("by an admin");
      expect(told).toMatch(/It may.*Read and write.*Read only/s);
      expect(told).toMatch(/In.*u_alice_wiki.*all databases/s);
      expect(pages.ledger.state.databaseAccounts.get(reports.id)?.databases).toEqual([wiki.id]);
      await page.getByRole("button", { name: "Save mine over it" }).click();
      await page.getByRole("status").waitFor();
      const kept = pages.ledger.state.databaseAccounts.get(reports.id);
      expect(kept).toMatchObject({ access: "read", databases: null });
      await page.getByRole("link", { name: `Change ${reports.name}` }).click();
      await renew(pages, reports.id);
      await page.getByLabel("What it may do").selectOption("write");
      await page.getByRole("button", { name: "Save" }).click();
      expect(await page.getByRole("status").textContent()).toContain("was changed");
    });
  });

  it("keep an account for a database that is being deleted, which may be had back", async () => {
    const { scratch } = world;
    const keeper = await addAccount(pages, "alice", "alice", "keeper", { databases: [scratch.id] });
    await as("alice", { scripts: false }, async (page) => {
      await page.goto(`${pages.origin}/database-accounts/${keeper.id}/edit`);
      expect(await page.getByLabel(`${scratch.name} (being deleted)`).isChecked()).toBe(true);
      await page.getByLabel("What it may do").selectOption("read");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("status").waitFor();
      const kept = pages.ledger.state.databaseAccounts.get(keeper.id);
      expect(kept).toMatchObject({ access: "read", databases: [scratch.id] });
    });
  });

  it("fit on a phone with the longest names", async () => {
    const long = await addDatabase(pages, "alice", "alice", "a".repeat(56));
    const paths = [
      `/databases/${long.id}`,
      `/databases/${long.id}/delete`,
      "/databases",
      "/database-accounts/new",
    ];
    await as("alice", { width: "phone" }, async (page) => {
      for (const path of paths) {
        await page.goto(pages.origin + path);
        expect(await page.getByText(long.name).count()).toBeGreaterThan(0);
        const wide = await page.evaluate<number>(
          "document.documentElement.scrollWidth - innerWidth",
        );
        expect([path, Math.max(0, wide)]).toEqual([path, 0]);
      }
    });
  });

  it("have what they type shown as text everywhere", async () => {
    const hostile = `"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}`;
    await as("alice", { scripts: false }, async (page) => {
      for (const [path, label, button] of [
        ["/databases/new", "Name", "Make it"],
        ["/database-accounts/new", "Name", "Make it"],
        [`/databases/${world.wiki.id}/delete`, "To be sure", "Delete it"],
      ] as const) {
        await page.goto(pages.origin + path);
        const field = page.getByLabel(label);
        await field.evaluate((element) => element.removeAttribute("maxlength"));
        await field.fill(hostile);
        await page.getByRole("button", { name: button }).click();
        expect(await page.getByRole("alert").count()).toBe(1);
        expect(await page.getByLabel(label).getAttribute("value")).toBe(hostile);
        expect(await page.locator("img[src=x], main script").count()).toBe(0);
      }
    });
  });
});
