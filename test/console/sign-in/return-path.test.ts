import fc from "fast-check";
import { expect, it } from "vitest";
import { returnPath, signInPath } from "../../../src/console/sign-in/return-path.ts";

it.each([
  "/",
  "/groups/games?tab=managers&x=%2F#",
  "/a:b@c",
  "/http://evil.example",
  "/..//evil.example",
  "/%2f%2fevil.example",
])("goes back to %j", (path) => {
  expect(returnPath(path)).toBe(path);
});

it.each([
  undefined,
  "",
  "groups",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\/evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  " //evil.example",
  "/ /evil.example",
  "/a\\..\\..\\evil",
  "https://evil.example/",
  "javascript:alert(1)",
  "/ä",
  "/\u0000",
  `/${"x".repeat(2_001)}`,
])("goes to the start instead of %j", (path) => {
  expect(returnPath(path)).toBe("/");
});

it("never leads to another origin, whatever it is given", () => {
  const origin = "https://console.tardis.test";
  const pieces = fc
    .array(fc.constantFrom("/", "\\", ".", "..", "@", ":", "evil.example", "\t", "%2f", "?", "#"))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(pieces, fc.string(), fc.string({ unit: "binary" })), (text) => {
      const path = returnPath(text);
      expect(new URL(path, origin).origin).toBe(origin);
      const link = new URL(signInPath(path), origin);
      expect([link.origin, link.pathname]).toEqual([origin, "/sign-in"]);
      expect(link.searchParams.get("to") ?? "/").toBe(path);
    }),
    { numRuns: 500 },
  );
});
