import { expect, it } from "vitest";
import { inOtherSystems } from "../../../src/console/admin/other-systems.ts";
import type { PartOutcome } from "../../../src/reconcile/module.ts";

const part = (name: string, state: PartOutcome["state"], why: string | null = null) =>
  ({ kind: "bucket", id: `bkt-${name}`, name, state, why }) as const;
const many = Array.from({ length: 7 }, (_, index) => part(`b${index}`, "busy"));

it.each([
  ["nothing where they have nothing", [], ""],
  ["that all of it followed", [part("a", "gone")], " 1 thing in other systems followed."],
  [
    "so of each state that is meant",
    [part("a", "ready"), part("b", "suspended"), part("c", "deleting")],
    " 3 things in other systems followed.",
  ],
  [
    "what did not, and why",
    [part("a", "suspended"), part("b", "repairing", "MinIO is away."), part("c", "busy")],
    " Not yet in other systems: b (MinIO is away.), c. It is tried again by itself.",
  ],
  [
    "what is left of one that is suspended",
    [{ ...part("a", "suspended", "One node is away."), unfinished: true }, part("b", "suspended")],
    " Not yet in other systems: a (One node is away.). It is tried again by itself.",
  ],
  [
    "the first of many",
    many,
    " Not yet in other systems: b0, b1, b2, b3, b4, and 2 more. It is tried again by itself.",
  ],
] as [string, PartOutcome[], string][])("says %s", (_what, parts, said) => {
  expect(inOtherSystems(parts)).toBe(said);
});
