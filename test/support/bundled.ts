import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import { madeOnce } from "./made-once.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What its packages of an older kind ask for. */
const REQUIRE = `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`;

/**
 * A script as one file with all that it imports, in a folder of this process's own: it starts in a
 * quarter of the time. @returns its path
 */
export async function bundled(script: URL): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tardis-bundled-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return bundle(script, folder);
}

/** The program as one file, once for all files of a run: for what is started many times. @returns its path */
export async function bundledMain(): Promise<string> {
  const main = new URL("../../src/main.ts", import.meta.url);
  return outfileIn(await madeOnce("command", async (folder) => void (await bundle(main, folder))));
}

// As deep as most sources, which find what lies beside them by that.
const outfileIn = (folder: string) => join(folder, "dist", "bundled", "script.mjs");

async function bundle(script: URL, folder: string): Promise<string> {
  for (const name of ["config", "assets", "node_modules"])
    symlinkSync(join(ROOT, name), join(folder, name));
  mkdirSync(join(folder, "dist"));
  // For what is one less deep.
  symlinkSync(join(ROOT, "package.json"), join(folder, "dist", "package.json"));
  const outfile = outfileIn(folder);
  await build({
    entryPoints: [fileURLToPath(script)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    // It has a part for each machine.
    external: ["classic-level"],
    banner: { js: REQUIRE },
    logLevel: "error",
  });
  await stop();
  return outfile;
}
