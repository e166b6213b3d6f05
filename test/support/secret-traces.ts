import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { ClassicLevel } from "classic-level";
import { expect } from "vitest";

/** All that is in an error, for whoever prints it with everything that hangs on it. */
export function printed(error: unknown): string {
  const all = { depth: null, maxStringLength: null, maxArrayLength: null, showHidden: true };
  return `${String(error)}\n${inspect(error, all)}`;
}

/**
 * All that lies in a folder of a console's: every file as it is, and what LevelDB holds in those that
 * are its own, which are compressed. Nobody may have them open.
 */
export async function everythingIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts: string[] = [];
  for (const { parentPath, name } of files)
    texts.push(name, await readFile(join(parentPath, name), "latin1"));
  for (const { parentPath } of files.filter(({ name }) => name === "CURRENT")) {
    const level = new ClassicLevel(parentPath);
    for await (const [key, value] of level.iterator()) texts.push(key, value);
    await level.close();
  }
  return texts.join("\n");
}

/**
 * Fails where one of the secrets is in one of the texts, in a form that can be undone.
 * @param places texts by what they are of; each must have `known` in it, or it is not what it seems
 */
export function expectNowhere(
  secrets: readonly string[],
  places: Readonly<Record<string, { readonly text: string; readonly known: string }>>,
): void {
  const found: string[] = [];
  for (const [place, { text, known }] of Object.entries(places)) {
    // What is searched in vain for what is there would be for secrets, too.
    expect(text.includes(known), `${place} to have ${known} in it`).toBe(true);
    for (const [at, secret] of secrets.entries()) {
      expect(secret.length).toBeGreaterThan(19);
      const form = formsOf(secret).find(([, spelt]) => text.includes(spelt));
      if (form !== undefined) found.push(`the secret ${at} is in ${place}, ${form[0]}`);
    }
  }
  expect(found).toEqual([]);
}

function formsOf(secret: string): [form: string, spelt: string][] {
  const bytes = Buffer.from(secret);
  const forms: [string, string][] = [
    ["as it is", secret],
    ["in a URL", encodeURIComponent(secret)],
    ["in hexadecimal", bytes.toString("hex")],
  ];
  // Within what else is there it begins at any of three places.
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const spelt = text.replace(/=+$/, "").slice(before === 0 ? 0 : before + 1, -1);
    forms.push(
      ["in base64", spelt],
      ["in base64url", spelt.replace(/\+/g, "-").replace(/\//g, "_")],
    );
  }
  return forms;
}
