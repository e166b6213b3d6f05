import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import { madeOnce } from "./made-once.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What its packages of an older kind ask for. */
const REQUIRE = `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`;

/**
 * A script in a few files with all that it imports, made once for all files of a run: it starts in a
 * quarter of the time. @returns its path
 */
export async function bundled(script: URL): Promise<string> {
  const name = relative(ROOT, fileURLToPath(script)).replaceAll(/\W+/g, "-");
  return outfileIn(await madeOnce(name, (folder) => bundle(script, folder)));
}

/** The program as one file, for what is started many times. @returns its path */
export function bundledMain(): Promise<string> {
  return bundled(new URL("../../src/main.ts", import.meta.url));
}

// As deep as most sources, which find what lies beside them by that.
const outfileIn = (folder: string) => join(folder, "dist", "bundled", "script.mjs");

async function bundle(script: URL, folder: string): Promise<void> {
  for (const name of ["config", "assets", "node_modules"])
    symlinkSync(join(ROOT, name), join(folder, name));
  mkdirSync(join(folder, "dist"));
  // For what is one less deep.
  symlinkSync(join(ROOT, "package.json"), join(folder, "dist", "package.json"));
  await build({
    entryPoints: { script: fileURLToPath(script) },
    outdir: dirname(outfileIn(folder)),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // What a script imports when it needs it stays by itself: most of it is never read.
    splitting: true,
    platform: "node",
    format: "esm",
    // It has a part for each machine.
    external: ["classic-level"],
    banner: { js: REQUIRE },
    logLevel: "error",
  });
  await stop();
}
