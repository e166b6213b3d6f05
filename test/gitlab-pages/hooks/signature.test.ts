import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  faultOfHeaders,
  type HookRequest,
  readSigningToken,
  verifyHook,
} from "../../../src/gitlab-pages/hooks/signature.ts";
import { signedHeaders, vector, vectorTime } from "./support.ts";

const MINUTES = 60_000;

const ofVector = {
  "webhook-id": vector.id,
  "webhook-timestamp": vector.timestamp,
  "webhook-signature": vector.signature,
};

function verify({
  headers = ofVector,
  body = vector.body,
  ...more
}: Partial<Omit<HookRequest, "headers" | "body">> & {
  headers?: Record<string, string> | Headers;
  body?: string | Uint8Array;
}) {
  return verifyHook({
    now: vectorTime,
    token: null,
    signingToken: vector.signingToken,
    ...more,
    headers: new Headers(headers),
    body: Buffer.from(body),
  });
}

const without = (name: keyof typeof ofVector) =>
  Object.fromEntries(Object.entries(ofVector).filter(([key]) => key !== name));

describe("a signed hook", () => {
  it("is GitLab's own vector", () => {
    expect(verify({})).toEqual({ ok: true, id: "a" });
  });

  it("is refused with any byte of the signature changed", () => {
    for (let at = 0; at < vector.signature.length; at++) {
      for (const other of ["A", "B", "=", " ", ","]) {
        if (vector.signature[at] === other) continue;
        const signature = vector.signature.slice(0, at) + other + vector.signature.slice(at + 1);
        expect(verify({ headers: { ...ofVector, "webhook-signature": signature } }).ok).toBe(false);
      }
    }
  });

  it("is refused with any bit of the body changed, and with a byte more or less", () => {
    const body = Buffer.from(JSON.stringify({ event_name: "push", project_id: 12 }));
    const headers = signedHeaders(body);
    expect(verify({ headers, body }).ok).toBe(true);
    for (let bit = 0; bit < body.length * 8; bit++) {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verify({ headers, body: changed })).toEqual({ ok: false, reason: "wrong_signature" });
    }
    for (const changed of [body.subarray(1), body.subarray(0, -1), Buffer.concat([body, body])]) {
      expect(verify({ headers, body: changed }).ok).toBe(false);
    }
  });

  it("is refused with another id, another time or another key", () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
    for (const [change, more] of [
      [{ "webhook-id": "b" }, {}],
      [{ "webhook-timestamp": "1767639495" }, {}],
      [{}, { signingToken: other }],
    ] as const) {
      const headers = { ...ofVector, ...change };
      expect(verify({ headers, ...more })).toEqual({ ok: false, reason: "wrong_signature" });
    }
  });

  it("is signed over the bytes, not over text", () => {
    const body = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]);
    expect(verify({ body, headers: signedHeaders(body) }).ok).toBe(true);
    const asText = Buffer.from(body.toString("utf8"));
    expect(verify({ body: asText, headers: signedHeaders(body) }).ok).toBe(false);
  });

  it.each([
    [0, true],
    [5 * MINUTES, true],
    [5 * MINUTES + 1, false],
    [-5 * MINUTES, true],
    [-5 * MINUTES - 1, false],
  ])("that is %d ms old is taken: %s", (age, taken) => {
    const found = verify({ now: vectorTime + age });
    expect(found).toEqual(taken ? { ok: true, id: "a" } : { ok: false, reason: "stale_timestamp" });
  });

  it.each(["webhook-id", "webhook-timestamp", "webhook-signature"] as const)(
    "is refused without %s",
    (name) => {
      expect(verify({ headers: without(name) })).toEqual({ ok: false, reason: "missing_header" });
    },
  );

  it.each([
    ["webhook-id", ""],
    ["webhook-id", "a.1767639494"],
    ["webhook-id", "a b"],
    ["webhook-id", "x".repeat(257)],
    ["webhook-timestamp", ""],
    ["webhook-timestamp", "1767639494.0"],
    ["webhook-timestamp", "+1767639494"],
    ["webhook-timestamp", "0x6959fd86"],
    ["webhook-timestamp", "1.767639494e9"],
    ["webhook-timestamp", "NaN"],
    ["webhook-signature", ""],
  ])("is refused with %s: %j", (name, value) => {
    const headers = { ...signedHeaders("{}"), [name]: value };
    expect(verify({ headers })).toEqual({ ok: false, reason: "malformed_header" });
  });

  it.each(["webhook-id", "webhook-timestamp"] as const)("is refused with %s twice", (name) => {
    const headers = new Headers(ofVector);
    headers.append(name, ofVector[name]);
    expect(verify({ headers })).toEqual({ ok: false, reason: "malformed_header" });
    expect(faultOfHeaders({ ...vector, token: null, now: vectorTime, headers })).toBe(
      "malformed_header",
    );
  });

  it("may have several signatures, of which one is right", () => {
    const wrong = `v1,${Buffer.alloc(32).toString("base64")}`;
    for (const list of [
      [vector.signature, wrong],
      [wrong, vector.signature],
      ["v1a,whatever", wrong, vector.signature, "v2,x"],
      ["", vector.signature, ""],
    ]) {
      expect(verify({ headers: { ...ofVector, "webhook-signature": list.join(" ") } }).ok).toBe(
        true,
      );
    }
    for (const list of [[wrong], [wrong, wrong], [vector.signature.replace("v1", "v2")]]) {
      expect(verify({ headers: { ...ofVector, "webhook-signature": list.join(" ") } })).toEqual({
        ok: false,
        reason: "wrong_signature",
      });
    }
  });

  it.each([
    ["no version", "7pxAzt1PPT8msqgcbl06K35wcVQDEPtMZzbdPH+c1D4="],
    ["nothing after the version", "v1,"],
    ["no padding", "v1,7pxAzt1PPT8msqgcbl06K35wcVQDEPtMZzbdPH+c1D4"],
    ["other padding bits", "v1,7pxAzt1PPT8msqgcbl06K35wcVQDEPtMZzbdPH+c1D5="],
    ["the other alphabet", "v1,7pxAzt1PPT8msqgcbl06K35wcVQDEPtMZzbdPH-c1D4="],
    ["characters that are skipped", "v1,7pxAzt1PPT8msqgcbl06K35wcVQDEPtMZzbdPH+c1D4=!"],
    ["fewer bytes", "v1,7pxAzt0="],
    ["more bytes", "v1,7pxAzt1PPT8msqgcbl06K35wcVQDEPtMZzbdPH+c1D4A"],
  ])("is refused with %s in the signature", (_, signature) => {
    expect(verify({ headers: { ...ofVector, "webhook-signature": signature } })).toEqual({
      ok: false,
      reason: "wrong_signature",
    });
  });

  it("is the only one: the plain token counts for nothing beside it", () => {
    const plain = { "X-Gitlab-Token": "secret" };
    expect(verify({ token: "secret", headers: plain })).toEqual({
      ok: false,
      reason: "missing_header",
    });
    const headers = { ...ofVector, ...plain, "webhook-signature": "v1,AAAA" };
    expect(verify({ token: "secret", headers })).toEqual({
      ok: false,
      reason: "wrong_signature",
    });
  });

  it.each(["", "whsec_", "BwcHBwcH", "whsec_%%%", "whsec_BwcHBwc", "WHSEC_BwcHBwcH"])(
    "is refused while the signing token is %j",
    (signingToken) => {
      expect(readSigningToken(signingToken)).toBeUndefined();
      const headers = { ...signedHeaders("{}", { signingToken }), "X-Gitlab-Token": "secret" };
      expect(verify({ headers, signingToken, token: "secret" })).toEqual({
        ok: false,
        reason: "bad_signing_token",
      });
    },
  );

  it("is known again by what is signed alone", () => {
    for (const [at, name] of ["Idempotency-Key", "X-Gitlab-Event-UUID"].entries()) {
      expect(verify({ headers: { ...ofVector, [name]: `new-${at}` } })).toEqual({
        ok: true,
        id: "a",
      });
    }
  });

  it("is taken with any body, and never with another's headers", () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(bytes, bytes, (body, other) => {
        const headers = signedHeaders(body);
        expect(verify({ headers, body })).toEqual({ ok: true, id: "delivery-1" });
        expect(verify({ headers, body: other }).ok).toBe(Buffer.compare(body, other) === 0);
      }),
    );
  });
});

describe("a hook with a plain token", () => {
  const plain = (headers: Record<string, string> | Headers, token: string | null = "secret") =>
    verify({ headers, token, signingToken: null });

  it("is taken for that token only", () => {
    expect(plain({ "X-Gitlab-Token": "secret" })).toEqual({ ok: true, id: null });
    for (const given of ["", "secre", "secret1", "Secret", "secret, secret"]) {
      expect(plain({ "X-Gitlab-Token": given })).toEqual({ ok: false, reason: "wrong_token" });
    }
    expect(plain({})).toEqual({ ok: false, reason: "missing_header" });
    const twice = new Headers({ "X-Gitlab-Token": "secret" });
    twice.append("X-Gitlab-Token", "secret");
    expect(plain(twice).ok).toBe(false);
  });

  it.each([null, ""])("is refused while hooks are not set up: %j", (token) => {
    for (const headers of [{}, { "X-Gitlab-Token": "" }, ofVector]) {
      expect(plain(headers, token)).toEqual({ ok: false, reason: "not_configured" });
    }
  });

  it("is known again by its idempotency key, else its id, else its request and body", () => {
    const token = { "X-Gitlab-Token": "secret" };
    const uuid = { ...token, "X-Gitlab-Event-UUID": "u" };
    const withId = { ...uuid, "webhook-id": "w" };
    expect(plain({ ...withId, "Idempotency-Key": "k" })).toEqual({ ok: true, id: "k" });
    expect(plain(withId)).toEqual({ ok: true, id: "w" });
    const ids = ["{}", "{}", "[]"].map((body) =>
      verify({ headers: uuid, body, token: "secret", signingToken: null }),
    );
    expect(ids[0]).toEqual(ids[1]);
    // GitLab's own: all events of one request to it have one UUID.
    expect(ids[0]).not.toEqual(ids[2]);
  });
});
