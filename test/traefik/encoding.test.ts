import { crc32, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combineCrc32, crc32Operator } from "../../src/traefik/encoding/crc32-combine.ts";
import { cutNames, hashName, isBorder } from "../../src/traefik/encoding/cut.ts";
import { CutSequence } from "../../src/traefik/encoding/cut-sequence.ts";
import { joinPieces } from "../../src/traefik/encoding/join.ts";
import { deflatedPiece, storedPiece } from "../../src/traefik/encoding/piece.ts";
import { sortInSteps } from "../../src/traefik/encoding/sort.ts";
import { runInTurns, runToEnd } from "../../src/turns.ts";

const bytes = fc.uint8Array({ maxLength: 2_000 }).map((list) => Buffer.from(list));

describe("a CRC-32", () => {
  it("of joined texts comes from those of its parts", () => {
    fc.assert(
      fc.property(bytes, bytes, (first, second) => {
        const whole = crc32(Buffer.concat([first, second]));
        const operator = crc32Operator(second.length);
        expect(combineCrc32(crc32(first), crc32(second), operator)).toBe(whole);
      }),
    );
  });

  it("is combined over lengths beyond 32 bits as zlib does", () => {
    // The power of x repeats after 2^32 - 1, so that of 2^32 is x itself: zlib's table goes round.
    expect(crc32Operator(2 ** 29)).toBe(0x40000000);
  });
});

describe("joined pieces", () => {
  const piece = fc.oneof(
    bytes.map(deflatedPiece),
    fc.string({ unit: "grapheme-ascii", maxLength: 300 }).map(storedPiece),
  );

  it("are one gzip member of their texts", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = Buffer.concat(pieces.map((part) => part.text));
        const joined = joinPieces(pieces);
        expect(joined.length).toBe(text.length);
        expect(Buffer.concat(joined.parts).equals(text)).toBe(true);
        expect(gunzipSync(joined.gzip ?? "").equals(text)).toBe(true);
      }),
    );
  });

  it("have another tag for other bytes", () => {
    const tag = (...texts: string[]) => joinPieces(texts.map(storedPiece)).etag;
    expect(tag("a", "b")).toBe(tag("a", "b"));
    expect(new Set([tag("a", "b"), tag("b", "a"), tag("a"), tag()]).size).toBe(4);
  });

  it("are several buffers only where they are large", () => {
    const part = deflatedPiece(Buffer.alloc(300_000, "x"));
    expect(joinPieces([part]).parts).toHaveLength(1);
    expect(joinPieces([part, part, part]).parts).toHaveLength(3);
  });

  it("hold no stored block that is too long", () => {
    expect(() => storedPiece("x".repeat(65_536))).toThrow(/at most/);
    expect(joinPieces([storedPiece("x".repeat(65_535))]).length).toBe(65_535);
  });
});

const names = Array.from({ length: 5_000 }, (_, index) => `member${index}`).toSorted();

describe("a cut", () => {
  const cut = { mean: 64, max: 256 };
  const piecesOf = (list: readonly string[], by = cut) => {
    let start = 0;
    return cutNames(list, by).map((end) => {
      const piece = list.slice(start, end);
      start = end;
      return piece;
    });
  };

  it("has pieces of about the mean, and none above the bound", () => {
    const pieces = piecesOf(names);
    expect(pieces.flat()).toEqual(names);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(256);
    expect(names.length / pieces.length).toBeGreaterThan(45);
    expect(names.length / pieces.length).toBeLessThan(90);
  });

  it("is hardly another one with a new name, also where pieces were too long", () => {
    for (const by of [cut, { mean: 1_024, max: 32 }]) {
      const before = new Set(piecesOf(names, by).map(String));
      let moved = 0;
      for (let index = 0; index < 200; index++) {
        const more = [...names, `member${index * 31}x`].toSorted();
        moved += piecesOf(more, by).filter((piece) => !before.has(String(piece))).length;
      }
      // The piece that it came into; now and then it is cut in two.
      expect(moved / 200).toBeLessThan(1.3);
    }
  });

  it("mixes names that differ in their last digit", () => {
    const borders = names.filter((name) => isBorder(name, cut)).length;
    expect(Math.abs(borders - names.length / 64)).toBeLessThan(30);
    expect(new Set(names.map(hashName)).size).toBe(names.length);
  });
});

describe("a cut sequence", () => {
  const make = () =>
    new CutSequence<string, readonly string[]>({
      cut: { mean: 4, max: 6 },
      nameOf: (item) => item,
      open: (piece) => [...piece],
      close: (items) => items,
      isMadeOf: (piece, items) => String(piece) === String(items),
    });
  const name = fc.nat(200).map((number) => `n${number}`);
  const edits = fc
    .uniqueArray(fc.tuple(name, fc.boolean()), { selector: ([one]) => one })
    .map((list) => list.toSorted(([a], [b]) => (a < b ? -1 : 1)));

  it("after any edits is the cut of what is in it", () => {
    fc.assert(
      fc.property(fc.array(edits, { maxLength: 8 }), (steps) => {
        const sequence = make();
        const model = new Set<string>();
        for (const step of steps) {
          for (const [one, isIn] of step) {
            if (isIn) model.add(one);
            else model.delete(one);
          }
          runToEnd(
            sequence.edit(step.map(([one, isIn]) => ({ name: one, item: isIn ? one : null }))),
          );
          const sorted = [...model].toSorted();
          const fresh = make();
          runToEnd(fresh.edit(sorted.map((one) => ({ name: one, item: one }))));
          expect(sequence.pieces).toEqual(fresh.pieces);
          expect(sequence.pieces.flat()).toEqual(sorted);
          expect(sequence.size).toBe(sorted.length);
          for (const one of sorted) expect(sequence.pieceOf(one)).toContain(one);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("work in steps", () => {
  it("sorts as the language does", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 5_000, size: "max" }), (list) => {
        expect(runToEnd(sortInSteps(list))).toEqual(list.toSorted());
      }),
      { numRuns: 20 },
    );
  });

  it("lets others have their turn, and passes on what it throws", async () => {
    let turns = 0;
    function* work() {
      // Without a break nobody counts, and the time is up.
      const until = performance.now() + 3_000;
      while (turns < 2 && performance.now() < until) yield;
      throw new Error("spoilt");
    }
    const timer = setInterval(() => turns++, 1);
    await expect(runInTurns(work())).rejects.toThrow("spoilt");
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(2);
  });
});
