import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, formatProblem, loadConfig, type Config } from "../../src/config.ts";

/** A folder of its own for `body`, taken away afterwards. */
export function inFolder<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "tardis-config-"));
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Loads a file of this text, named `tardis.yaml`. */
export function loadText(text: string | Uint8Array, env: NodeJS.ProcessEnv = {}): Config {
  return inFolder((cwd) => {
    writeFileSync(join(cwd, "tardis.yaml"), text);
    return loadConfig({ file: "tardis.yaml", env, cwd });
  });
}

/** What `load` complains about, a line each; empty when it works. */
export function complaints(load: () => unknown): string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(formatProblem);
  }
}
