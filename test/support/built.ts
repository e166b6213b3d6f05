import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { madeOnce } from "./made-once.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The program as `npm run build` makes it of the sources of now, once for all files of a run; types
 * are not checked. A built one starts in half the time. @returns the path of `main.js`
 */
export async function builtMain(): Promise<string> {
  return join(await madeOnce("console", build), "dist", "main.js");
}

async function build(folder: string): Promise<void> {
  for (const name of ["config", "assets", "package.json", "node_modules"])
    await symlink(join(ROOT, name), join(folder, name));
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const project = ["-p", join(ROOT, "tsconfig.build.json"), "--outDir", join(folder, "dist")];
  const less = ["--noCheck", "--declaration", "false", "--sourceMap", "false"];
  await run(process.execPath, [compiler, ...project, ...less]);
}
