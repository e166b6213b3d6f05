import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openWindow, startBrowser, type Width } from "../test/support/browser.ts";
import { stageAdmins } from "./screenshots/admins.ts";
import { stageMembers } from "./screenshots/members.ts";
import { stageModules } from "./screenshots/modules.ts";
import { stageSignIn } from "./screenshots/sign-in.ts";
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
const stages = [stageMembers, stageAdmins, stageModules, stageSignIn];
// A name of a zone leads here too: its host's pages are the console's.
const here = "--host-resolver-rules=MAP *.test 127.0.0.1";
const browser = await startBrowser(requireService("chromium"), [here]);
const left = new Set(positionals);
mkdirSync(values.into, { recursive: true });
try {
  for (const stage of stages) {
    if (positionals.length > 0 && left.size === 0) break;
    const shown = await stage();
    try {
      for (const shot of shown.shots.filter(wanted))
        await take(shot, shown).catch((error: Error) => {
          process.stderr.write(`${shot.name}: ${error.message}\n`);
          process.exitCode = 1;
        });
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
    const address = path.replaceAll(/\{(\w+)\}/g, (_, id: string) => {
      const found = stage.ids[id];
      if (!found) throw new Error(`there is no ${id} at its stage`);
      return found;
    });
    await page.goto(new URL(address, stage.origin).href);
    await act?.(page, stage);
    const file = join(values.into, `${name}-${width}.png`);
    await page.screenshot({ path: file, fullPage: true });
    process.stdout.write(`${file}\n`);
    left.delete(name);
    await after?.(page, stage);
    await context.close();
  }
}
