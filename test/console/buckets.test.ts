import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { updateBucket } from "../../src/buckets/verbs/buckets.ts";
import { openWindow, startBrowser, type WindowOptions } from "../support/browser.ts";
import { addBucket, furnishBuckets } from "../support/bucket-world.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { describeWithService } from "../support/services.ts";

type World = Awaited<ReturnType<typeof furnishBuckets>>;

describeWithService("chromium", "a member's pages on buckets", (chromium) => {
  let browser: Browser;
  let pages: TestPages;
  let storage: MemoryStorage;
  let world: World;
  beforeAll(async () => {
    browser = await startBrowser(chromium);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    storage = new MemoryStorage();
    pages = await startPages(undefined, {}, storage);
    await furnish(pages);
    world = await furnishBuckets(pages, storage);
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
      await page.goto(`${pages.origin}/buckets`);
      await story(page);
      expect(complaints.filter((text) => !/status of 503/.test(text))).toEqual([]);
    } finally {
      await context.close();
    }
  };

  it("follow a bucket from asked for to ready by themselves, while the storage is away and back", async () => {
    storage.isAway = true;
    await as("carol", {}, async (page) => {
      await page.getByRole("link", { name: "Make a bucket" }).click();
      await page.getByLabel("Name").fill("films");
      await page.getByRole("button", { name: "Make it" }).click();
      expect(await page.getByRole("status").textContent()).toContain("carol.films is stored");
      await page.getByText("Being made").waitFor();
      expect(await page.locator(".why").textContent()).toContain("The storage cannot be reached.");
      await page.getByText("This page shows when it is done.").waitFor();
      await page.locator("html.is-live").waitFor();
      storage.isAway = false;
      await page.getByText("Ready", { exact: true }).waitFor({ timeout: 60_000 });
      expect(await page.locator("progress").count()).toBe(0);
      expect(storage.stored.get("carol.films")?.quotaBytes).toBe(5e9);
    });
  }, 90_000);

  it("miss nothing that happens while they are being asked for anew", async () => {
    await as("alice", {}, async (page) => {
      await page.locator("html.is-live").waitFor();
      let letGo: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (letGo = resolve));
      let asked = 0;
      await page.route("**/buckets", async (route) => {
        const response = await route.fetch();
        // The first answer is made, and is long on its way.
        if (asked++ === 0) await held;
        await route.fulfill({ response });
      });
      await addBucket(pages, "alice", "alice", "one", { gigabytes: 1 });
      await expect.poll(() => asked).toBe(1);
      await pages.must((state, context) =>
        updateBucket(state, context, { id: world.photos.id, publicRead: false }),
      );
      await pages.buckets?.buckets.once(world.photos.id);
      letGo();
      const photos = page.getByRole("row", { name: world.photos.name }).first();
      await expect.poll(() => photos.textContent(), { timeout: 10_000 }).not.toContain("Everyone");
      await page.unrouteAll({ behavior: "wait" });
    });
  });

  it("give no key while the storage is away, and say why above the form", async () => {
    storage.isAway = true;
    await as("alice", { scripts: false }, async (page) => {
      await page.getByRole("link", { name: "Make a key" }).click();
      await page.getByLabel("What it is for").fill("phone");
      const before = pages.ledger.state.revision;
      await page.getByRole("button", { name: "Make it" }).click();
      expect(await page.getByRole("alert").textContent()).toContain("Nothing was changed");
      expect(await page.getByLabel("What it is for").inputValue()).toBe("phone");
      expect(pages.ledger.state.revision).toBe(before);
    });
  });

  it("lead from a quota that is used up to asking for more", async () => {
    await as("alice", { scripts: false }, async (page) => {
      await page.getByRole("link", { name: "Make a bucket" }).click();
      await page.getByLabel("Name").fill("more");
      await page.getByLabel("Gigabytes").fill("6");
      await page.getByRole("button", { name: "Make it" }).click();
      expect(await page.locator("#field-gigabytes-error").textContent()).toContain("5 GB are left");
      const room = page.locator(".remedy").getByRole("link", { name: "Ask for more room" });
      const asked = new URL((await room.getAttribute("href")) ?? "", pages.origin);
      expect(asked.pathname).toBe("/requests/new");
      expect(asked.searchParams.get("of")).toBe("bucketGigabytes");
      expect(asked.searchParams.get("amount")).toBe("21");
      await page.getByLabel("Gigabytes").fill("1");
      await page.getByRole("button", { name: "Make it" }).click();
      await page.getByRole("link", { name: "Buckets" }).first().click();
      expect(await page.getByText("5 of 5 buckets").count()).toBe(1);
      await page.getByRole("link", { name: "Make a bucket" }).click();
      await page.getByLabel("Name").fill("one-more");
      await page.getByLabel("Gigabytes").fill("1");
      await page.getByRole("button", { name: "Make it" }).click();
      const more = page.getByRole("alert").getByRole("link", { name: "Ask for more buckets" });
      expect(await more.getAttribute("href")).toContain("of=buckets&amount=6");
    });
  });

  it("tell of a lost update with both versions, and of nothing that only the storage did", async () => {
    const { photos } = world;
    await as("alice", { scripts: false }, async (page) => {
      await page.goto(`${pages.origin}/buckets/${photos.id}/edit`);
      await page.getByLabel("Delete objects").fill("7");
      await pages.must((state, context) =>
        updateBucket(state, context, { id: photos.id, expireDays: 90 }),
      );
      await page.getByRole("button", { name: "Save" }).click();
      const told = await page.getByRole("alert").textContent();
      expect(told).toContain("by an admin");
      expect(told).toContain("90 days after");
      expect(told).toContain("7 days after");
      expect(pages.ledger.state.buckets.get(photos.id)?.expireDays).toBe(90);
      await page.getByRole("button", { name: "Save mine over it" }).click();
      await page.getByRole("status").waitFor();
      expect(storage.stored.get(photos.name)?.expireDays).toBe(7);
      // Made anew behind everyone's back: the record says so, and nobody changed the settings.
      await page.getByRole("link", { name: "Change it" }).click();
      storage.stored.delete(photos.name);
      await pages.buckets?.buckets.once(photos.id);
      await page.getByLabel("Delete objects").fill("");
      await page.getByRole("button", { name: "Save" }).click();
      expect(await page.getByRole("status").textContent()).toContain("was changed");
      expect(await page.getByText("made the bucket").count()).toBe(1);
    });
  });

  it("fit on a phone with the longest names", async () => {
    const long = await addBucket(pages, "alice", "alice", "a".repeat(57), { gigabytes: 1 });
    const paths = [
      `/buckets/${long.id}`,
      `/buckets/${long.id}/delete`,
      "/buckets",
      "/bucket-keys/new",
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
      const clean = async () => {
        expect(await page.locator("img[src=x], main script").count()).toBe(0);
      };
      await page.getByRole("link", { name: "Make a bucket" }).click();
      for (const label of ["Name", "Gigabytes", "Delete objects"]) {
        const field = page.getByLabel(label);
        await field.evaluate((element) => element.removeAttribute("maxlength"));
        await field.fill(hostile);
        await page.getByRole("button", { name: "Make it" }).click();
        expect(await page.getByRole("alert").count()).toBe(1);
        expect(await page.getByLabel(label).getAttribute("value")).toBe(hostile);
        await clean();
      }
      await page.goto(`${pages.origin}/buckets/${world.photos.id}/delete`);
      await page.getByLabel("To be sure").fill(hostile);
      await page.getByRole("button", { name: "Delete it" }).click();
      expect(await page.getByRole("alert").textContent()).toContain("Type the whole name");
      await clean();
      await page.goto(`${pages.origin}/bucket-keys/new`);
      await page.getByLabel("What it is for").fill(hostile);
      await page.getByRole("button", { name: "Make it" }).click();
      expect(await page.locator(".secret").textContent()).toContain(hostile);
      await clean();
      const key = [...pages.ledger.state.bucketKeys.values()].find(({ name }) => name === hostile);
      for (const path of ["/buckets", `/buckets/${world.photos.id}`, "/activity"]) {
        await page.goto(pages.origin + path);
        expect(await page.locator("main").textContent()).toContain(hostile.slice(0, 30));
        await clean();
      }
      for (const what of ["rotate", "revoke"]) {
        await page.goto(`${pages.origin}/bucket-keys/${key?.id}/${what}`);
        expect(await page.getByRole("heading", { level: 1 }).textContent()).toContain(hostile);
        await clean();
      }
    });
  });
});
