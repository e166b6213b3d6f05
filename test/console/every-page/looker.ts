import { expect } from "vitest";
import { bringAxe } from "../../support/barriers.ts";
import { openWindow, startBrowser } from "../../support/browser.ts";
import type { Asked } from "./asked.ts";
import { expectNoBarrierOn, RESTING_PLACE } from "./no-barrier.ts";
import type { Row } from "./row.ts";
import { ROWS } from "./rows.ts";
import { startWorld, type ActorName, type World } from "./world.ts";

/** What is no page. */
const NO_PAGE = new Set(["GET /admin/traefik/document.json"]);

/** The rows of what is a page, or leads to one. */
export const SHOWN: readonly (readonly [route: string, row: Row])[] = Object.entries(ROWS).filter(
  ([route]) => !NO_PAGE.has(route),
);

/** Who a row is asked as. */
export const actorOf = ({ may, whose }: Row): ActorName =>
  may === "admins" ? "ada" : whose[0] === "games" ? "bob" : "alice";

/** Looks at pages, in one window. */
export interface Looker {
  readonly world: World;
  /** Goes where a request leads, as whoever it is, and holds that to keep nobody out. */
  look(who: ActorName, asked: Asked): Promise<void>;
  /** After each: nobody is signed in any more. */
  signOut(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a console and a browser. */
export async function startLooker(chromium: string): Promise<Looker> {
  const [browser, world] = await Promise.all([
    startBrowser(chromium),
    // Without HTTPS, as for a trial on a laptop: browsers keep its cookies.
    startWorld({ publicUrl: "http://localhost:0" }),
  ]);
  const origin = world.running.config.publicUrl;
  const window = await openWindow(browser);
  const { page, context } = window;
  await bringAxe(page, RESTING_PLACE);

  async function go(who: ActorName, { method, path, form }: Asked): Promise<void> {
    // From a place of the console's own, as browsers say where a form was sent from. A page that was
    // found wrong was not left.
    if (page.url() !== origin + RESTING_PLACE) await page.goto(origin + RESTING_PLACE);
    window.complaints.splice(0);
    const [secret] = (await world.as(who)).cookies.values();
    if (secret !== undefined)
      await context.addCookies([{ name: "tardis-session", value: secret, url: origin }]);
    if (method === "GET") {
      await page.goto(origin + path);
      return;
    }
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
  }

  return {
    world,
    look: async (who, asked) => {
      await go(who, asked);
      // A page that loads itself again goes away under whoever looks at it.
      await page.getByText("See how far it is").waitFor({ state: "detached", timeout: 20_000 });
      await expectNoBarrierOn(window, page.url().slice(origin.length));
    },
    signOut: () => context.clearCookies(),
    close: async () => {
      await browser.close();
      await world.close();
    },
  };
}
