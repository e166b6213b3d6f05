import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openWindow, startBrowser, type Window } from "../../support/browser.ts";
import { describeWithService } from "../../support/services.ts";
import { askedFor, type Asked } from "./asked.ts";
import type { Row } from "./row.ts";
import { ROWS } from "./rows.ts";
import { expectNoBarrierOn } from "./no-barrier.ts";
import { startWorld, type ActorName, type Params, type ThingKind, type World } from "./world.ts";

/** What is no page. */
const NO_PAGE = new Set(["GET /admin/traefik/document.json"]);

type Form = Readonly<Record<string, string>>;

/** Who asks what, of what. */
type More = readonly [who: ActorName, route: string, of?: ThingKind, form?: Form];

/** Of a module: with nothing yet, taken out of use, in conflict, and left behind by somebody gone. */
const states = (list: string, thing: "Bucket" | "Database" | "Namespace"): readonly More[] => [
  ["carol", `GET ${list}`],
  ["alice", `GET ${list}`, `taken${thing}`],
  ["alice", `GET ${list}/:id`, `closed${thing}`],
  ["alice", `GET ${list}/:id`, `taken${thing}`],
  ["ada", `GET ${list}/:id`, `left${thing}`],
  ["ada", `GET /admin${list}`, `taken${thing}`],
  ["ada", `GET /admin${list}`, `left${thing}`],
];

/** Pages and answers that look otherwise than the rows' own. */
const MORE: readonly More[] = [
  ...states("/buckets", "Bucket"),
  ...states("/databases", "Database"),
  ...states("/namespaces", "Namespace"),
  ["ada", "GET /admin/owners/:owner", "owner"],
  ["nobody", "GET /sign-in"],
  ["nobody", "GET /sign-in/link/wrong"],
  ["nobody", "POST /requests"],
  ["alice", "GET /nothing/here"],
  ["alice", "GET /endpoints/nothing"],
  ["carol", "GET /"],
  ["carol", "GET /groups"],
  ["carol", "GET /requests"],
  ["carol", "GET /access"],
  ["carol", "GET /activity"],
  ["alice", "GET /?q=mark"],
  ["alice", "GET /?q=nothing"],
  ["alice", "GET /", "membership"],
  ["alice", "GET /", "answered"],
  ["bob", "GET /groups/:owner", "owner"],
  ["alice", "GET /endpoints/new?label=alice&path=/x"],
  ["alice", "GET /requests/new?kind=label"],
  ["alice", "GET /requests/new?kind=quota"],
  ["alice", "GET /requests/new?kind=target"],
  ["alice", "GET /requests/new?kind=renewal"],
  ["alice", "POST /requests", "owner", { kind: "quota", owner: "{owner}", amount: "x" }],
  ["alice", "POST /requests", "owner", { kind: "target", owner: "{owner}", network: "x" }],
  ["alice", "POST /endpoints", "label", { label: "{label}", target: "http://192.168.1.1:80" }],
  ["alice", "POST /endpoints/:id", "endpoint", { path: "/x", target: "10.0.0.1", revision: "1" }],
  ["alice", "POST /endpoints/:id/remove", "endpoint", { revision: "1" }],
  ["bob", "POST /groups/:id/hand-over", "group", { manager: "yuri", revision: "{revision}" }],
  ["bob", "POST /groups/:id/managers", "group", { manager: "none", revision: "{revision}" }],
  ["ada", "GET /admin/search?q=alice"],
  ["ada", "GET /admin/owners?q=nothing"],
  ["ada", "GET /admin/requests?state=all", "answered"],
  ["ada", "GET /admin/routes?q=mark"],
  ["ada", "GET /admin/traefik/document?entry=zone-default"],
  ["ada", "GET /admin/owners/:owner", "suspended"],
  ["ada", "POST /admin/requests/:request", "request", { decision: "decline", revision: "1" }],
  ["ada", "POST /admin/owners/:owner/passes", "person", { use: "invitation" }],
  [
    "ada",
    "POST /admin/owners/:owner/edit",
    "person",
    { email: "x", targets: "x", "quota.endpoints": "x", revision: "1" },
  ],
  ["ada", "POST /admin/owners/:owner/edit", "person", { displayName: "Other", revision: "1" }],
];

describeWithService("chromium", "every page, form and answer", (chromium) => {
  let world: World;
  let browser: Browser;
  let origin: string;
  let window: Window;
  beforeAll(async () => {
    // Without HTTPS, as for a trial on a laptop: browsers keep its cookies.
    [browser, world] = await Promise.all([
      startBrowser(chromium),
      startWorld({ publicUrl: "http://localhost:0" }),
    ]);
    origin = world.running.config.publicUrl;
    window = await openWindow(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });
  afterEach(() => window.context.clearCookies());

  /** Goes where a request leads, as whoever it is. */
  async function go(who: ActorName, { method, path, form }: Asked): Promise<Page> {
    const { page, context } = window;
    const [secret] = (await world.as(who)).cookies.values();
    if (secret !== undefined)
      await context.addCookies([{ name: "tardis-session", value: secret, url: origin }]);
    if (method === "GET") {
      await page.goto(origin + path);
      return page;
    }
    // From a page of the console's own, as browsers say where a form was sent from.
    await page.goto(`${origin}/nothing/here`);
    window.complaints.splice(0);
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === "POST"),
      page.waitForEvent("load"),
      page.evaluate(`{
        const form = document.createElement("form");
        form.method = "post";
        form.action = ${JSON.stringify(path)};
        for (const [name, value] of Object.entries(${JSON.stringify(form)})) {
          const field = document.createElement("textarea");
          Object.assign(field, { name, value });
          form.append(field);
        }
        document.body.append(form);
        HTMLFormElement.prototype.submit.call(form);
      }`),
    ]);
    expect([path, answer.status()]).not.toEqual([path, 403]);
    return page;
  }

  const expectNoBarrier = (page: Page) =>
    expectNoBarrierOn(window, page.url().slice(origin.length));

  const actorOf = ({ may, whose }: Row): ActorName =>
    may === "admins" ? "ada" : whose[0] === "games" ? "bob" : "alice";
  const rows = Object.entries(ROWS).filter(([route]) => !NO_PAGE.has(route));
  const make = ({ of, whose }: Row): Promise<Params> => world.make(of, whose[0] ?? "alice");

  it.each(rows)("%s keeps nobody out", async (route, row) => {
    const who = actorOf(row);
    const page = await go(who, askedFor(route, row, await make(row)));
    await expectNoBarrier(page);
  });

  it.each(rows.filter(([, { form }]) => form !== undefined))(
    "%s keeps nobody out when it is refused",
    async (route, row) => {
      const page = await go(actorOf(row), askedFor(route, {}, await make(row)));
      await expectNoBarrier(page);
    },
  );

  const more = MORE.map((entry) => {
    const [who, route, of] = entry;
    return [`${route} for ${who}${of === undefined ? "" : `, of ${of}`}`, entry] as const;
  });
  it.each(more)("%s keeps nobody out", async (_title, [who, route, of = "none", form = {}]) => {
    const params = await world.make(of, who === "bob" ? "games" : "alice");
    await expectNoBarrier(await go(who, askedFor(route, { form }, params)));
  });
});
