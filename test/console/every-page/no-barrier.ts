import type { Page } from "playwright-core";
import { expect } from "vitest";
import { assetPath } from "../../../src/console/assets.ts";
import { barriers, type BarrierOptions } from "../../support/barriers.ts";
import { WIDTHS, type Width, type Window } from "../../support/browser.ts";

/**
 * Where a window rests between pages: nothing happens there, and as it is of the same origin, the
 * next page has the same process, which need not be started and has compiled axe already.
 */
export const RESTING_PLACE = assetPath("console.js");

/** An element, as far as this looks at it; nothing here has the browser's own types. */
interface Shown {
  readonly outerHTML: string;
  checkVisibility(): boolean;
}

/** What only a desk shows, like the sections that a phone has in its menu, and was looked at in the dark. */
const seenInTheDark = new Set<string>();

/**
 * Holds the page in a window to keep nobody out, and leaves it: on a desk in light, on a phone in
 * dark, and in dark on a desk if that shows what the phone does not, and no page before has shown.
 */
export async function expectNoBarrierOn(window: Window, at: string): Promise<void> {
  const { page, complaints } = window;
  await expectNone(page, at, "desk", "light");
  const shown = await page.evaluateHandle<Shown[]>(
    `[...document.body.querySelectorAll("*")].filter((element) => element.checkVisibility())`,
  );
  await expectNone(page, at, "phone", "dark", { also: ["target-size"] });
  const deskOnly = await shown.evaluate((elements) =>
    elements.filter((element) => !element.checkVisibility()).map(({ outerHTML }) => outerHTML),
  );
  if (deskOnly.some((html) => !seenInTheDark.has(html)))
    await expectNone(page, at, "desk", "dark", { only: ["color-contrast"] });
  for (const html of deskOnly) seenInTheDark.add(html);
  expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
  expect(complaints.splice(0)).toEqual([]);
  // A page that follows changes would load itself again while the next is asked for.
  await page.goto(new URL(RESTING_PLACE, page.url()).href);
}

async function expectNone(
  page: Page,
  at: string,
  width: Width,
  scheme: "light" | "dark",
  rules?: BarrierOptions,
): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width: WIDTHS[width], height: 900 });
  const where = `${at}, ${width}, ${scheme}`;
  expect([where, await barriers(page, rules)]).toEqual([where, []]);
  const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  expect([where, Math.max(0, over)]).toEqual([where, 0]);
}
