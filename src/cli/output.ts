/** A command that ends with a message and an exit code, and nothing more to say. */
export class CommandError extends Error {
  readonly exitCode: number;
  readonly details: unknown;

  /** @param exitCode 1 for what failed, 2 for what was asked wrongly */
  constructor(message: string, exitCode = 1, details?: unknown) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}

export interface OutputOptions {
  readonly json?: boolean | undefined;
}

/** Prints a result: as one JSON value for programs, else the lines for people. */
export function print(
  options: OutputOptions,
  value: unknown,
  lines: () => string | readonly string[],
): void {
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(value)}\n`);
    return;
  }
  const text = lines();
  process.stdout.write(`${typeof text === "string" ? text : text.join("\n")}\n`);
}

/** Says how far a long work is: on a terminal in one line, else only now and then. */
export function progress(
  label: string,
  options: OutputOptions,
): (done: number, of: number) => void {
  if (options.json === true) return () => undefined;
  let lastTenth = -1;
  return (done, of) => {
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${label} ${done} of ${of}${done >= of ? "\n" : ""}`);
      return;
    }
    const tenth = of === 0 ? 10 : Math.floor((done * 10) / of);
    if (tenth > lastTenth) process.stderr.write(`${label} ${done} of ${of}\n`);
    lastTenth = tenth;
  };
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly field?: string;
}

/**
 * The answer's JSON.
 * @throws CommandError with the problem's own words when it is a refusal
 */
export async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (response.ok) return (text === "" ? null : JSON.parse(text)) as T;
  let problem: Problem = {};
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    // Not from us: the status has to do.
  }
  const field = problem.field === undefined ? "" : `${problem.field}: `;
  throw new CommandError(
    `${field}${problem.detail ?? `the console answered ${response.status}`}`,
    1,
    problem,
  );
}
