import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { decodePosition, seal, unseal } from "./sealed.ts";
import type { Position } from "./store.ts";

/** Every write is this long and at offset 0, so an older and longer text never shines through. */
const LENGTH = 512;

/**
 * A file in the data folder with the position of the store that this console knew last. LevelDB opens
 * a log with a flipped byte without an error and drops the records behind it, and a Redis may be
 * restored from an old copy: only something outside can tell that it came back older.
 *
 * It is written without an fsync: it may be behind the store, never ahead of it. A torn or
 * missing one is no error; it only notices less.
 */
export class HeadFile {
  readonly #path: string;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The position; undefined when there is none or it is torn. */
  async read(): Promise<Position | undefined> {
    let text;
    try {
      text = await readFile(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    const value = unseal(text.trimEnd());
    return value && decodePosition(value);
  }

  async write(position: Position): Promise<void> {
    this.#file ??= await open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
    const bytes = Buffer.alloc(LENGTH, " ");
    bytes.write(seal({ ...position }));
    await this.#file.write(bytes, 0, LENGTH, 0);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
