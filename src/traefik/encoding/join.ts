import { createHash } from "node:crypto";
import { combineCrc32 } from "./crc32-combine.ts";
import type { Piece } from "./piece.ts";

/** Bytes ready to be sent. */
export interface Bytes {
  /** A strong validator: equal for equal bytes, and for no others. */
  readonly etag: string;
  /** The bytes as they are; several buffers where one would have to be copied together. */
  readonly parts: readonly Buffer[];
  /** Their length. */
  readonly length: number;
  /** The same as one gzip member; undefined where there is none at hand. */
  readonly gzip: Buffer | undefined;
}

/** Magic, deflate, no flags, no time, fastest, unknown system (RFC 1952, 2.3.1). */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff]);
/** An empty stored block that is the last one. */
const END = Buffer.from([1, 0, 0, 0xff, 0xff]);
/** Up to here one buffer is copied together: a write of many costs more. */
const ONE_BUFFER_MAX = 512 * 1024;

/** Joins pieces: no byte is deflated or hashed again. */
export function joinPieces(pieces: readonly Piece[]): Bytes {
  const hash = createHash("sha256");
  const deflated: Buffer[] = [HEADER];
  let crc = 0;
  let length = 0;
  for (const piece of pieces) {
    hash.update(piece.digest);
    deflated.push(piece.deflated);
    crc = combineCrc32(crc, piece.crc, piece.operator);
    length += piece.text.length;
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  deflated.push(END, trailer);
  const texts = pieces.map(({ text }) => text);
  return {
    etag: `"${hash.digest("base64url")}"`,
    parts: length <= ONE_BUFFER_MAX ? [Buffer.concat(texts)] : texts,
    length,
    gzip: Buffer.concat(deflated),
  };
}
