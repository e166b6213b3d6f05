import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { temporaryFolder } from "./folder.ts";

const run = promisify(execFile);

/** Mounts a disk of so many bytes, with suffix `k` or `m`, in memory. @returns how it goes away */
export async function mountSmallDisk(path: string, size: string): Promise<() => Promise<void>> {
  await mkdir(path, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", path]);
  return async () => void (await run("umount", [path]));
}

/** Why no small disk can be mounted here; undefined when it can. */
export async function whyNoSmallDisk(): Promise<string | undefined> {
  const folder = await temporaryFolder();
  try {
    const unmount = await mountSmallDisk(folder.path, "1m");
    await unmount();
    return undefined;
  } catch (error) {
    return `no tmpfs can be mounted here: ${(error as Error).message.trim()}`;
  } finally {
    await folder.remove();
  }
}
