import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createEndpoint } from "../../src/endpoints/create.ts";
import { deleteEndpoint } from "../../src/endpoints/delete.ts";
import { updateEndpoint } from "../../src/endpoints/update.ts";
import { updatePerson } from "../../src/owners/update.ts";
import { withdrawRequest } from "../../src/requests/withdraw.ts";
import {
  goToSection,
  openWindow,
  startBrowser,
  type Width,
  type WindowOptions,
} from "../support/browser.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { startPages, ZONE, type TestPages } from "../support/console-pages.ts";
import { askAround, furnish } from "../support/console-world.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const WAYS: readonly (readonly [Width, boolean])[] = [
  ["desk", true],
  ["desk", false],
  ["phone", true],
  ["phone", false],
];

describeWithService("chromium", "a member's pages", (chromium) => {
  let browser: Browser;
  let pages: TestPages;
  let wiki: string;
  beforeAll(async () => {
    browser = await startBrowser(chromium);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    pages = await startPages(undefined, { TARDIS_MEMBERSHIPS__RENEW__SELF: "true" });
    wiki = (await furnish(pages)).wiki.id;
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

  it.each(WAYS)(
    "put a service online, are told what is wrong beside the field, and take a removal back: %s, scripts: %s",
    async (width, scripts) => {
      await as("alice", { width, scripts }, async (page) => {
        await page.getByRole("link", { name: "Add a service" }).click();
        await page.getByLabel("Path").first().fill("/forum");
        await page.getByLabel("Where it runs").fill("192.168.1.1:80");
        await page.getByRole("button", { name: "Put it online" }).click();
        const entry = page.getByRole("alert").getByRole("link");
        expect(await entry.textContent()).toContain("not within the networks and ports granted");
        expect(await page.locator("#field-target-error").textContent()).toBe(
          await entry.textContent(),
        );
        expect(await page.getByLabel("Path").first().inputValue()).toBe("/forum");
        await page.getByLabel("Where it runs").fill("10.0.3.7:9000");
        await page.getByRole("button", { name: "Put it online" }).click();
        expect(await page.getByRole("status").textContent()).toContain(
          `alice.${ZONE}/forum is on its way`,
        );
        await page.getByRole("link", { name: "Remove it" }).click();
        expect(await page.locator(".moves").textContent()).toContain("http://10.0.3.7:9000");
        await page.getByRole("button", { name: "Remove it" }).click();
        expect(await page.locator(".places").first().textContent()).not.toContain("/forum");
        await page.getByRole("button", { name: "Undo" }).click();
        expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(
          `alice.${ZONE}/forum`,
        );
        await page.getByRole("link", { name: "My sites" }).first().click();
        expect(await page.locator(".places").first().textContent()).toContain("/forum");
      });
    },
  );

  it.each(WAYS)(
    "renew, pause, resume, put back, rename, and sign out elsewhere: %s, scripts: %s",
    async (width, scripts) => {
      const { ledger, services } = pages;
      const idOf = (name: string) => ledger.state.ownersByName.get(name) ?? "";
      const alice = idOf("alice");
      const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
      const membershipEndsAt = new Date(services.site.now().getTime() + 9 * DAY_MS).toISOString();
      await pages.must((state, context) =>
        updatePerson(state, context, { id: alice, membershipEndsAt }),
      );
      await services.sessions.begin(alice, { address: "192.0.2.9", agent });
      await as("alice", { width, scripts }, async (page) => {
        const press = (name: string | RegExp) => page.getByRole("button", { name }).first().click();
        const said = async () => page.getByRole("status").locator("p").first().textContent();
        await press("Renew it");
        expect(await said()).toContain("The membership of alice was renewed, until 9 Dec 2027");
        expect(await page.getByText("Your membership").count()).toBe(0);
        await page.getByRole("link", { name: /^Manage .*\/wiki$/ }).click();
        await press("Pause it");
        expect(await said()).toBe(`alice.${ZONE}/wiki is paused: visitors no longer reach it.`);
        await press("Resume it");
        expect(await said()).toBe(`alice.${ZONE}/wiki is on its way to Traefik again.`);
        await page.getByRole("link", { name: "Remove it" }).click();
        await press("Remove it");
        await goToSection(page, "Activity");
        await press(/^Put it back/);
        expect(await said()).toBe(`alice.${ZONE}/wiki is back, and on its way to Traefik.`);
        await goToSection(page, "Groups");
        await page
          .getByRole("main")
          .getByRole("link", { name: /^Games/ })
          .click();
        await page.getByLabel("Shown as").fill("");
        await press("Call it so");
        expect(await page.locator("#field-displayName-error").textContent()).toContain("a name");
        const name = "Society of games";
        await page.getByLabel("Shown as").fill(name);
        await press("Call it so");
        expect(await said()).toBe(`The group is called ${name} now.`);
        expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(name);
        await goToSection(page, "Access");
        await press("Sign out Firefox on Linux");
        expect(await said()).toBe("That browser is signed out.");
        expect(await services.sessions.of(alice)).toEqual([]);
      });
      expect(ledger.state.endpoints.has(wiki)).toBe(false);
      const back = [...ledger.state.endpoints.values()].find(({ path }) => path === "/wiki");
      expect(back?.targets).toEqual(["http://10.0.3.7:8080"]);
    },
  );

  it("add a service with the keyboard alone", async () => {
    await as("alice", {}, async (page) => {
      const focused = () =>
        page.evaluate<string>("document.activeElement.textContent + document.activeElement.id");
      const tabTo = async (what: string) => {
        for (let presses = 0; presses < 40; presses++) {
          if ((await focused()).startsWith(what)) return;
          await page.keyboard.press("Tab");
        }
        throw new Error(`never came to ${what}`);
      };
      await tabTo("Add a service");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/endpoints/new");
      await tabTo("field-path");
      await page.keyboard.type("/keys");
      await tabTo("field-target");
      await page.keyboard.type("http://10.0.3.7:1234");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/endpoints/ep-*");
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(
        `alice.${ZONE}/keys`,
      );
    });
  });

  it("see the address while they type it, and what would lead where", async () => {
    await as("alice", {}, async (page) => {
      await page.goto(`${pages.origin}/endpoints/new`);
      await page.getByLabel("Name").selectOption("games");
      await page.getByLabel("Path").first().fill("wiki");
      expect(await page.locator("output").textContent()).toBe(`https://games.${ZONE}/wiki`);
      await page.getByLabel("Where it runs").fill("10.0.3.7:99999");
      await expect.poll(() => page.locator("#preview").textContent()).toContain("Port 99999");
      await page.getByLabel("Where it runs").fill("10.0.3.7:9000");
      await expect.poll(() => page.locator("#preview").textContent()).toContain("home page");
      expect(await page.evaluate("document.activeElement.id")).toBe("field-target");
    });
    await as("alice", { scripts: false }, async (page) => {
      await page.goto(`${pages.origin}/endpoints/${wiki}/edit`);
      await page.getByLabel("Where it runs").fill("10.0.3.7:9000");
      await page.getByRole("button", { name: "Preview" }).click();
      const moves = await page.locator(".moves").textContent();
      expect(moves).toContain("http://10.0.3.7:8080");
      expect(moves).toContain("http://10.0.3.7:9000");
    });
    expect(pages.ledger.state.endpoints.get(wiki)?.targets).toEqual(["http://10.0.3.7:8080"]);
  });

  it.each([true, false])(
    "are told of a lost update with both versions, and nothing is overwritten; scripts: %s",
    async (scripts) => {
      await as("alice", { scripts }, async (page) => {
        await page.goto(`${pages.origin}/endpoints/${wiki}/edit`);
        await page.getByLabel("Where it runs").fill("10.0.3.7:1111");
        await pages.must((state, context) =>
          updateEndpoint(state, context, { id: wiki, target: "http://10.0.3.7:2222" }),
        );
        if (scripts) await page.getByText("This was changed meanwhile. If you save").waitFor();
        expect(await page.getByLabel("Where it runs").inputValue()).toBe("10.0.3.7:1111");
        await page.getByRole("button", { name: "Save" }).click();
        const told = await page.getByRole("alert").textContent();
        expect(told).toContain("by an admin");
        expect(told).toContain("http://10.0.3.7:2222");
        expect(told).toContain("10.0.3.7:1111");
        expect(pages.ledger.state.endpoints.get(wiki)?.targets).toEqual(["http://10.0.3.7:2222"]);
        await page.getByRole("button", { name: "Save mine over it" }).click();
        await page.getByRole("status").waitFor();
        expect(pages.ledger.state.endpoints.get(wiki)?.targets).toEqual(["http://10.0.3.7:1111"]);
      });
    },
  );

  it("see each other's changes at once, with the focus where it was", async () => {
    await as("alice", {}, async (alice) => {
      await alice.locator("html.is-live").waitFor();
      const manage = alice.locator(`a[href="/endpoints/${wiki}"]`);
      await manage.focus();
      await as("bob", {}, async (bob) => {
        await bob.goto(`${pages.origin}/endpoints/new`);
        await bob.getByLabel("Name").selectOption("games");
        await bob.getByLabel("Path").first().fill("/chess");
        await bob.getByLabel("Where it runs").fill("10.0.5.3:80");
        await bob.getByRole("button", { name: "Put it online" }).click();
        await bob.getByRole("status").waitFor();
      });
      await alice.getByRole("link", { name: "/chess", exact: true }).waitFor({ timeout: 3000 });
      expect(await alice.evaluate("document.activeElement.getAttribute('href')")).toBe(
        `/endpoints/${wiki}`,
      );
      // What is none of hers she hears nothing of.
      const heard = await alice.evaluate<string>("document.querySelector('#live').dataset.live");
      await pages.as("bob", (state, context) =>
        createEndpoint(state, context, {
          owner: "bob",
          path: "/other",
          targets: ["http://10.0.5.4:80"],
        }),
      );
      await pages.as("alice", (state, context) =>
        createEndpoint(state, context, {
          owner: "alice",
          path: "/later",
          targets: ["http://10.0.5.4:80"],
        }),
      );
      await alice.getByRole("link", { name: "/later", exact: true }).waitFor({ timeout: 3000 });
      const now = await alice.evaluate<string>("document.querySelector('#live').dataset.live");
      expect(Number.parseInt(now)).toBe(Number.parseInt(heard) + 2);
    });
  });

  it("keep the focus on buttons when a page follows a change, and their place where one goes", async () => {
    const { ledger, services } = pages;
    const alice = ledger.state.ownersByName.get("alice") ?? "";
    const { open } = await askAround(pages);
    await services.sessions.begin(alice, { address: "192.0.2.9", agent: "test" });
    const blog = [...ledger.state.endpoints.values()].find(({ path }) => path === "/old-blog");
    await pages.as("alice", (state, context) =>
      deleteEndpoint(state, context, { id: blog?.id ?? "" }),
    );
    await as("alice", {}, async (page) => {
      const focused = () => page.evaluate<string>("document.activeElement.textContent.trim()");
      /** Waits until the page has been asked for anew, in what somebody has just changed. */
      const followed = async () => {
        const { revision } = ledger.state;
        const shown = () =>
          page.evaluate<number>("Number.parseInt(document.querySelector('#live').dataset.live)");
        await expect.poll(shown, { timeout: 5000 }).toBeGreaterThanOrEqual(revision);
      };
      const goTo = async (path: string, name: RegExp) => {
        await page.goto(pages.origin + path);
        await page.locator("html.is-live").waitFor();
        await page.getByRole("button", { name }).first().focus();
        expect([path, await focused()]).toEqual([path, expect.stringMatching(name)]);
      };
      for (const [index, [path, name]] of (
        [
          ["/", /^I have read it/],
          ["/access", /^Sign out/],
          ["/activity", /^Put it back/],
          [`/endpoints/${wiki}`, /^Pause it/],
          ["/requests", /^Withdraw it/],
        ] as const
      ).entries()) {
        await goTo(path, name);
        const had = await focused();
        await pages.as("alice", (state, context) =>
          createEndpoint(state, context, {
            owner: "alice",
            path: `/more-${index}`,
            targets: ["http://10.0.5.4:80"],
          }),
        );
        await followed();
        expect([path, await focused()]).toEqual([path, had]);
      }
      // What is asked for no more has no button, but it still stands there.
      await pages.as("alice", (state, context) => withdrawRequest(state, context, { id: open }));
      await followed();
      expect(await page.evaluate("document.activeElement.id")).toBe(open);
      // Another button in its place is not the one that somebody is about to press.
      await goTo(`/endpoints/${wiki}`, /^Pause it/);
      await pages.as("alice", (state, context) =>
        updateEndpoint(state, context, { id: wiki, paused: true }),
      );
      await followed();
      expect(await page.evaluate("document.activeElement.localName")).toBe("h1");
    });
  });

  it("are led away when they are signed out elsewhere", async () => {
    const { page, context } = await openWindow(browser, { headers: pages.by("alice") });
    await page.goto(pages.origin);
    await page.locator("html.is-live").waitFor();
    pages.signedOut.add("alice");
    pages.signed.tellWaiting();
    await page.waitForURL("**/sign-in");
    await waitFor(() => pages.signed.streams === 0, { describe: "the stream to end" });
    await context.close();
  });

  it("let managers in and out, hand over, make a token once and revoke it; without scripts", async () => {
    await as("alice", { scripts: false }, async (page) => {
      await page.getByRole("link", { name: "Groups", exact: true }).click();
      await page.getByRole("link", { name: "Games society" }).click();
      await page.getByLabel("Their name here").fill("nobody-here");
      await page.getByRole("button", { name: "Let them in" }).click();
      expect(await page.locator("#field-manager-error").textContent()).toBe(
        "There is no such person.",
      );
      await page.getByLabel("Their name here").fill("carol");
      await page.getByRole("button", { name: "Let them in" }).click();
      expect(await page.getByRole("status").textContent()).toContain("carol manages games now");
      await page.getByRole("link", { name: "Take out bob" }).click();
      await page.getByRole("button", { name: "Take bob out" }).click();
      await page.getByLabel("Their name here").fill("carol");
      await page.getByRole("button", { name: "Hand the group over" }).click();
      await page.getByRole("button", { name: "Hand it over to carol" }).click();
      expect(await page.getByText("You manage no group").count()).toBe(1);

      await page.getByRole("link", { name: "Access" }).click();
      await page.getByRole("link", { name: "Make a token" }).click();
      await page.getByRole("button", { name: "Make it" }).click();
      await page.getByLabel("What it is for").fill("backup");
      await page.getByRole("button", { name: "Make it" }).click();
      const secret = await page.locator(".secret code").first().textContent();
      expect(secret).toMatch(/^tardis_/);
      await page.getByRole("link", { name: "Access" }).first().click();
      expect(await page.content()).not.toContain(secret);
      await page.getByRole("link", { name: "Revoke backup" }).click();
      await page.getByRole("button", { name: "Revoke it" }).click();
      expect(await page.getByRole("status").textContent()).toContain("was revoked");
    });
  });

  it("have a title and a heading, and fit on a phone", async () => {
    const games = pages.ledger.state.ownersByName.get("games") ?? "";
    const paths = [
      "/",
      "/?q=nothing-like-it",
      "/endpoints/new",
      `/endpoints/${wiki}`,
      `/endpoints/${wiki}/edit`,
      `/endpoints/${wiki}/remove`,
      "/pages/pg-thesis",
      "/groups",
      `/groups/${games}`,
      `/groups/${games}/managers/${pages.ledger.state.ownersByName.get("bob")}`,
      "/access",
      "/access/new",
      "/activity",
    ];
    await as("alice", { width: "phone" }, async (page) => {
      for (const path of paths) {
        await page.goto(pages.origin + path);
        const wide = await page.evaluate<number>(
          "document.documentElement.scrollWidth - innerWidth",
        );
        expect([path, Math.max(0, wide)]).toEqual([path, 0]);
        const headings = await page.getByRole("heading", { level: 1 }).count();
        expect([path, headings, await page.title()]).toEqual([
          path,
          1,
          expect.stringMatching(` · ${ZONE}$`),
        ]);
      }
    });
  });

  it("have what they type shown as text everywhere", async () => {
    const hostile = `"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}`;
    await as("alice", { scripts: false }, async (page) => {
      const clean = async () => {
        expect(await page.locator("img[src=x], main script").count()).toBe(0);
      };
      await page.goto(`${pages.origin}/endpoints/new`);
      for (const label of ["Path", "Where it runs", "Health check", "More servers"]) {
        await page.locator("#unusual").evaluate((element) => element.setAttribute("open", ""));
        await page.getByLabel(label, { exact: true }).fill(hostile);
        await page.getByRole("button", { name: "Put it online" }).click();
        expect(await page.getByRole("alert").count()).toBe(1);
        expect(await page.getByLabel(label, { exact: true }).inputValue()).toBe(hostile);
        await clean();
      }
      await page.goto(`${pages.origin}/access/new`);
      await page.getByLabel("What it is for").fill(hostile);
      await page.getByRole("button", { name: "Make it" }).click();
      await clean();
      for (const path of ["/access", "/activity", `/?q=${encodeURIComponent(hostile)}`]) {
        await page.goto(pages.origin + path);
        expect(await page.locator("main").textContent()).toContain(hostile.slice(0, 30));
        await clean();
      }
    });
  });
});
