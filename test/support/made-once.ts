import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { waitFor } from "./wait.ts";

const variable = "TARDIS_TEST_MADE";

/** Vitest's global setup: a folder for what all files of a run share. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "tardis-made-"));
  process.env[variable] = folder;
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // When tests are watched, what was made of the sources before is none of theirs now.
  project.onTestsRerun(() => {
    remove();
    mkdirSync(folder);
  });
  return remove;
}

const known = new Map<string, Promise<string>>();

/**
 * A folder that takes long to fill, filled once: for all files of a run, or for this process alone
 * where there is no such run. Nobody may change what is in it.
 * @param fill gets the folder, which is there and empty
 * @returns its path
 */
export function madeOnce(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const path = join(sharedFolder(), name);
  const before = known.get(path);
  if (before) return before;
  const made = make(path, fill);
  known.set(path, made);
  return made;
}

let own: string | undefined;
function sharedFolder(): string {
  const shared = process.env[variable];
  if (shared) return shared;
  if (own === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "tardis-made-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    own = folder;
  }
  return own;
}

async function make(path: string, fill: (folder: string) => Promise<void>): Promise<string> {
  // Stays for as long as the run does: who makes it first is the only one ever to fill the folder.
  const isFirst = await mkdir(`${path}.making`).then(
    () => true,
    () => false,
  );
  return isFirst ? makeFirst(path, fill) : madeByAnother(path);
}

async function makeFirst(path: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const filling = `${path}.filling`;
  try {
    await mkdir(filling);
    await fill(filling);
    await rename(filling, path);
    return path;
  } catch (error) {
    await writeFile(`${path}.failed`, String(error));
    throw error;
  }
}

async function madeByAnother(path: string): Promise<string> {
  const failed = `${path}.failed`;
  await waitFor(async () => (await isThere(path)) || (await isThere(failed)), {
    timeout: 120_000,
    describe: `${path}, which another process makes`,
  });
  if (await isThere(path)) return path;
  throw new Error(await readFile(failed, "utf8"));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
