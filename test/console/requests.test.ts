import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import {
  goToSection,
  openWindow,
  startBrowser,
  type Width,
  type WindowOptions,
} from "../support/browser.ts";
import { describeWithService } from "../support/services.ts";
import { barriers } from "../support/barriers.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { askAround, furnish } from "../support/console-world.ts";

const HOSTILE = `"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}`;

describeWithService("chromium", "a member's requests", (chromium) => {
  let browser: Browser;
  let pages: TestPages;
  beforeAll(async () => {
    browser = await startBrowser(chromium);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    pages = await startPages();
    await furnish(pages);
    return async () => {
      await pages.close();
      expect(pages.errors).toEqual([]);
    };
  });

  const as = async (
    who: string,
    options: WindowOptions,
    story: (page: Page) => Promise<void>,
  ): Promise<void> => {
    const { page, context, complaints } = await openWindow(browser, {
      ...options,
      headers: pages.by(who),
    });
    page.setDefaultTimeout(10_000);
    try {
      await page.goto(pages.origin);
      await story(page);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  };
  const keepsNobodyOut = async (page: Page) => {
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    expect([page.url(), Math.max(0, wide), await barriers(page)]).toEqual([page.url(), 0, []]);
  };
  const made = () => [...pages.ledger.state.requests.values()];

  it.each<[Width, "light" | "dark", boolean]>([
    ["desk", "light", true],
    ["desk", "dark", false],
    ["phone", "dark", true],
    ["phone", "light", false],
  ])(
    "are asked for beside what is wrong, read when they are answered, and withdrawn: %s, %s, scripts: %s",
    async (width, scheme, scripts) => {
      await as("alice", { width, scheme, scripts }, async (page) => {
        const check = () => (scripts ? keepsNobodyOut(page) : Promise.resolve());
        await goToSection(page, "Requests");
        expect(await page.getByText("You asked for nothing yet").count()).toBe(1);
        await check();
        await page.getByRole("link", { name: "A name" }).click();
        await page.getByLabel("For whom").selectOption({ label: "Games society (games)" });
        await page.getByLabel("The name").fill("no_name");
        await page.getByRole("button", { name: "Send it" }).click();
        expect(await page.locator("#field-label-error").textContent()).toContain("no_name");
        expect(await page.locator("#field-reason-error").count()).toBe(1);
        await check();
        await page.getByLabel("The name").fill("bob");
        await page.getByLabel("What it is for").fill(HOSTILE);
        await page.getByRole("button", { name: "Send it" }).click();
        expect(await page.locator("#field-label-error").textContent()).toContain("already taken");
        expect(await page.getByLabel("What it is for").inputValue()).toBe(HOSTILE);
        await page.getByLabel("The name").fill("chess");
        await page.getByRole("button", { name: "Send it" }).click();
        expect(await page.getByRole("status").textContent()).toContain("was sent");
        expect(await page.locator(".request .said").textContent()).toBe(HOSTILE);
        expect(await page.locator("img[src=x], main script").count()).toBe(0);
        expect(made()[0]).toMatchObject({
          owner: pages.ledger.state.ownersByName.get("games"),
          wish: { kind: "label", label: "chess" },
        });
        await page.getByRole("button", { name: "Withdraw it" }).click();
        expect(made()[0]?.state).toBe("withdrawn");

        const { declined } = await askAround(pages);
        await page.goto(pages.origin);
        expect(await page.getByRole("note").count()).toBe(2);
        await check();
        await page.goto(`${pages.origin}/requests`);
        const card = page.locator(`#${declined}`);
        expect(await card.textContent()).toContain("That network is the lab's own.");
        await check();
        await card.getByRole("button", { name: "I have read it" }).click();
        await page.getByRole("status").waitFor();
        expect(await card.textContent()).not.toContain("New");
        expect(await card.textContent()).toContain("That network is the lab's own.");
      });
    },
  );

  it("of each kind come to what was meant, from a form that a link filled in", async () => {
    const post = (form: Record<string, string>) =>
      fetch(`${pages.origin}/requests`, {
        method: "POST",
        headers: pages.by("alice"),
        body: new URLSearchParams({ owner: "alice", reason: "Why not.", ...form }),
        redirect: "manual",
      });
    const wished = async (form: Record<string, string>) => {
      const before = made().length;
      expect((await post(form)).status).toBe(303);
      expect(made().length).toBe(before + 1);
      return made().find(({ revision }) => revision === pages.ledger.state.revision)?.wish;
    };
    expect(await wished({ kind: "quota", of: "tokens", amount: "40" })).toEqual({
      kind: "quota",
      of: "tokens",
      amount: 40,
    });
    expect(await wished({ kind: "target", where: "192.168.1.7", ports: "80,8000-8080" })).toEqual({
      kind: "target",
      grant: { network: "192.168.1.7/32", ports: ["80", "8000-8080"] },
    });
    expect(await wished({ kind: "target", where: ".Lab.example", ports: "443" })).toEqual({
      kind: "target",
      grant: { suffix: ".lab.example", ports: ["443"] },
    });
    const { revision } = pages.ledger.state;
    for (const [field, form] of [
      ["amount", { kind: "quota", of: "tokens", amount: "many" }],
      ["amount", { kind: "quota", of: "endpoints", amount: "1" }],
      ["of", { kind: "quota", of: "money", amount: "10" }],
      ["where", { kind: "target", where: "my laptop", ports: "80" }],
      ["where", { kind: "target", where: "127.0.0.1", ports: "80" }],
      ["ports", { kind: "target", where: "192.168.1.7", ports: "90-80" }],
      ["ports", { kind: "target", where: "192.168.1.7", ports: "" }],
      ["label", { kind: "label", label: "alice" }],
      ["reason", { kind: "label", label: "fresh", reason: "turned \u202e around" }],
    ] as const) {
      const answer = await post(form);
      const body = await answer.text();
      expect([form, answer.status >= 400, body.includes(`id="field-${field}-error"`)]).toEqual([
        form,
        true,
        true,
      ]);
    }
    expect((await post({ kind: "role" })).status).toBe(400);
    expect(pages.ledger.state.revision).toBe(revision);
    const filled = await fetch(
      `${pages.origin}/requests/new?kind=target&where=${encodeURIComponent(HOSTILE)}&ports=80`,
      { headers: pages.by("alice") },
    );
    const body = await filled.text();
    expect(body).not.toContain("<img src=x");
    expect(body).toContain("&lt;img src=x");
  });

  it.each<[Width, "light" | "dark"]>([
    ["desk", "dark"],
    ["phone", "light"],
  ])(
    "are led to from the form that was stopped, which keeps what was typed: %s, %s",
    async (width, scheme) => {
      await as("alice", { width, scheme }, async (page) => {
        await page.goto(`${pages.origin}/endpoints/new`);
        await page.getByLabel("Path").first().fill("/lab");
        await page.getByLabel("Where it runs").fill("192.168.1.7:8080");
        await page.getByRole("button", { name: "Put it online" }).click();
        await page.locator("#field-target-error").waitFor();
        await keepsNobodyOut(page);
        const [form] = await Promise.all([
          page.context().waitForEvent("page"),
          page.locator(".remedy").getByRole("link", { name: "Ask for this target" }).click(),
        ]);
        expect(await form.getByLabel("Network").inputValue()).toBe("192.168.1.7/32");
        expect(await form.getByLabel("Ports").inputValue()).toBe("8080");
        await form.getByLabel("What it is for").fill("It stands in the lab.");
        await form.getByRole("button", { name: "Send it" }).click();
        await form.getByRole("status").waitFor();
        expect(made()[0]?.wish).toEqual({
          kind: "target",
          grant: { network: "192.168.1.7/32", ports: ["8080"] },
        });
        expect(await page.getByLabel("Path").first().inputValue()).toBe("/lab");
      });
    },
  );
});
