import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openWindow, startBrowser, type Width, type WindowOptions } from "../support/browser.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";
import type { MemoryCluster } from "../support/memory-cluster.ts";
import { addNamespace, clusterOfPages, furnishNamespaces } from "../support/namespace-world.ts";
import { describeWithService } from "../support/services.ts";

const WAYS: readonly (readonly [Width, boolean])[] = [
  ["desk", true],
  ["desk", false],
  ["phone", true],
  ["phone", false],
];

type World = Awaited<ReturnType<typeof furnishNamespaces>>;

describeWithService("chromium", "a member's pages on namespaces", (chromium) => {
  let browser: Browser;
  let pages: TestPages;
  let cluster: MemoryCluster;
  let world: World;
  beforeAll(async () => {
    browser = await startBrowser(chromium);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    cluster = clusterOfPages();
    const env = { TARDIS_QUOTAS__PERSON__NAMESPACES: "4" };
    pages = await startPages(undefined, env, undefined, undefined, cluster);
    await furnish(pages);
    world = await furnishNamespaces(pages, cluster);
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
      await page.goto(`${pages.origin}/namespaces`);
      await story(page);
      expect(complaints.filter((text) => !/status of 503/.test(text))).toEqual([]);
    } finally {
      await context.close();
    }
  };

  it("follow a namespace from asked for to ready by themselves, while the cluster is away and back", async () => {
    cluster.isAway = true;
    await as("carol", {}, async (page) => {
      await page.getByRole("link", { name: "Make a namespace" }).click();
      await page.getByLabel("Name").fill("films");
      await page.getByRole("button", { name: "Make it" }).click();
      expect(await page.getByRole("status").textContent()).toContain("carol--films is stored");
      await page.getByText("Being made").waitFor();
      expect(await page.locator(".why").textContent()).toContain("cannot be reached");
      await page.locator("html.is-live").waitFor();
      cluster.isAway = false;
      await page.getByText("Ready", { exact: true }).waitFor({ timeout: 60_000 });
      expect(await page.locator("progress").count()).toBe(0);
      expect(cluster.objects.has("Namespace//carol--films")).toBe(true);
    });
  }, 90_000);

  it.each(WAYS)(
    "tell the whole story of a namespace and its kubeconfig: %s, scripts: %s",
    async (width, scripts) => {
      await as("alice", { width, scripts }, async (page) => {
        await page.getByRole("link", { name: "Make a namespace" }).click();
        await page.getByLabel("Name").fill("Not a name");
        await page.getByRole("button", { name: "Make it" }).click();
        expect(await page.getByRole("alert").count()).toBe(1);
        await page.getByLabel("Name").fill("films");
        await page.getByRole("button", { name: "Make it" }).click();
        expect(await page.getByRole("status").textContent()).toContain("alice--films is ready");
        expect(cluster.objects.has("Namespace//alice--films")).toBe(true);
        await page.getByRole("link", { name: "Namespaces" }).first().click();

        const { shop } = world;
        await page.getByRole("link", { name: shop.name, exact: true }).click();
        expect(await page.getByText("0.5 of 2 cores").count()).toBe(1);
        expect(await page.getByText("3 of 20 pods").count()).toBe(1);
        expect(await page.getByText("alice.on.tardis.test").count()).toBe(1);
        await page.getByRole("link", { name: "Make a kubeconfig" }).click();
        await page.getByLabel("What it is for").fill("phone");
        await page.getByLabel("Days").fill("0");
        await page.getByRole("button", { name: "Make it" }).click();
        expect(await page.locator("#field-days-error").textContent()).toContain("whole days");
        await page.getByLabel("Days").fill("7");
        const answered = page.waitForResponse((response) => response.request().method() === "POST");
        await page.getByRole("button", { name: "Make it" }).click();
        expect((await answered).headers()["cache-control"]).toBe("no-store");
        const token = cluster.tokens.at(-1)?.token ?? "none";
        const file = await page.locator(".secret pre").textContent();
        expect(file).toContain(token);
        expect(file).toContain("https://k8s.tardis.test:6443");
        expect(await page.getByText(`KUBECONFIG=${shop.name}.yaml kubectl get pods`).count()).toBe(
          1,
        );
        expect(page.url()).not.toContain(token);
        if (scripts) {
          const saving = page.waitForEvent("download");
          await page.getByRole("button", { name: "Save as a file" }).click();
          const saved = await saving;
          expect(saved.suggestedFilename()).toBe(`${shop.name}.yaml`);
          expect(await readFile(await saved.path(), "utf8")).toBe(file);
        }
        await page.getByRole("link", { name: "I have it" }).click();
        expect(await page.content()).not.toContain(token);
        const row = page.getByRole("row", { name: "phone" });
        expect(await row.textContent()).toContain("in 1 week");

        await row.getByRole("link", { name: "Renew" }).click();
        expect(await page.getByLabel("Days").inputValue()).toBe("7");
        await page.getByRole("button", { name: "Renew it" }).click();
        const renewed = cluster.tokens.at(-1)?.token ?? "none";
        expect(renewed).not.toBe(token);
        expect(await page.locator(".secret pre").textContent()).toContain(renewed);
        await page.getByRole("link", { name: "I have it" }).click();
        await row.getByRole("link", { name: "Revoke" }).click();
        await page.getByRole("button", { name: "Revoke it" }).click();
        expect(await page.getByRole("status").textContent()).toContain("“phone” was revoked");
        expect(await row.count()).toBe(0);

        await page.getByRole("link", { name: shop.name, exact: true }).click();
        await page.getByRole("link", { name: "Delete it" }).click();
        await page.getByLabel("To be sure").fill("alice--sho");
        await page.getByRole("button", { name: "Delete it" }).click();
        expect(await page.getByRole("alert").textContent()).toContain("Type the whole name");
        await page.getByLabel("To be sure").fill(shop.name);
        await page.getByRole("button", { name: "Delete it" }).click();
        expect(await page.getByRole("status").textContent()).toContain(`${shop.name} is closed`);
        await page.getByRole("button", { name: "Undo" }).click();
        expect(await page.getByRole("status").textContent()).toContain("is open again");
        expect(pages.ledger.state.namespaces.get(shop.id)?.deleting).toBeUndefined();
      });
    },
  );

  it("give no kubeconfig while the cluster is away, and say why above the form", async () => {
    cluster.isAway = true;
    const before = pages.ledger.state.revision;
    await as("alice", { scripts: false }, async (page) => {
      await page.goto(`${pages.origin}/kubeconfigs/new?namespace=${world.shop.id}`);
      expect(await page.getByText("20 kubeconfigs at most").count()).toBe(1);
      await page.getByLabel("What it is for").fill("phone");
      await page.getByRole("button", { name: "Make it" }).click();
      expect(await page.getByRole("alert").textContent()).toContain("Nothing was changed");
      expect(await page.getByLabel("What it is for").inputValue()).toBe("phone");
      await page.goto(`${pages.origin}/kubeconfigs/${world.laptop.id}/renew`);
      await page.getByRole("button", { name: "Renew it" }).click();
      expect(await page.getByRole("alert").textContent()).toContain("Nothing was changed");
      expect(pages.ledger.state.revision).toBe(before);
    });
  });

  it("lead from a quota that is used up to asking for more", async () => {
    await addNamespace(pages, "alice", "alice", "fourth");
    await as("alice", { scripts: false }, async (page) => {
      expect(await page.getByText("4 of 4 namespaces").count()).toBe(1);
      await page.getByRole("link", { name: "Make a namespace" }).click();
      await page.getByLabel("Name").fill("fifth");
      await page.getByRole("button", { name: "Make it" }).click();
      const more = page.getByRole("alert").getByRole("link", { name: "Ask for more namespaces" });
      expect(await more.getAttribute("href")).toContain("of=namespaces&amount=5");
    });
  });

  it("fit on a phone with the longest names", async () => {
    const long = await addNamespace(pages, "alice", "alice", "a".repeat(56));
    const paths = [
      `/namespaces/${long.id}`,
      `/namespaces/${long.id}/delete`,
      "/namespaces",
      `/kubeconfigs/new?namespace=${long.id}`,
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
      for (const [path, label, button] of [
        ["/namespaces/new", "Name", "Make it"],
        [`/namespaces/${world.shop.id}/delete`, "To be sure", "Delete it"],
        [`/kubeconfigs/new?namespace=${world.shop.id}`, "Days", "Make it"],
        [`/kubeconfigs/${world.laptop.id}/renew`, "Days", "Renew it"],
      ] as const) {
        await page.goto(pages.origin + path);
        const field = page.getByLabel(label);
        await field.evaluate((element) => element.removeAttribute("maxlength"));
        await field.fill(hostile);
        await page.getByRole("button", { name: button }).click();
        expect(await page.getByRole("alert").count()).toBe(1);
        expect(await page.getByLabel(label).getAttribute("value")).toBe(hostile);
        await clean();
      }
      await page.goto(`${pages.origin}/kubeconfigs/new?namespace=${world.shop.id}`);
      await page.getByLabel("What it is for").fill(hostile);
      await page.getByRole("button", { name: "Make it" }).click();
      expect(await page.locator(".secret").textContent()).toContain(hostile);
      await clean();
      for (const path of ["/namespaces", `/namespaces/${world.shop.id}`, "/activity"]) {
        await page.goto(pages.origin + path);
        expect(await page.locator("main").textContent()).toContain(hostile.slice(0, 30));
        await clean();
      }
    });
  });
});
