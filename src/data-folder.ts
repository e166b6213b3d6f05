import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "./config.ts";
import { messageOf } from "./errors.ts";

/**
 * Makes the data folder, which only this user may enter, where there is none yet.
 * @throws Error that says why it cannot be made
 */
export async function makeDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = messageOf(error);
    throw new Error(`The data folder ${path} cannot be made: ${reason}.`, { cause: error });
  }
}

/** Keeps a drawn admin token where only this user reads it. @returns the file's path */
export async function writeBootstrapToken(
  config: Pick<Config, "data">,
  secret: string,
): Promise<string> {
  const path = join(config.data, "bootstrap-token");
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  return path;
}
