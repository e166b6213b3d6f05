import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { messageOf } from "../errors.ts";
import { CommandError } from "./output.ts";

/**
 * A file's text.
 * @param file its path, or `-` for standard input
 * @throws CommandError when it cannot be read
 */
export async function readText(file: string): Promise<string> {
  try {
    return file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

/** @throws CommandError for what is no positive whole number */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new CommandError(`"${text}" is not a whole number above 0`, 2);
  return Number(text);
}
