/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The key (`traefik.entryPoints`), or the environment variable that set it. Empty for a whole file. */
  readonly key: string;
  /** The file as it was named by the one who started us; absent when the environment is at fault. */
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** Counted from 1. */
  readonly column?: number;
  /** What is wrong. It never holds a secret. */
  readonly message: string;
  /** What would help. */
  readonly hint?: string;
}

/** One line for people: `tardis.yaml:12: traefik.entryPoint: unknown key; did you mean "entryPoints"?` */
export function formatProblem(problem: ConfigProblem): string {
  const line = problem.line === undefined ? "" : `:${problem.line}`;
  const parts = [`${problem.file ?? ""}${line}`, problem.key, problem.message];
  const hint = problem.hint === undefined ? "" : `; ${problem.hint}`;
  return clean(parts.filter((part) => part !== "").join(": ") + hint);
}

/** Without the control characters and line ends that a file's own keys and values may hold. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out here
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "\uFFFD");
}

/** The configuration cannot be used. Its message has one line a problem. */
export class ConfigError extends Error {
  /** Those of the file first, in its order. */
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const sorted = problems.toSorted(
      (a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER),
    );
    super(sorted.map(formatProblem).join("\n"));
    this.name = "ConfigError";
    this.problems = sorted;
  }
}

/** Why one value was refused, before it is known where it stands. */
export class Fault {
  readonly message: string;
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    this.message = message;
    this.hint = hint;
  }
}

const SHOWN_MAX = 60;

/** A value as it may stand in a message: on one line, short, without control characters. */
export function shown(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a section";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return typeof value;
  const cut = value.length > SHOWN_MAX ? `${value.slice(0, SHOWN_MAX)}…` : value;
  return `"${clean(cut)}"`;
}

/** Spelling without what people mix up: case, hyphens and underscores. */
function loose(text: string): string {
  return text.toLowerCase().replaceAll(/[-_]/g, "");
}

/**
 * The candidate that someone most likely meant, by the edit distance of the loose spellings.
 * @returns undefined when nothing is near: more than a third of the letters differ
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = loose(word.slice(0, 100));
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, loose(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Optimal string alignment: one for a letter put in, left out, replaced or swapped with the next. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwap ? at(beforeLast, column - 2) + 1 : Infinity;
      current.push(Math.min(replaced, swapped, at(last, column) + 1, at(current, column - 1) + 1));
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
