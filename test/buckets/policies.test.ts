import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalPolicy, grantIn, policyOf } from "../../src/buckets/policies.ts";

const name = fc.stringMatching(/^[a-z0-9]{1,8}([.-][a-z0-9]{1,8}){0,3}$/);
const grants = fc.record({
  access: fc.constantFrom("read" as const, "write" as const),
  buckets: fc.uniqueArray(name, { minLength: 1, maxLength: 6 }).map((names) => names.toSorted()),
});

/** The same policy as another server might write it. */
function respelt(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length === 1 ? respelt(value[0]) : value.map(respelt).toReversed();
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, one]) => [key, respelt(one)] as const)
      .toReversed(),
  );
}

describe("the policy of a grant", () => {
  it("is known again, however it is spelt", () => {
    fc.assert(
      fc.property(grants, (grant) => {
        expect(grantIn(policyOf(grant))).toEqual(grant);
        expect(grantIn(respelt(policyOf(grant)))).toEqual(grant);
      }),
    );
  });

  it("names each bucket, and nothing that matches several", () => {
    fc.assert(
      fc.property(grants, (grant) => {
        const resources = policyOf(grant).Statement.flatMap(({ Resource = [] }) => Resource);
        expect(new Set(resources)).toEqual(
          new Set(grant.buckets.flatMap((one) => [`arn:aws:s3:::${one}`, `arn:aws:s3:::${one}/*`])),
        );
      }),
    );
  });

  it.each([
    ["a wider resource", { Resource: ["arn:aws:s3:::alice.*"] }],
    ["a part of the objects", { Resource: ["arn:aws:s3:::alice.a", "arn:aws:s3:::alice.a/x"] }],
    ["another action", { Action: ["s3:*"] }],
    ["a condition", { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }],
  ])("is not one with %s", (_what, more) => {
    const policy = policyOf({ access: "read", buckets: ["alice.a"] });
    const [first, ...rest] = policy.Statement;
    expect(grantIn({ ...policy, Statement: [{ ...first, ...more }, ...rest] })).toBeUndefined();
    expect(grantIn({ ...policy, Statement: rest.concat(rest, rest) })).toBeUndefined();
  });

  it.each([[null], [undefined], ["text"], [[]], [{}], [{ Statement: [] }]])(
    "is not in %j",
    (policy) => {
      expect(grantIn(policy)).toBeUndefined();
    },
  );

  it("has one canonical text, and another for another grant", () => {
    fc.assert(
      fc.property(grants, grants, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(canonicalPolicy(policyOf(a)) === canonicalPolicy(respelt(policyOf(b)))).toBe(same);
      }),
    );
  });
});
