import { describe, expect, it } from "vitest";
import { type CustomDomain, domainSchema } from "../../../src/domain/entities.ts";
import { verificationRecord } from "../../../src/gitlab-pages/domains/records.ts";
import { standingOf, type StandingContext } from "../../../src/gitlab-pages/domains/standing.ts";

const context: StandingContext = {
  rules: {
    zone: "tardis.test" as StandingContext["rules"]["zone"],
    consoleHost: "console.example",
    ownHosts: ["mail.example", "*.ops.example"],
  },
  passesThrough: true,
  now: new Date("2026-11-22T12:00:00.000Z"),
};
const LATER = "2026-11-22T12:00:01.000Z";
const NOW = "2026-11-22T12:00:00.000Z";

const record = (fields: Partial<Record<keyof CustomDomain, unknown>> = {}) => ({
  v: 1,
  kind: "domain",
  id: "www.alice.example",
  revision: 1,
  createdAt: "2026-11-01T00:00:00.000Z",
  project: 7,
  projectPath: "alice/site",
  owner: "per-1",
  verified: true,
  verificationCode: "1234567890abcdef",
  enabledUntil: LATER,
  autoSsl: true,
  certificateUntil: LATER,
  ...fields,
});
const standing = (fields: Partial<Record<keyof CustomDomain, unknown>>, more: object = {}) =>
  standingOf(domainSchema.parse(record(fields)), { ...context, ...more });

describe("how a custom domain stands", () => {
  it("is active when GitLab serves it with a certificate that holds", () => {
    expect(standing({})).toEqual({
      state: "active",
      reason:
        "GitLab Pages serves www.alice.example. Leave its TXT record where it is: GitLab looks for it again.",
    });
  });

  it.each([
    ["tardis.test", /^tardis\.test is this host's own name/],
    ["alice.tardis.test", /^alice\.tardis\.test is in tardis\.test/],
    ["deep.er.tardis.test", /is in tardis\.test/],
    ["console.example", /kept by the operators/],
    ["mail.example", /kept by the operators/],
    ["x.y.ops.example", /kept by the operators/],
  ])("is refused for %s, whatever GitLab says of it", (id, reason) => {
    for (const fields of [{}, { verified: false, enabledUntil: null }]) {
      expect(standing({ id, ...fields })).toMatchObject({ state: "refused", reason });
      expect(standing({ id, ...fields }, { passesThrough: false }).state).toBe("refused");
    }
  });

  it.each([
    "xtardis.test",
    "tardis.test.example",
    "ops.example",
    "a.mail.example",
    "x.console.example",
  ])("is not refused for %s, which only looks like ours", (id) =>
    expect(standing({ id }).state).toBe("active"),
  );

  it("is off where custom domains are not handed on", () => {
    expect(standing({}, { passesThrough: false }).state).toBe("off");
  });

  it("is unverified until GitLab has found its record, and says how", () => {
    expect(standing({ verified: false, enabledUntil: null })).toEqual({
      state: "unverified",
      reason:
        "GitLab does not know yet that www.alice.example is yours, and does not serve it. Set the TXT record, then verify it in the project's Pages settings.",
    });
    expect(standing({ verified: false, enabledUntil: NOW }).reason).toContain("does not serve it");
    expect(
      standing({ verified: false, enabledUntil: null, verificationCode: null }).reason,
    ).toMatch(/does not serve it\. Verify it in the project's/);
  });

  it("is unverified, and served for a while, when the record has gone again", () => {
    expect(standing({ verified: false })).toMatchObject({
      state: "unverified",
      reason: expect.stringMatching(
        /no longer finds its code .* serves it until 2026-11-22 only\./,
      ),
    });
  });

  it("is disabled when GitLab does not serve it, or no longer", () => {
    expect(standing({ enabledUntil: null })).toMatchObject({
      state: "disabled",
      reason: expect.stringContaining("does not serve it"),
    });
    expect(standing({ enabledUntil: NOW })).toMatchObject({
      state: "disabled",
      reason: expect.stringContaining("served it until 2026-11-22 only"),
    });
  });

  it("tells a missing certificate from one that has ended, and who is to get the next", () => {
    const itself =
      "GitLab gets one by itself, in up to an hour, once the domain's DNS points here.";
    expect(standing({ certificateUntil: null })).toEqual({
      state: "certificate-missing",
      reason: `www.alice.example has no certificate, so browsers do not open it. ${itself}`,
    });
    expect(standing({ certificateUntil: NOW })).toEqual({
      state: "certificate-expired",
      reason: `The certificate of www.alice.example ended on 2026-11-22, so browsers warn of it. ${itself}`,
    });
    for (const certificateUntil of [null, NOW]) {
      const { reason } = standing({ certificateUntil, autoSsl: false });
      expect(reason).toMatch(/Add one in the project's Pages settings, or let GitLab/);
    }
  });
});

describe("the name of a custom domain", () => {
  it.each([
    "<b>x</b>.example",
    "x.example\u0000",
    "x\u001b[31m.example",
    "x.example\n",
    "x example.org",
    "`x`.example",
    "x.example/`) || Host(`y",
    "x\u202e.example",
    "*.example",
    "_x.example",
    "192.0.2.1",
    "",
  ])("%j is none that a record can hold", (id) => {
    expect(domainSchema.safeParse(record({ id })).success).toBe(false);
  });
});

describe("the record that GitLab looks for", () => {
  it("is a TXT record below the domain, with its code", () => {
    expect(verificationRecord("www.alice.example", "1234567890abcdef")).toEqual({
      type: "TXT",
      name: "_gitlab-pages-verification-code.www.alice.example",
      value: "gitlab-pages-verification-code=1234567890abcdef",
    });
  });
});
