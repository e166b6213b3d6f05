import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The document of an earlier run, with the revision that it was built from. */
export interface LastGood {
  readonly revision: number;
  readonly body: Buffer;
  /** What the revision is of, and what rendered it: equal origins and revisions mean equal bytes. */
  readonly origin: string;
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
      const { revision, origin, sha256 } = JSON.parse(bytes.toString("latin1", 0, end)) as {
        revision: number;
        origin: string;
        sha256: string;
      };
      const copy = { revision, origin, body: bytes.subarray(end + 1) };
      return typeof origin === "string" && digest(copy) === sha256 ? copy : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes the newest document soon; one in between is passed over. */
  save(copy: LastGood): void {
    this.#waiting = copy;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything saved so far is on disk. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting !== undefined) {
      const copy = this.#waiting;
      this.#waiting = undefined;
      try {
        await this.#write(copy);
      } catch (error) {
        this.#onError(error);
      }
    }
    // In the same turn as the look at what waits, so that nothing is left unnoticed.
    this.#writing = undefined;
  }

  /** The old copy is there until the new one is whole on disk. */
  async #write(copy: LastGood): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, FILE);
    const { revision, origin } = copy;
    const head = `${JSON.stringify({ revision, origin, sha256: digest(copy) })}\n`;
    await writeFile(`${path}.new`, Buffer.concat([Buffer.from(head), copy.body]), {
      mode: 0o600,
      flush: true,
    });
    await rename(`${path}.new`, path);
    const folder = await open(this.#folder, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

function digest({ revision, origin, body }: LastGood): string {
  return createHash("sha256").update(`${revision} ${origin}\n`).update(body).digest("hex");
}
