import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  commitId,
  eventText,
  workOutTexts,
  writesHash,
  writtenTexts,
} from "../../src/store/chain.ts";
import { workOutCommits } from "../../src/store/group.ts";
import { decodeLink, encodeLink } from "../../src/store/sealed.ts";
import type { Commit, Json, Key } from "../../src/store/store.ts";
import { runToEnd } from "../../src/turns.ts";

const start = { lineage: "lineage", revision: 7, commit: "before" };

const json = fc
  .jsonValue({ noUnicodeString: false, maxDepth: 3 })
  .filter(isPlain) as fc.Arbitrary<Json>;

/** -0 reads back as 0, and a key of that name makes no field. */
function isPlain(value: unknown): boolean {
  if (Object.is(value, -0)) return false;
  if (typeof value !== "object" || value === null) return true;
  return !Object.hasOwn(value, "__proto__") && Object.values(value).every(isPlain);
}

/** Also more than are worked out between two pauses. */
const commits: fc.Arbitrary<Commit> = fc.record({
  writes: fc.array(
    fc.record({
      key: fc.nat({ max: 999 }).map((id): Key => `label/${id}`),
      value: fc.oneof(json, fc.constant(null)),
    }),
    { maxLength: 80 },
  ),
  event: fc.record({
    type: fc.constant("test"),
    changes: fc.array(json, { maxLength: 80 }),
    more: json,
  }),
});

describe("a commit that was worked out ahead", () => {
  it("is the one that it would be anyway", () => {
    fc.assert(
      fc.property(commits, (plain) => {
        const ahead: Commit = structuredClone(plain);
        runToEnd(workOutTexts(ahead));
        expect(eventText(ahead.event)).toBe(canonicalJson(plain.event));
        expect(writtenTexts(ahead.writes)).toEqual(
          plain.writes.map(({ value }) => canonicalJson(value)),
        );
        expect(writesHash(ahead.writes)).toBe(writesHash(plain.writes));
        expect(commitId("lineage", "before", 8, ahead)).toBe(
          commitId("lineage", "before", 8, plain),
        );
        expect(workOutCommits(start, [ahead])).toEqual(workOutCommits(start, [plain]));
      }),
    );
  });

  it("has the link that is read back, in canonical JSON", () => {
    fc.assert(
      fc.property(commits, (commit) => {
        runToEnd(workOutTexts(commit));
        const link = workOutCommits(start, [commit]).links[0]!.link;
        const text = encodeLink(link);
        expect(text).toBe(canonicalJson(JSON.parse(text) as Json));
        expect(decodeLink(link.revision, text)).toEqual(link);
      }),
    );
  });

  it("has a link that is refused when it reads the same and is written differently", () => {
    const commit: Commit = { writes: [], event: { type: "test", changes: [1, 2] } };
    const link = workOutCommits(start, [commit]).links[0]!.link;
    const text = encodeLink(link);
    expect(decodeLink(link.revision, text)).toEqual(link);
    expect(decodeLink(link.revision, text.replace("[1,2]", "[1, 2]"))).toBeUndefined();
    expect(decodeLink(link.revision, `${text} `)).toBeUndefined();
    expect(decodeLink(link.revision, text.replace("[1,2]", "[1,3]"))).toBeUndefined();
  });

  it("cannot hold what does not read back as it was written", () => {
    const write = (value: unknown): Commit => ({
      writes: [{ key: "label/a", value: value as Json }],
      event: { type: "test" },
    });
    for (const value of [Number.NaN, undefined, { a: Number.POSITIVE_INFINITY }]) {
      expect(() => runToEnd(workOutTexts(write(value)))).toThrow(TypeError);
    }
  });

  it("takes breaks", () => {
    const steps = workOutTexts({
      writes: Array.from({ length: 1_000 }, (_, id) => ({ key: `label/${id}`, value: id })),
      event: { type: "test", changes: Array.from({ length: 1_000 }, (_, id) => id) },
    });
    let breaks = 0;
    while (steps.next().done !== true) breaks++;
    expect(breaks).toBeGreaterThan(50);
  });
});
