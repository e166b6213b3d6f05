import type { Page } from "playwright-core";

const PRESSES_MAX = 120;

/** What has the focus: its name for people, then its id. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>(`(({ textContent, value, ariaLabel, id, type }) => {
    const text = type === "submit" || value === undefined ? textContent : "";
    return (ariaLabel ?? text).replaceAll(/\\s+/g, " ").trim() + (id === "" ? "" : "#" + id);
  })(document.activeElement)`);
}

/**
 * Goes to something with the Tab key alone.
 * @param what what its name begins with, or `#` and its id
 * @throws Error when it is never come to
 */
export async function tabTo(page: Page, what: string): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < PRESSES_MAX; presses++) {
    const at = await focused(page);
    if (at.startsWith(what) || (what.startsWith("#") && at.endsWith(what))) return;
    passed.push(at.slice(0, 30));
    await page.keyboard.press("Tab");
  }
  throw new Error(`never came to ${what}: ${passed.join(" | ")}`);
}

/** Goes to a link or a button with the keyboard, and presses it: another page comes. */
export async function press(page: Page, what: string): Promise<void> {
  await tabTo(page, what);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
}

/** Goes to a field with the keyboard, and types over what is in it. */
export async function type(page: Page, field: string, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(text);
}
