import type { CheckState, Facts } from "../checks/check.ts";

/** One line of a report. */
export interface CheckLine {
  readonly part: string;
  readonly what: string;
  readonly state: CheckState;
  readonly says: string;
  readonly facts: Facts;
}

/** What the doctor found. As JSON it is what `doctor --json` prints: keys are added, never changed. */
export interface Report {
  /** Of this form. */
  readonly version: 1;
  /** The release that looked. */
  readonly release: string;
  /** When the looks began, ISO 8601. */
  readonly at: string;
  /** Who looked: the running console, or a command where none runs. */
  readonly by: "console" | "command";
  /** The worst there is; what was skipped counts as nothing. */
  readonly state: "ok" | "warning" | "wrong";
  /** The whole in a sentence. */
  readonly says: string;
  readonly checks: readonly CheckLine[];
}

const NAMED_MAX = 5;

/** @param checks in the order in which they are to be read */
export function reportOf(
  checks: readonly CheckLine[],
  { release, at, by }: Pick<Report, "release" | "at" | "by">,
): Report {
  const wrong = checks.filter(({ state }) => state === "wrong");
  const warnings = checks.filter(({ state }) => state === "warning");
  const state = wrong.length > 0 ? "wrong" : warnings.length > 0 ? "warning" : "ok";
  return { version: 1, release, at, by, state, says: inShort(checks, wrong, warnings), checks };
}

function inShort(
  checks: readonly CheckLine[],
  wrong: readonly CheckLine[],
  warnings: readonly CheckLine[],
): string {
  const beside = warnings.length === 0 ? "" : `, and ${counted(warnings.length, "warning")}`;
  if (wrong.length > 0) {
    const named = wrong.slice(0, NAMED_MAX).map(({ part, what }) => `${part}: ${what}`);
    const more = wrong.length > NAMED_MAX ? `; and ${wrong.length - NAMED_MAX} more` : "";
    const is = wrong.length === 1 ? "thing is" : "things are";
    return `${wrong.length} ${is} wrong${beside}: ${named.join("; ")}${more}.`;
  }
  const looked = checks.filter(({ state }) => state !== "skipped").length;
  return `All is well (${counted(looked, "check")}${beside}).`;
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
