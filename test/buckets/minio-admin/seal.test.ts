import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seal, unseal } from "../../../src/buckets/minio-admin/seal.ts";

const FRAGMENT = 16 * 1024;
/** What is beside the plaintext: salt, id, nonce, and a tag for each fragment. */
const overhead = (fragments: number) => 32 + 1 + 8 + 16 * fragments;

describe("a sealed body", () => {
  it.each([
    [0, 1],
    [1, 1],
    [FRAGMENT - 1, 1],
    [FRAGMENT, 1],
    [FRAGMENT + 1, 2],
    [2 * FRAGMENT, 2],
    [2 * FRAGMENT + 1, 3],
  ])("of %i bytes has %i fragments", (size, fragments) => {
    expect(seal("secret", Buffer.alloc(size))).toHaveLength(size + overhead(fragments));
  });

  it("opens to what it was, with the same secret alone", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3 * FRAGMENT }),
        fc.string(),
        fc.string(),
        (bytes, secret, other) => {
          const sealed = seal(secret, Buffer.from(bytes));
          expect(unseal(secret, sealed).equals(Buffer.from(bytes))).toBe(true);
          if (other !== secret) expect(() => unseal(other, sealed)).toThrow();
        },
      ),
      { numRuns: 40 },
    );
  });

  it("does not open once a byte was changed, or a fragment taken away", () => {
    const sealed = seal("secret", Buffer.alloc(FRAGMENT + 5, 1));
    for (const at of [0, 32, 33, 41, 60, FRAGMENT + 41, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => unseal("secret", changed)).toThrow();
    }
    expect(() => unseal("secret", sealed.subarray(0, 41 + FRAGMENT + 16))).toThrow();
  });

  it("never looks the same twice", () => {
    expect(seal("s", Buffer.from("x")).equals(seal("s", Buffer.from("x")))).toBe(false);
  });
});
