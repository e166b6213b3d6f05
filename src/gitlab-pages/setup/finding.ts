import { messageOf } from "../../errors.ts";
import { GitLabError, type GitLabErrorCode } from "../client/error.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly state: "ok" | "warning" | "problem";
  /** What was found and, where it is wrong, what to do. */
  readonly says: string;
}

export type Found = Omit<Finding, "what">;

export const ok = (says: string): Found => ({ state: "ok", says });
export const warning = (says: string): Found => ({ state: "warning", says });
export const problem = (says: string): Found => ({ state: "problem", says });

/** What is found, in order. What fails is a finding as well, and keeps nothing else from being looked at. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #tell: ((finding: Finding) => void) | undefined;

  /** @param tell is told of each as it is found */
  constructor(tell?: (finding: Finding) => void) {
    this.#tell = tell;
  }

  add(what: string, found: Found): void {
    const finding = { what, ...found };
    this.all.push(finding);
    this.#tell?.(finding);
  }

  /**
   * @param words what to say of some errors, instead of what they say themselves
   * @returns what was asked for; undefined when that failed
   */
  async look<Value>(
    what: string,
    ask: () => Promise<{ readonly found: Found; readonly value?: Value }>,
    words: Partial<Record<GitLabErrorCode, string>> = {},
  ): Promise<Value | undefined> {
    try {
      const { found, value } = await ask();
      this.add(what, found);
      return value;
    } catch (error) {
      const own = error instanceof GitLabError ? words[error.code] : undefined;
      this.add(what, problem(own ?? messageOf(error)));
      return undefined;
    }
  }
}
