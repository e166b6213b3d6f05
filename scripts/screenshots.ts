import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openWindow, startBrowser, type Width } from "../test/support/browser.ts";
import { stageAdmins } from "./screenshots/admins.ts";
import { stageMembers } from "./screenshots/members.ts";
import { stageModules } from "./screenshots/modules.ts";
import type { Shot, ShownStage } from "./screenshots/shot.ts";
import { requireService } from "./services/require.ts";

const help = `Takes a picture of every page of the console, at a desk in light and on a phone in dark.

Usage: npm run screenshots [-- --into FOLDER] [NAME ...]

Options:
  --into   where the pictures go (default: screenshots)
  --help   show this text
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { into: { type: "string", default: "screenshots" }, help: { type: "boolean" } },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const wanted = ({ name }: Shot) => positionals.length === 0 || positionals.includes(name);
const stages = [stageMembers, stageAdmins, stageModules];
const browser = await startBrowser(requireService("chromium"));
mkdirSync(values.into, { recursive: true });
try {
  for (const stage of stages) {
    const shown = await stage();
    try {
      for (const shot of shown.shots.filter(wanted)) await take(shot, shown);
    } finally {
      await shown.close();
    }
  }
} finally {
  await browser.close();
}

/** Takes the pictures of one page. */
async function take({ name, path, who, act, after }: Shot, stage: ShownStage): Promise<void> {
  const { headers, session } = stage.by(who);
  for (const [width, scheme] of [
    ["desk", "light"],
    ["phone", "dark"],
  ] as const satisfies readonly (readonly [Width, string])[]) {
    const more = headers === undefined ? {} : { headers };
    const { page, context } = await openWindow(browser, { width, scheme, ...more });
    if (session !== undefined && session !== "")
      await context.addCookies([{ name: "tardis-session", value: session, url: stage.origin }]);
    await page.goto(stage.origin + path);
    await act?.(page);
    const file = join(values.into, `${name}-${width}.png`);
    await page.screenshot({ path: file, fullPage: true });
    process.stdout.write(`${file}\n`);
    await after?.(page);
    await context.close();
  }
}
