import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";

const compress = promisify(gzip);

/** A document ready to be sent: the same bytes to every poller. */
export interface Publication {
  /** The state's revision that it was built from. */
  readonly revision: number;
  readonly body: Buffer;
  readonly gzip: Buffer;
  /** A strong validator: SHA-256 of the body. */
  readonly etag: string;
  /** It comes from the copy on disk: the store has not been read since the start. */
  readonly restored: boolean;
}

/** Compresses once, at the fastest level: a tenth larger than the default, a tenth of the time. */
export async function publicationOf(
  body: Buffer,
  revision: number,
  restored: boolean,
): Promise<Publication> {
  return {
    revision,
    body,
    gzip: await compress(body, { level: constants.Z_BEST_SPEED }),
    etag: `"${createHash("sha256").update(body).digest("base64url")}"`,
    restored,
  };
}
