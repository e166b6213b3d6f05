import type { Cut } from "./cut.ts";
import { CutSequence, type Edit } from "./cut-sequence.ts";
import { deflatedPiece, type Piece } from "./piece.ts";
import { sortInSteps } from "./sort.ts";
import type { Steps } from "../../turns.ts";

/** Edits that are looked at between two breaks. */
const STRIDE = 1_024;

/** An entry as it is written: `"name":{…}`. */
interface Written {
  readonly name: string;
  /** The entry itself, or the text that it stands in. */
  readonly source: string | Buffer;
  readonly start: number;
  readonly end: number;
}

/** Neighbouring entries of a section, written and joined by commas. */
class Chunk {
  readonly text: Buffer;
  /** Where each entry starts; the end is a comma or the end of the text. */
  readonly #starts: Uint32Array;
  #piece: Piece | undefined;

  constructor(entries: readonly Written[]) {
    const length = entries.reduce((sum, { start, end }) => sum + end - start + 1, -1);
    // Not from Node's pool: it would keep the whole pool for as long as the chunk.
    this.text = Buffer.allocUnsafeSlow(length);
    this.#starts = new Uint32Array(entries.length);
    let at = 0;
    for (const [index, { source, start, end }] of entries.entries()) {
      if (index > 0) at = this.text.writeUInt8(0x2c, at);
      this.#starts[index] = at;
      if (typeof source === "string") at += this.text.write(source, at, "latin1");
      else at += source.copy(this.text, at, start, end);
    }
  }

  get length(): number {
    return this.#starts.length;
  }

  get piece(): Piece {
    return (this.#piece ??= deflatedPiece(this.text));
  }

  /** @returns whether there was anything to do */
  prepare(): boolean {
    if (this.#piece !== undefined) return false;
    this.#piece = deflatedPiece(this.text);
    return true;
  }

  entries(): Written[] {
    return Array.from(this.#starts, (start, index) => {
      const end = (this.#starts[index + 1] ?? this.text.length + 1) - 1;
      const name = this.text.toString("latin1", start + 1, this.text.indexOf(0x22, start + 1));
      return { name, source: this.text, start, end };
    });
  }

  isMadeOf(entries: readonly Written[]): boolean {
    return (
      entries.length === this.length &&
      entries.every(({ source, start, end }, index) => {
        const own = this.#starts[index] ?? 0;
        if (source === this.text) return start === own;
        const ownEnd = (this.#starts[index + 1] ?? this.text.length + 1) - 1;
        if (end - start !== ownEnd - own) return false;
        return typeof source === "string"
          ? this.text.toString("latin1", own, ownEnd) === source
          : source.compare(this.text, own, ownEnd, start, end) === 0;
      })
    );
  }
}

/** What becomes of an entry: its value's text, or null when it goes. */
export type EntryEdits = ReadonlyMap<string, string | null>;

/** A map of the document, its entries sorted by name and kept as text only. */
export class Section {
  readonly #chunks: CutSequence<Written, Chunk>;

  constructor(cut: Cut) {
    this.#chunks = new CutSequence<Written, Chunk>({
      cut,
      nameOf: ({ name }) => name,
      open: (chunk) => chunk.entries(),
      close: (entries) => new Chunk(entries),
      isMadeOf: (chunk, entries) => chunk.isMadeOf(entries),
    });
  }

  /** How many entries there are. */
  get size(): number {
    return this.#chunks.size;
  }

  /** The chunks' bytes, in order; what `prepare` has not been through is deflated now. */
  get pieces(): readonly Piece[] {
    return this.#chunks.pieces.map(({ piece }) => piece);
  }

  /**
   * Puts and removes entries; chunks that end up as they were stay what they are. Breaks between
   * chunks.
   * @param edits values as JSON in ASCII, by names in ASCII without quotes
   */
  *edit(edits: EntryEdits): Steps<void> {
    const sorted: Edit<Written>[] = [];
    for (const name of yield* sortInSteps([...edits.keys()])) {
      const value = edits.get(name) ?? null;
      const text = `"${name}":${value}`;
      const item = value === null ? null : { name, source: text, start: 0, end: text.length };
      sorted.push({ name, item });
      if (sorted.length % STRIDE === 0) yield;
    }
    yield* this.#chunks.edit(sorted);
  }

  /** Deflates what is not yet, with a break after each chunk. */
  *prepare(): Steps<void> {
    for (const chunk of this.#chunks.pieces) if (chunk.prepare()) yield;
  }
}
