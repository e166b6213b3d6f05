import { expect } from "vitest";
import { WIDTHS, type Window } from "../../support/browser.ts";
import { barriers } from "../../support/console-pages.ts";

/** Holds the page in a window to keep nobody out, at each width and in light and dark (what a phone shows in light, a desk does); then leaves it. */
export async function expectNoBarrierOn({ page, complaints }: Window, at: string): Promise<void> {
  for (const [width, scheme, rules] of [
    ["desk", "light", undefined],
    ["desk", "dark", ["color-contrast"]],
    ["phone", "dark", undefined],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: WIDTHS[width], height: 900 });
    const where = `${at}, ${width}, ${scheme}`;
    expect([where, await barriers(page, rules)]).toEqual([where, []]);
    const over = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    expect([where, Math.max(0, over)]).toEqual([where, 0]);
  }
  expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
  expect(complaints.splice(0)).toEqual([]);
  // A page that follows changes would load itself again while the next is asked for.
  await page.goto("about:blank");
}
