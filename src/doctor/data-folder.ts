import { constants } from "node:fs";
import { access, open, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../checks/unreachable.ts";
import { ok, skipped, warning, wrong, type Found, type Look, type Part } from "../checks/check.ts";

/** How a data folder is to this process. */
export interface FolderFacts {
  readonly isThere: boolean;
  /** Who owns it, when it is somebody else than this process runs as. */
  readonly foreign: { readonly owner: number; readonly self: number } | undefined;
}

/** @throws Error of the system when it cannot even be looked at */
export async function folderFacts(path: string): Promise<FolderFacts> {
  try {
    const { uid } = await stat(path);
    const self = process.getuid?.();
    const isForeign = self !== undefined && self !== uid;
    return { isThere: true, foreign: isForeign ? { owner: uid, self } : undefined };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { isThere: false, foreign: undefined };
    throw error;
  }
}

const MEGABYTE = 1_000_000;
const LITTLE = 1_000 * MEGABYTE;
/** A store that compacts writes some of it anew. */
const TOO_LITTLE = 100 * MEGABYTE;

/** Whether the data folder can be written, by whom alone, and how much space there is. */
export function dataFolderPart(path: string): Part {
  return {
    name: "Data folder",
    look: async (look) => {
      const { isThere, foreign } = await folderFacts(path);
      if (!isThere) {
        look.tell("folder", skipped(`${path} is not there; the first start makes it.`));
        return;
      }
      await lookAtModes(look, path);
      await lookAtWriting(look, path, foreign);
      await lookAtSpace(look, path);
    },
  };
}

async function lookAtModes({ tell }: Look, path: string): Promise<void> {
  const { mode } = await stat(path);
  const bits = (mode & 0o777).toString(8).padStart(3, "0");
  const isOpen = (mode & 0o077) !== 0;
  const found = isOpen
    ? warning(
        `Others on this machine may look into ${path} (mode ${bits}), where hashes of tokens are: chmod 700 ${path}`,
        { mode: bits },
      )
    : ok(`${path} is for its user alone (mode ${bits}).`, { mode: bits });
  tell("modes", found);
}

async function lookAtWriting(
  { tell }: Look,
  path: string,
  foreign: FolderFacts["foreign"],
): Promise<void> {
  if (foreign !== undefined) {
    // A file that root leaves here would shut the console out.
    const says = `It is of user ${foreign.owner}, and this command runs as ${foreign.self}: run it as that user to have that looked at.`;
    tell("writing", skipped(says));
    return;
  }
  const file = join(path, `doctor-${process.pid}`);
  try {
    await access(path, constants.W_OK | constants.X_OK);
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile("written to see whether that works\n");
      await handle.sync();
    } finally {
      await handle.close();
      await rm(file, { force: true });
    }
    tell("writing", ok("It can be written."));
  } catch (error) {
    tell("writing", wrong(whyUnwritable(path, codeOf(error))));
  }
}

function whyUnwritable(path: string, code = "unknown"): string {
  const known: Readonly<Record<string, string>> = {
    EACCES: `${path} may not be written by this user (${process.getuid?.()}): give it to the console's user.`,
    EROFS: `The disk of ${path} is read-only: look at the system's log for why, and mount it to be written.`,
    ENOSPC: `The disk of ${path} is full: make space. The console goes on by itself then.`,
    EDQUOT: `The quota of ${path} is used up: make space. The console goes on by itself then.`,
    ENOTDIR: `${path} is no folder: name another one as \`data\`.`,
  };
  return known[code] ?? `${path} cannot be written (${code}).`;
}

async function lookAtSpace({ tell }: Look, path: string): Promise<void> {
  const { bavail, bsize, files, ffree } = await statfs(path);
  const free = bavail * bsize;
  tell("space", spaceFound(free));
  if (files > 0 && ffree === 0) {
    tell("inodes", wrong("The disk takes no more files (no free inodes): delete some."));
  }
}

function spaceFound(free: number): Found {
  const facts = { freeBytes: free };
  const says = `${free < LITTLE ? `${Math.floor(free / MEGABYTE)} MB` : `${(free / LITTLE).toFixed(1)} GB`} are free.`;
  if (free < TOO_LITTLE) return wrong(`${says} Make space, before changes are refused.`, facts);
  return free < LITTLE ? warning(`${says} Make space.`, facts) : ok(says, facts);
}
