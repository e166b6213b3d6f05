import { skipped, wrong, type Found, type Part } from "../checks/check.ts";
import { messageOf } from "../errors.ts";
import { version } from "../version.ts";
import { reportOf, type CheckLine, type Report } from "./report.ts";

/** Who is still being looked at. */
export interface Progress {
  readonly of: number;
  readonly left: readonly string[];
}

export interface RunOptions {
  readonly by: Report["by"];
  /** Milliseconds that each part may take; `PART_MS` when left out. */
  readonly partMs?: number | undefined;
  readonly now?: (() => Date) | undefined;
  /** Told at the start, and whenever a part is done. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Somebody waits for the whole. */
export const PART_MS = 10_000;

/** Looks at all parts at once, each under its own deadline. Never throws. */
export async function examine(
  parts: readonly Part[],
  { by, partMs = PART_MS, now = () => new Date(), onProgress }: RunOptions,
): Promise<Report> {
  const at = now().toISOString();
  const left = new Set(parts);
  const tell = () => onProgress?.({ of: parts.length, left: [...left].map(({ name }) => name) });
  tell();
  const found = await Promise.all(
    parts.map(async (part) => {
      const lines = await lookAt(part, partMs);
      left.delete(part);
      tell();
      return lines;
    }),
  );
  return reportOf(found.flat(), { release: version, at, by });
}

async function lookAt({ name, look }: Part, partMs: number): Promise<readonly CheckLine[]> {
  const lines: CheckLine[] = [];
  let isOver = false;
  const tell = (what: string, { state, says, facts = {} }: Found) => {
    if (!isOver) lines.push({ part: name, what, state, says, facts });
  };
  const ended = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), partMs);
  });
  try {
    const looked = look({ tell, signal: ended.signal }).then(() => "done" as const);
    // What comes of it after the deadline is nobody's any more.
    looked.catch(() => undefined);
    if ((await Promise.race([looked, late])) === "late") tell("deadline", overdue(lines, partMs));
    else if (lines.length === 0) tell("nothing", skipped("There was nothing to look at."));
  } catch (error) {
    tell("trouble", wrong(`It could not be looked at: ${messageOf(error)}`));
  } finally {
    isOver = true;
    clearTimeout(timer);
    ended.abort(new Error("the deadline has passed"));
  }
  return lines;
}

function overdue(lines: readonly CheckLine[], partMs: number): Found {
  const rest = lines.length === 0 ? "Nothing was found out" : "The rest was not found out";
  return wrong(`${rest} within ${partMs / 1000} s: something there does not answer.`);
}
