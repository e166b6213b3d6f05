import { performance } from "node:perf_hooks";

/** One line of the table: what was measured, beside what it is compared to. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly compared: string;
  readonly goal: string;
  /** Whether the goal is met; null where there is only a measurement. */
  readonly met: boolean | null;
}

export interface Bench {
  readonly name: string;
  readonly run: (options: { quick: boolean }) => Promise<Row[]>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** How long work takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** A figure that is compared to nothing. */
export function plainRow(what: string, measured: string): Row {
  return { what, measured, compared: "", goal: "", met: null };
}

export function format(rows: readonly Row[]): string {
  const head = ["what", "measured", "compared to", "goal", "met"];
  const cells = rows.map((row) => [
    row.what,
    row.measured,
    row.compared,
    row.goal,
    row.met === null ? "" : row.met ? "yes" : "no",
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const line = (parts: readonly string[]) =>
    `| ${parts.map((part, column) => part.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join(
    "\n",
  );
}
