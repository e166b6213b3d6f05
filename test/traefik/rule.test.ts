import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Hostname, PathPrefix } from "../../src/domain/names.ts";
import * as rule from "../../src/traefik/rule.ts";

const zone = "tardis.ac" as Hostname;
const name = (text: string) => text as Hostname;
const path = (text: string) => text as PathPrefix;

/** The regular expression in a rule; ours mean the same in Go and in JavaScript. */
function patternOf(text: string): RegExp {
  return new RegExp(/HostRegexp\(`([^`]*)`\)|HostSNIRegexp\(`([^`]*)`\)$/.exec(text)?.[1] ?? "$.");
}

describe("rules", () => {
  it.each([
    [rule.host(name("a.tardis.ac")), "Host(`a.tardis.ac`)"],
    [rule.anyHost([name("a.b"), name("c-d.e")], zone), "HostRegexp(`^(?:a\\.b|c-d\\.e)\\.?$`)"],
    [
      rule.anyHost([name("a.tardis.ac"), name("b.c.tardis.ac")], zone),
      "HostRegexp(`^(?:a|b\\.c)\\.tardis\\.ac\\.?$`)",
    ],
    [
      rule.anyHost([name("a.tardis.ac"), zone, name("x.org")], zone),
      "HostRegexp(`^(?:(?:a)\\.tardis\\.ac|tardis\\.ac|x\\.org)\\.?$`)",
    ],
    [
      rule.anyHost([name("*.a.on.tardis.ac"), name("b.tardis.ac"), name("*.x.org")], zone),
      "HostRegexp(`^(?:(?:.*\\.a\\.on|b)\\.tardis\\.ac|.*\\.x\\.org)\\.?$`)",
    ],
    [rule.oneLabelBelow(zone), "HostRegexp(`^[^.]+\\.tardis\\.ac\\.?$`)"],
    [rule.atPath(path("/a")), "(Path(`/a`) || PathPrefix(`/a/`))"],
    [
      rule.atPath(path("/A"), path("/a")),
      "(Path(`/A`) || PathPrefix(`/A/`) || Path(`/a`) || PathPrefix(`/a/`))",
    ],
    [rule.exactPathWithQuery(path("/auth"), "state"), "Path(`/auth`) && QueryRegexp(`state`, `.`)"],
    [rule.everyPath(), "PathPrefix(`/`)"],
    [rule.acmeChallenge(), "PathPrefix(`/.well-known/acme-challenge/`)"],
    [rule.and(rule.host(zone), rule.everyPath()), "Host(`tardis.ac`) && PathPrefix(`/`)"],
    [
      rule.foreignHost(zone, ["own.example", "*.wild.example"]),
      "!HostRegexp(`^(?:.*\\.)?tardis\\.ac\\.?$`) && !HostRegexp(`^own\\.example\\.?$`) && !HostRegexp(`^.*\\.wild\\.example\\.?$`)",
    ],
    [
      rule.foreignSni(zone, []),
      "HostSNIRegexp(`.`) && !HostSNIRegexp(`^(?:.*\\.)?tardis\\.ac\\.?$`)",
    ],
    [
      rule.foreignSni(zone, ["own.example"]),
      "HostSNIRegexp(`.`) && !HostSNIRegexp(`^(?:.*\\.)?tardis\\.ac\\.?$`) && !HostSNIRegexp(`^own\\.example\\.?$`)",
    ],
  ])("%s", (made, expected) => expect(made).toBe(expected));

  it.each(["a`b", "`", "é", "\n", "\u0000", "\u007f", "a\tb"])("never hold %j", (text) => {
    expect(() => rule.host(name(text))).toThrow(/backtick or beyond ASCII/);
    expect(() => rule.atPath(path(text))).toThrow(/backtick or beyond ASCII/);
    expect(() => rule.anyHost([name("a.b"), name(text)], zone)).toThrow(/backtick or beyond ASCII/);
    expect(() => rule.exactPathWithQuery(path("/"), text)).toThrow(/backtick or beyond ASCII/);
  });

  it("hold any other text as it is, and quote it in patterns", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme-ascii" }).filter((text) => !/`|^\*\./.test(text)),
        (text) => {
          expect(rule.host(name(text))).toBe(`Host(\`${text}\`)`);
          expect(patternOf(rule.anyHost([name(text)], zone)).test(text)).toBe(true);
          expect(patternOf(rule.anyHost([name(text)], zone)).test(`${text}x.`)).toBe(false);
        },
      ),
    );
  });

  it("for all hosts below one match those at any depth, and no other", () => {
    const pattern = patternOf(rule.anyHost([name("*.a.on.tardis.ac")], zone));
    for (const host of ["x.a.on.tardis.ac", "y.x.a.on.tardis.ac.", "x-1.a.on.tardis.ac"])
      expect(host).toMatch(pattern);
    for (const host of [
      "a.on.tardis.ac",
      "xa.on.tardis.ac",
      "x.b.on.tardis.ac",
      "x.axon.tardis.ac",
      "x.a.on.tardis.ac.evil",
      "x.a.on.tardis.ac..",
    ]) {
      expect(host).not.toMatch(pattern);
    }
  });

  it("for several hosts match each with and without a dot, and no other", () => {
    const pattern = patternOf(rule.anyHost([name("a.tardis.ac"), name("b.tardis.ac")], zone));
    for (const host of ["a.tardis.ac", "b.tardis.ac", "b.tardis.ac."])
      expect(host).toMatch(pattern);
    for (const host of [
      "xa.tardis.ac",
      "axtardis.ac",
      "b.tardis.ac..",
      "a.tardis.ac.b.tardis.ac",
    ]) {
      expect(host).not.toMatch(pattern);
    }
  });
});
