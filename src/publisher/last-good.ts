import { webcrypto } from "node:crypto";
import { mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeptDocument } from "./publication.ts";

/** The document of an earlier run, with the revision that it was built from. */
export interface LastGood {
  readonly revision: number;
  readonly document: KeptDocument;
  /** What the revision is of, and what rendered it: equal origins and revisions mean equal bytes. */
  readonly origin: string;
}

/** The copy's first line; the gzip member comes behind it. */
interface Head {
  readonly v: 2;
  readonly revision: number;
  readonly origin: string;
  readonly etag: string;
  readonly frames: KeptDocument["frames"];
}

const FILE = "last-good.json";
/** A copy a second is near enough for what it is for; a flush each change would slow them all. */
const INTERVAL_MS = 1_000;

/** The last good document on disk: what is served after a restart while the store is away. */
export class LastGoodCopy {
  readonly #folder: string;
  #waiting: LastGood | undefined;
  #writing: Promise<void> | undefined;
  #nextAt = 0;
  #flushing = 0;
  /** Ends the pause before the next write. */
  #hurry: (() => void) | undefined;
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
      const line = bytes.toString("latin1", 0, end);
      const { sha256, ...head } = JSON.parse(line) as Head & { readonly sha256: string };
      const { v, revision, origin, etag, frames } = head;
      const gzip = bytes.subarray(end + 1);
      if (v !== 2 || (await digest(head, gzip)) !== sha256) return undefined;
      return { revision, origin, document: { gzip, etag, frames } };
    } catch {
      return undefined;
    }
  }

  /** Writes the newest document within a second; one in between is passed over. */
  save(copy: LastGood): void {
    this.#waiting = copy;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything saved so far is on disk. */
  async flush(): Promise<void> {
    this.#flushing++;
    this.#hurry?.();
    await this.#writing;
    this.#flushing--;
  }

  /** Keeps writes apart, unless someone waits for them. */
  async #pause(): Promise<void> {
    const left = this.#nextAt - performance.now();
    if (left <= 0 || this.#flushing > 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = undefined;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting !== undefined) {
      await this.#pause();
      const copy: LastGood = this.#waiting;
      this.#waiting = undefined;
      this.#nextAt = performance.now() + INTERVAL_MS;
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
    const { revision, origin, document } = copy;
    const { gzip, etag, frames } = document;
    const head: Head = { v: 2, revision, origin, etag, frames };
    const line = `${JSON.stringify({ ...head, sha256: await digest(head, gzip) })}\n`;
    await writeFile(`${path}.new`, Buffer.concat([Buffer.from(line), gzip]), {
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

/** Worked out beside the event loop: a copy has some megabytes. */
async function digest(head: Head, gzip: Buffer): Promise<string> {
  const text = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), gzip]);
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", text)).toString("hex");
}
