import { afterAll, beforeAll, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { operator } from "../../src/domain/policy.ts";
import { assets, assetPath } from "../../src/console/assets.ts";
import { leaveFlash } from "../../src/console/flash.ts";
import { FormErrors } from "../../src/console/forms.ts";
import { show } from "../../src/console/layout.tsx";
import { Badge } from "../../src/console/parts/badge.tsx";
import { Confirmation } from "../../src/console/parts/confirmation.tsx";
import { Copyable } from "../../src/console/parts/copyable.tsx";
import { Empty } from "../../src/console/parts/empty.tsx";
import { ErrorSummary } from "../../src/console/parts/error-summary.tsx";
import { CheckField, SelectField, TextField } from "../../src/console/parts/fields.tsx";
import { Pager } from "../../src/console/parts/pager.tsx";
import { Table } from "../../src/console/parts/table.tsx";
import { Time } from "../../src/console/parts/time.tsx";
import type { PageEnv, Visitor } from "../../src/console/visitor.ts";
import { openWindow, startBrowser, type Width } from "../support/browser.ts";
import { describeWithService } from "../support/services.ts";
import { barriers } from "../support/barriers.ts";
import { serve, withHeaders } from "../support/console-pages.ts";

const NOW = new Date("2026-11-30T20:00:00Z");
const site = { zone: "tardis.test", secure: false, now: () => NOW, modules: new Set<never>() };
const HOSTILE = `"><script>alert(1)</script><b onclick='x'>&amp;`;

/** A page with every part on it. */
function gallery() {
  const app = withHeaders<PageEnv>();
  app.route("/", assets());
  app.use((context, next) => {
    const person = { id: "per-1", name: "alice", displayName: HOSTILE } as Visitor["person"];
    context.set("visitor", { person, actor: operator, session: "s", adminLapsed: false });
    return next();
  });
  app.get("/", (context) => {
    const errors = new FormErrors([
      { field: "path", message: `There is already a service at ${HOSTILE}.` },
      { field: undefined, message: "Something else." },
    ]);
    const action = { href: "/new", label: "Add a service" };
    return show(
      context,
      site,
      {
        title: "Everything",
        section: "sites",
        action,
        lead: "All parts.",
        back: { href: "/", label: "My sites" },
      },
      <>
        <ErrorSummary errors={errors} />
        <form method="post" class="form">
          <TextField
            name="path"
            label="Path"
            hint="Like /wiki."
            errors={errors}
            value={HOSTILE}
            before="alice.tardis.test"
          />
          <SelectField
            name="label"
            label="Name"
            errors={errors}
            value="b"
            options={[
              ["a", "alice"],
              ["b", HOSTILE],
            ]}
          />
          <CheckField
            name="strip"
            label="Strip the path"
            hint="So that it sees a folder."
            errors={errors}
            checked
          />
          <button type="submit">Put online</button>
        </form>
        <h2>States</h2>
        <p>
          <Badge tone="good">Online</Badge> <Badge tone="wait">On its way</Badge>{" "}
          <Badge tone="off">Paused</Badge> <Badge tone="bad">Set aside</Badge>
        </p>
        <p>
          <Time at="2026-11-30T19:57:00Z" now={NOW} /> <Copyable text={HOSTILE} />
        </p>
        <Table
          caption="Services"
          columns={["Place", "State", ""]}
          rows={[
            ["/wiki", <Badge tone="good">Online</Badge>, <a href="/x">Change</a>],
            [HOSTILE, "", ""],
          ]}
        />
        <Pager newer="/?a" older="/?b" />
        <Confirmation
          action="/x"
          label="Remove it"
          cancel="/"
          danger
          hidden={{ revision: HOSTILE }}
        >
          <h2>Really?</h2>
          <p>It goes.</p>
        </Confirmation>
        <Empty title="Nothing here yet" action={action}>
          Put a service online.
        </Empty>
      </>,
    );
  });
  app.post("/", (context) => {
    leaveFlash(context, site, {
      tone: "good",
      text: HOSTILE,
      undo: { action: "/undo/1", label: "Undo" },
    });
    return context.redirect("/", 303);
  });
  return app;
}

describeWithService("chromium", "the layout", (chromium) => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    [browser, server] = await Promise.all([startBrowser(chromium), serve(gallery())]);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  it.each([
    ["desk", "light"],
    ["desk", "dark"],
    ["phone", "light"],
    ["phone", "dark"],
  ] as const)("keeps nobody out: %s, %s", async (width: Width, scheme) => {
    const { page, complaints, context } = await openWindow(browser, { width, scheme });
    await page.goto(server.origin);
    expect(await barriers(page)).toEqual([]);
    expect(
      await page.evaluate("document.documentElement.scrollWidth - innerWidth"),
    ).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("shows what was done once, as text, and forgets it", async () => {
    const { page, context } = await openWindow(browser, { scripts: false });
    await page.goto(server.origin);
    await page.getByRole("button", { name: "Put online" }).click();
    expect(await page.getByRole("status").locator("p").textContent()).toBe(HOSTILE);
    await page.reload();
    expect(await page.getByRole("status").count()).toBe(0);
    await context.close();
  });

  it("leads from each entry of the error summary to its field, and starts there", async () => {
    const { page, context } = await openWindow(browser);
    await page.goto(server.origin);
    expect(await page.evaluate("document.activeElement.className")).toBe("error-summary");
    await page.getByRole("alert").getByRole("link").click();
    expect(await page.evaluate("location.hash")).toBe("#field-path");
    await context.close();
  });

  it("goes to the search with a slash, but not while one writes", async () => {
    const { page, context } = await openWindow(browser);
    await page.goto(server.origin);
    await page.keyboard.press("/");
    expect(await page.evaluate("document.activeElement.id")).toBe("search");
    await page.getByRole("textbox", { name: "Path" }).focus();
    await page.keyboard.press("/");
    expect(await page.evaluate("document.activeElement.id")).toBe("field-path");
    await context.close();
  });

  it("has its places behind a button on a phone, without scripts too", async () => {
    const { page, context } = await openWindow(browser, { width: "phone", scripts: false });
    await page.goto(server.origin);
    const here = page
      .getByRole("link", { name: "My sites", exact: true })
      .and(page.locator("nav.sections a"));
    expect(await here.isVisible()).toBe(false);
    await page.getByRole("button", { name: "Menu" }).click();
    expect(await here.isVisible()).toBe(true);
    expect(await here.getAttribute("aria-current")).toBe("page");
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(await page.getByRole("button", { name: "Menu" }).isVisible()).toBe(false);
    await context.close();
  });

  it("has room for a finger on what is pressed, on a phone", async () => {
    const { page, context } = await openWindow(browser, { width: "phone" });
    await page.goto(server.origin);
    await page.getByRole("button", { name: "Menu" }).click();
    const low = await page.evaluate(`
      [...document.querySelectorAll("button, a.button, nav a, select, input[type=text], input[type=search], .check label, td[data-label=''] a")]
        .filter((part) => part.checkVisibility() && part.getBoundingClientRect().height < 44)
        .map((part) => part.outerHTML)`);
    expect(low).toEqual([]);
    await context.close();
  });

  it("has no picture that its content policy does not let in, whichever style comes first", async () => {
    for (const name of ["pico.css", "console.css"] as const) {
      const style = await (await fetch(`${server.origin}${assetPath(name)}`)).text();
      expect(style.length).toBeGreaterThan(1_000);
      expect(style).not.toContain("data:");
    }
  });

  it("weighs less than 100 kB over the wire at the first visit, and its files are kept", async () => {
    const paths = [
      "/",
      ...(["pico.css", "console.css", "htmx.js", "console.js", "favicon.svg"] as const).map(
        assetPath,
      ),
    ];
    let bytes = 0;
    for (const path of paths) {
      const response = await fetch(`${server.origin}${path}`, {
        headers: { "Accept-Encoding": "identity" },
      });
      const plain = await response.arrayBuffer();
      bytes += path === "/" ? plain.byteLength : 0;
      if (path !== "/") expect(response.headers.get("cache-control")).toContain("immutable");
    }
    const { page, context } = await openWindow(browser);
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    session.on("Network.loadingFinished", ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await page.goto(server.origin, { waitUntil: "networkidle" });
    expect(bytes).toBeLessThan(100_000);
    await context.close();
  });
});
