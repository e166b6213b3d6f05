import { spawn } from "node:child_process";
import { once } from "node:events";
import { builtMain } from "./built.ts";
import { cleanEnvironment, type Ended } from "./console.ts";
import { waitFor } from "./wait.ts";

/** A command that somebody has begun at a terminal. */
export interface AtTerminal {
  /** All that the terminal has shown. */
  readonly shown: () => string;
  /** Waits until it shows something, and then types. */
  typeAfter(what: RegExp, text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

/**
 * Begins a command at a pseudo-terminal of its own, as `script` of util-linux makes one; it ends with
 * the command.
 * @param output a file for standard output; without it, that is the terminal as well
 */
export async function beginAtTerminal(
  args: readonly string[],
  output?: string,
): Promise<AtTerminal> {
  const words = [process.execPath, await builtMain(), ...args].map(quoted).join(" ");
  const line = output === undefined ? words : `${words} >${quoted(output)}`;
  const child = spawn(
    "script",
    ["--quiet", "--return", "--flush", "--command", line, "/dev/null"],
    {
      env: { ...cleanEnvironment(), SHELL: "/bin/sh" },
    },
  );
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
  // It may have ended when something is typed.
  child.stdin.on("error", () => undefined);
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  return {
    shown: () => text,
    async typeAfter(what, typed) {
      await waitFor(() => what.test(text), {
        timeout: 20_000,
        describe: () => `${what} at the terminal:\n${text}`,
      });
      child.stdin.write(typed);
    },
    ended,
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
