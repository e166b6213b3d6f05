import { joinPieces, type Bytes } from "./join.ts";
import { storedPiece, type Piece } from "./piece.ts";
import type { Section } from "./section.ts";

/** The document's maps, by protocol and name. */
type Maps = { readonly [protocol in "http" | "tcp"]: { readonly [name: string]: Section } };

/** Where Traefik's bytes are not JSON, and what stands there in JSON. */
export interface Frame {
  readonly at: number;
  readonly length: number;
  readonly json: string;
}

/** A document, ready to be sent in both of its forms. */
export interface EncodedDocument {
  /** What Traefik's decoder is quick with: JSON, but for YAML's merge keys around large maps. */
  readonly traefik: Bytes;
  /** The same as strict JSON. */
  readonly json: Bytes;
  /** How the one differs from the other; empty where they are the same bytes. */
  readonly frames: readonly Frame[];
}

type Part = Piece | readonly [traefik: string, json: string];

/**
 * Joins the chunks of all sections to a document. Sections are sorted; empty ones are left out, as
 * Traefik rejects them.
 *
 * Traefik's decoder compares each key of a map with every other. A map with more than `mergeAbove`
 * entries is therefore written as `{<<: [{chunk},{chunk}]}`, YAML's merge key, which decodes to
 * the same map with each chunk compared by itself.
 */
export function encodeSections(sections: Maps, mergeAbove: number): EncodedDocument {
  const parts: Part[] = [];
  const add = (text: string, json = text) => parts.push([text, json]);
  add("{");
  let protocols = 0;
  for (const protocol of ["http", "tcp"] as const) {
    const filled = Object.entries(sections[protocol])
      .filter(([, section]) => section.size > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    if (filled.length === 0) continue;
    add(`${protocols++ > 0 ? "," : ""}"${protocol}":{`);
    for (const [index, [name, section]] of filled.entries()) {
      const merged = section.size > mergeAbove;
      add(`${index > 0 ? "," : ""}"${name}":{`);
      if (merged) add("<<: [{", "");
      for (const [position, piece] of section.pieces.entries()) {
        if (position > 0) add(merged ? "},{" : ",", ",");
        parts.push(piece);
      }
      if (merged) add("}]", "");
      add("}");
    }
    add("}");
  }
  add("}");
  return new Encoded(parts);
}

class Encoded implements EncodedDocument {
  readonly traefik: Bytes;
  readonly frames: readonly Frame[];
  readonly #parts: readonly Part[];
  #json: Bytes | undefined;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    const frames: Frame[] = [];
    let at = 0;
    for (const part of parts) {
      if (!isFrame(part)) at += part.text.length;
      else {
        const [{ length }, json] = part;
        if (part[0] !== json) frames.push({ at, length, json });
        at += length;
      }
    }
    this.frames = frames;
    this.traefik = joinPieces(piecesOf(parts, 0));
  }

  /** Made at the first question: it is people who ask for it. */
  get json(): Bytes {
    if (this.frames.length === 0) return this.traefik;
    this.#json ??= { ...joinPieces(piecesOf(this.#parts, 1)), etag: jsonTag(this.traefik.etag) };
    return this.#json;
  }
}

/** The entity tag of the strict JSON that goes with Traefik's bytes, where they differ. */
export function jsonTag(etag: string): string {
  return etag.replace(/"$/, '.json"');
}

function isFrame(part: Part): part is readonly [string, string] {
  return Array.isArray(part);
}

const stored = new Map<string, Piece>();

/** The pieces of one form; frames side by side become one. */
function piecesOf(parts: readonly Part[], form: 0 | 1): Piece[] {
  const pieces: Piece[] = [];
  let frame = "";
  const flush = () => {
    if (frame !== "") pieces.push(framePiece(frame));
    frame = "";
  };
  for (const part of parts) {
    if (isFrame(part)) frame += part[form];
    else {
      flush();
      pieces.push(part);
    }
  }
  flush();
  return pieces;
}

/** There are some dozens of frames, the same ones again and again. */
function framePiece(text: string): Piece {
  let piece = stored.get(text);
  if (piece === undefined) stored.set(text, (piece = storedPiece(text)));
  return piece;
}
