import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  hostOf,
  inZone,
  labelOf,
  parseHostname,
  parseLabel,
  parsePathPrefix,
  shown,
  type Label,
} from "../../src/domain/names.ts";
import { Refusal } from "../../src/errors.ts";

/** What a parser says: its result, or the refusal's code. */
function outcome(parse: () => string): string {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Refusal) return `!${error.code}`;
    throw error;
  }
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc.string({ maxLength: 300 }),
);

/** A parser either refuses, or gives a text that it then leaves as it is. */
function holdsForAnyText(parse: (text: string) => string, form: RegExp): void {
  fc.assert(
    fc.property(anyText, (text) => {
      const first = outcome(() => parse(text));
      if (first.startsWith("!")) return;
      expect(first).toMatch(form);
      expect(parse(first)).toBe(first);
    }),
    { numRuns: 500 },
  );
}

describe("a label", () => {
  it.each([
    ["alice", "alice"],
    ["ALICE", "alice"],
    ["a", "a"],
    ["0", "0"],
    ["9lives", "9lives"],
    ["a-b", "a-b"],
    ["a--b", "a--b"],
    ["abc--d", "abc--d"],
    ["x".repeat(63), "x".repeat(63)],
    ["x".repeat(64), "!invalid_input"],
    ["", "!invalid_input"],
    ["-a", "!invalid_input"],
    ["a-", "!invalid_input"],
    ["a.b", "!invalid_input"],
    ["a_b", "!invalid_input"],
    ["_acme-challenge", "!invalid_input"],
    ["a b", "!invalid_input"],
    ["a\n", "!invalid_input"],
    [" a", "!invalid_input"],
    ["a`", "!invalid_input"],
    ["*", "!invalid_input"],
    ["ab--c", "!invalid_input"],
    ["bücher", "!invalid_input"],
    ["ﬁ", "!invalid_input"],
    ["\u212a", "!invalid_input"],
    ["xn--bcher-kva", "!forbidden"],
    ["XN--BCHER-KVA", "!forbidden"],
    ["xn--", "!invalid_input"],
  ])("%j: %s", (text, expected) => expect(outcome(() => parseLabel(text))).toBe(expected));

  it.each([
    ["xn--bcher-kva", "xn--bcher-kva"],
    ["XN--BCHER-KVA", "xn--bcher-kva"],
    ["xn--a", "!invalid_input"],
    ["xn--alice", "!invalid_input"],
    ["xn--80ak6aa92e", "xn--80ak6aa92e"],
    ["ab--c", "!invalid_input"],
  ])("of an admin, %j: %s", (text, expected) => {
    expect(outcome(() => parseLabel(text, { allowPunycode: true }))).toBe(expected);
  });

  it("says which ASCII form a name in another script has, and which field it is", () => {
    expect(() => parseLabel("bücher", { field: "label" })).toThrow(
      'must be given in its ASCII form, "xn--bcher-kva"',
    );
    expect(() => parseLabel("\ud800")).toThrow("is not a name that DNS can carry");
    try {
      parseLabel("-", { field: "label" });
      expect.unreachable();
    } catch (error) {
      expect((error as Refusal).field).toBe("label");
    }
  });

  it("is refused, or in one form", () => {
    holdsForAnyText((text) => parseLabel(text, { allowPunycode: true }), /^[a-z0-9-]{1,63}$/);
  });
});

describe("a host name", () => {
  const long = `${"a".repeat(63)}.`.repeat(3);
  it.each([
    ["alice.tardis.ac", "alice.tardis.ac"],
    ["Alice.TARDIS.ac", "alice.tardis.ac"],
    ["alice.tardis.ac.", "alice.tardis.ac"],
    ["localhost", "localhost"],
    ["a.1b", "a.1b"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    [`${long}${"a".repeat(61)}`, `${long}${"a".repeat(61)}`],
    [`${long}${"a".repeat(62)}`, "!invalid_input"],
    ["", "!invalid_input"],
    [".", "!invalid_input"],
    ["alice..ac", "!invalid_input"],
    [".tardis.ac", "!invalid_input"],
    ["alice.tardis.ac..", "!invalid_input"],
    ["*.tardis.ac", "!invalid_input"],
    ["a_b.tardis.ac", "!invalid_input"],
    ["-a.tardis.ac", "!invalid_input"],
    ["a-.tardis.ac", "!invalid_input"],
    ["a b.tardis.ac", "!invalid_input"],
    ["a\n.tardis.ac", "!invalid_input"],
    ["alice.tardis.ac:80", "!invalid_input"],
    ["alice.tardis.ac/x", "!invalid_input"],
    ["u@alice.tardis.ac", "!invalid_input"],
    ["bücher.example", "!invalid_input"],
    ["xn--a.example", "!invalid_input"],
    ["1.2.3.4", "!invalid_input"],
    ["127.1", "!invalid_input"],
    ["2130706433", "!invalid_input"],
    ["0x7f", "!invalid_input"],
    ["0x", "!invalid_input"],
    ["a.0x7f", "!invalid_input"],
    ["0X7F000001", "!invalid_input"],
    ["[::1]", "!invalid_input"],
  ])("%j: %s", (text, expected) => expect(outcome(() => parseHostname(text))).toBe(expected));

  it("is refused, or in one form", () =>
    holdsForAnyText(parseHostname, /^[a-z0-9-]+(\.[a-z0-9-]+)*$/));
});

describe("a path", () => {
  it.each([
    ["", ""],
    ["/", ""],
    ["//", ""],
    ["/foo", "/foo"],
    ["/foo/", "/foo"],
    ["/foo//", "/foo"],
    ["/Foo/bar", "/Foo/bar"],
    ["/a.b/~x/_y/-z/0", "/a.b/~x/_y/-z/0"],
    ["/...", "/..."],
    [`/${"a".repeat(199)}`, `/${"a".repeat(199)}`],
    [`/${"a".repeat(200)}`, "!invalid_input"],
    ["foo", "!invalid_input"],
    ["foo/bar", "!invalid_input"],
    ["/foo//bar", "!invalid_input"],
    ["/./foo", "!invalid_input"],
    ["/foo/..", "!invalid_input"],
    ["/..", "!invalid_input"],
    ["/%66oo", "!invalid_input"],
    ["/foo%2Fbar", "!invalid_input"],
    ["/foo bar", "!invalid_input"],
    ["/foo?x", "!invalid_input"],
    ["/foo#x", "!invalid_input"],
    ["/foo;x", "!invalid_input"],
    ["/foo\\bar", "!invalid_input"],
    ["/foo`", "!invalid_input"],
    ["/é", "!invalid_input"],
    ["/foo\n", "!invalid_input"],
    ["/foo\n/", "!invalid_input"],
    ["\n/foo", "!invalid_input"],
  ])("%j: %s", (text, expected) => expect(outcome(() => parsePathPrefix(text))).toBe(expected));

  it("is refused, or in one form", () =>
    holdsForAnyText(parsePathPrefix, /^(\/[A-Za-z0-9._~-]+)*$/));
});

describe("a label's host", () => {
  it.each([
    ["alice.tardis.ac", "alice"],
    ["a.b.tardis.ac", undefined],
    ["tardis.ac", undefined],
    [".tardis.ac", undefined],
    ["eviltardis.ac", undefined],
    ["_x.tardis.ac", undefined],
    ["-a.tardis.ac", undefined],
    ["alice.tardis.ac.", undefined],
    ["alice.example", undefined],
  ])("%s has the label %s", (host, expected) => {
    expect(labelOf(host, "tardis.ac")).toBe(expected);
    if (expected !== undefined) expect(hostOf(expected as Label, "tardis.ac")).toBe(host);
  });

  it.each([
    ["tardis.ac", true],
    ["a.tardis.ac", true],
    ["a.b.tardis.ac", true],
    ["eviltardis.ac", false],
    ["tardis.ac.example", false],
    ["ac", false],
  ])("%s is in the zone: %s", (host, expected) => expect(inZone(host, "tardis.ac")).toBe(expected));
});

describe("a text in a message", () => {
  it("is short and has no control characters", () => {
    expect(shown("a\nb\u0000\u007f\u0085\u2028c")).toBe("a\uFFFDb\uFFFD\uFFFD\uFFFD\uFFFDc");
    expect(shown("x".repeat(60))).toBe("x".repeat(60));
    expect(shown("x".repeat(61))).toBe(`${"x".repeat(60)}…`);
  });
});
