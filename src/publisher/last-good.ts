import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** The document of an earlier run, with the revision that it was built from. */
export interface LastGood {
  readonly revision: number;
  readonly body: Buffer;
}

const FILE = "last-good.json";

/** The last good document on disk: what is served after a restart while the store is away. */
export class LastGoodCopy {
  readonly #folder: string;
  #waiting: LastGood | undefined;
  #writing: Promise<void> | undefined;
  readonly #onError: (error: unknown) => void;

  constructor(folder: string, onError: (error: unknown) => void) {
    this.#folder = folder;
    this.#onError = onError;
  }

  /** @returns undefined when there is none, or when it is not what was written */
  async read(): Promise<LastGood | undefined> {
    const bytes = await readFile(join(this.#folder, FILE)).catch(() => undefined);
    const end = bytes?.indexOf("\n") ?? -1;
    if (bytes === undefined || end < 0) return undefined;
    try {
      const { revision, sha256 } = JSON.parse(bytes.toString("latin1", 0, end)) as {
        revision: number;
        sha256: string;
      };
      const body = bytes.subarray(end + 1);
      return digest(body) === sha256 ? { revision, body } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes the newest document soon; one in between is passed over. */
  save(copy: LastGood): void {
    this.#waiting = copy;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  /** Resolves when everything saved so far is on disk. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting !== undefined) {
      const { revision, body } = this.#waiting;
      this.#waiting = undefined;
      try {
        await mkdir(this.#folder, { recursive: true });
        const path = join(this.#folder, FILE);
        const file = await open(`${path}.new`, "w", 0o600);
        try {
          await file.write(`${JSON.stringify({ revision, sha256: digest(body) })}\n`);
          await file.write(body);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(`${path}.new`, path);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}

function digest(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}
