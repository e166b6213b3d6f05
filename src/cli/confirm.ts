import { createInterface } from "node:readline";

/** A terminal to ask at, or what is none. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Not standard output: that may go into a file, and the question with it. */
const HERE: Terminal = { input: process.stdin, output: process.stderr };

/**
 * Asks whoever is at the terminal. Everything but a yes is a no, the end of the input and Ctrl-C too.
 * @returns undefined where nobody can be asked
 */
export async function agreed(
  question: string,
  { input, output }: Terminal = HERE,
): Promise<boolean | undefined> {
  if (input.isTTY !== true || output.isTTY !== true) return undefined;
  const lines = createInterface({ input, output });
  try {
    const answer = await new Promise<string>((resolve) => {
      lines.once("close", () => resolve(""));
      lines.question(`${question} [y/N] `, resolve);
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
