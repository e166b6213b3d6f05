import { gunzipSync } from "node:zlib";
import { jsonTag, type EncodedDocument, type Frame } from "../traefik/encoding/encoded.ts";
import type { Bytes } from "../traefik/encoding/join.ts";

/** A document ready to be sent: the same bytes to every poller. */
export interface Publication {
  /** The state's revision that it was built from. */
  readonly revision: number;
  readonly document: EncodedDocument;
  /** It comes from the copy on disk: the store has not been read since the start. */
  readonly restored: boolean;
}

/** A document as it is kept: all else follows from it. */
export interface KeptDocument {
  /** Traefik's bytes. */
  readonly gzip: Buffer;
  readonly etag: string;
  readonly frames: readonly Frame[];
}

/** What is to be kept of a document; undefined for one that has no gzip member. */
export function keep({ traefik, frames }: EncodedDocument): KeptDocument | undefined {
  const { gzip, etag } = traefik;
  return gzip === undefined ? undefined : { gzip, etag, frames };
}

/**
 * The document that was kept, whole again. It is inflated when somebody asks for the bytes as they
 * are: Traefik takes them deflated, and a large document is a hundred times larger. Its strict JSON
 * has no gzip member, where it differs.
 */
export function restoreDocument({ gzip, etag, frames }: KeptDocument): EncodedDocument {
  let inflated: Buffer | undefined;
  const body = () => (inflated ??= gunzipSync(gzip));
  const traefik: Bytes = {
    etag,
    get parts() {
      return [body()];
    },
    // The member's last four bytes (RFC 1952, 2.3.1: ISIZE).
    length: gzip.readUInt32LE(gzip.length - 4),
    gzip,
  };
  return {
    traefik,
    frames,
    get json() {
      return frames.length === 0 ? traefik : strictJson(body(), etag, frames);
    },
  };
}

function strictJson(body: Buffer, etag: string, frames: readonly Frame[]): Bytes {
  const parts: Buffer[] = [];
  let start = 0;
  for (const { at, length, json } of frames) {
    parts.push(body.subarray(start, at), Buffer.from(json, "latin1"));
    start = at + length;
  }
  parts.push(body.subarray(start));
  return {
    etag: jsonTag(etag),
    parts,
    length: parts.reduce((sum, part) => sum + part.length, 0),
    gzip: undefined,
  };
}
