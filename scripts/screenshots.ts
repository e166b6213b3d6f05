import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { furnishBuckets } from "../test/support/bucket-world.ts";
import { openWindow, startBrowser, type Width } from "../test/support/browser.ts";
import { startPages } from "../test/support/console-pages.ts";
import { askAround, furnish } from "../test/support/console-world.ts";
import { furnishDatabases } from "../test/support/database-world.ts";
import { MemoryDatabases } from "../test/support/memory-databases.ts";
import { MemoryStorage } from "../test/support/memory-storage.ts";
import { stageAdmins } from "./screenshots/admins.ts";
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

const storage = new MemoryStorage();
const server = new MemoryDatabases();
const pages = await startPages(undefined, {}, storage, server);
const { wiki } = await furnish(pages);
const { photos, scratch, laptop } = await furnishBuckets(pages, storage);
const { wiki: kept, scratch: going, app } = await furnishDatabases(pages, server);
await askAround(pages);
const games = pages.ledger.state.ownersByName.get("games") ?? "";
const shown: readonly (readonly [name: string, path: string, who?: string])[] = [
  ["sites", "/"],
  ["sites-first", "/", "carol"],
  ["endpoint-new", "/endpoints/new"],
  ["endpoint", `/endpoints/${wiki.id}`],
  ["endpoint-edit", `/endpoints/${wiki.id}/edit`],
  ["endpoint-remove", `/endpoints/${wiki.id}/remove`],
  ["page", "/pages/pg-thesis"],
  ["buckets", "/buckets"],
  ["buckets-first", "/buckets", "carol"],
  ["bucket-new", "/buckets/new"],
  ["bucket", `/buckets/${photos.id}`],
  ["bucket-going", `/buckets/${scratch.id}`],
  ["bucket-edit", `/buckets/${photos.id}/edit`],
  ["bucket-delete", `/buckets/${photos.id}/delete`],
  ["bucket-key-new", "/bucket-keys/new"],
  ["bucket-key-rotate", `/bucket-keys/${laptop.id}/rotate`],
  ["bucket-key-given", `/bucket-keys/${laptop.id}/rotate`],
  ["bucket-key-revoke", `/bucket-keys/${laptop.id}/revoke`],
  ["databases", "/databases"],
  ["databases-first", "/databases", "carol"],
  ["database-new", "/databases/new"],
  ["database", `/databases/${kept.id}`],
  ["database-going", `/databases/${going.id}`],
  ["database-delete", `/databases/${kept.id}/delete`],
  ["database-account-new", "/database-accounts/new"],
  ["database-account-edit", `/database-accounts/${app.id}/edit`],
  ["database-account-password", `/database-accounts/${app.id}/password`],
  ["database-account-given", `/database-accounts/${app.id}/password`],
  ["database-account-end", `/database-accounts/${app.id}/end`],
  ["groups", "/groups"],
  ["group", `/groups/${games}`],
  ["requests", "/requests"],
  ["requests-first", "/requests", "carol"],
  ["request-new", "/requests/new"],
  ["request-new-label", "/requests/new?kind=label"],
  ["request-new-quota", "/requests/new?kind=quota"],
  ["request-new-target", "/requests/new?kind=target"],
  ["access", "/access"],
  ["access-new", "/access/new"],
  ["activity", "/activity"],
  ["missing", "/nothing-here"],
];
const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);
const browser = await startBrowser(requireService("chromium"));
const admins = await stageAdmins();
mkdirSync(values.into, { recursive: true });
try {
  for (const [name, path, who = "alice"] of shown) {
    if (wanted(name)) await take(name, pages.origin + path, { headers: pages.by(who) });
  }
  for (const [name, path] of admins.shown) {
    if (wanted(name)) await take(name, admins.origin + path, { session: admins.secret });
  }
} finally {
  await browser.close();
  await pages.close();
  await admins.close();
}

/** Takes the pictures of one page. */
async function take(
  name: string,
  url: string,
  { headers, session }: { headers?: Record<string, string>; session?: string },
): Promise<void> {
  for (const [width, scheme] of [
    ["desk", "light"],
    ["phone", "dark"],
  ] as const satisfies readonly (readonly [Width, string])[]) {
    const more = headers === undefined ? {} : { headers };
    const { page, context } = await openWindow(browser, { width, scheme, ...more });
    if (session !== undefined) {
      const { origin } = new URL(url);
      await context.addCookies([{ name: "tardis-session", value: session, url: origin }]);
    }
    await page.goto(url);
    // What is shown once is only in the answer to a form.
    if (name === "bucket-key-given") await page.getByRole("button", { name: "Rotate it" }).click();
    if (name === "database-account-given")
      await page.getByRole("button", { name: "Set a new password" }).click();
    const file = join(values.into, `${name}-${width}.png`);
    await page.screenshot({ path: file, fullPage: true });
    process.stdout.write(`${file}\n`);
    await context.close();
  }
}
