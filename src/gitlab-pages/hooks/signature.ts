import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** What a hook is held to. Both null: hooks are not set up. */
export interface HookSecrets {
  /** GitLab's secret token, sent as it is in `X-Gitlab-Token`. */
  readonly token: string | null;
  /** GitLab's signing token, `whsec_` and base64. While there is one, `token` counts for nothing. */
  readonly signingToken: string | null;
}

export interface HookRequest extends HookSecrets {
  readonly headers: Headers;
  /** The body as it came, not decoded. */
  readonly body: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type HookFault =
  | "not_configured"
  | "bad_signing_token"
  | "missing_header"
  | "malformed_header"
  | "stale_timestamp"
  | "wrong_signature"
  | "wrong_token";

export type Verified =
  /** `id` tells a delivery from others; null when GitLab sent nothing that does. */
  | { readonly ok: true; readonly id: string | null }
  | { readonly ok: false; readonly reason: HookFault };

const TOLERANCE_MS = 5 * 60_000;
const PREFIX = "whsec_";
const VERSION = "v1,";
/** No full stop: it separates what is signed. No comma: that is how a doubled header reads. */
const ID = /^[\w-]{1,256}$/;
const SECONDS = /^\d{1,12}$/;

/**
 * Whether a hook comes from our GitLab. With a signing token: Standard Webhooks
 * (https://github.com/standard-webhooks/standard-webhooks, symmetric signatures), as GitLab 19 sends
 * them. Without one, the plain token. Secrets are compared in constant time.
 */
export function verifyHook(request: HookRequest): Verified {
  const { headers, body, signingToken } = request;
  if (signingToken === null) {
    const reason = faultOfHeaders(request);
    return reason === undefined
      ? { ok: true, id: deliveryId(headers, body) }
      : { ok: false, reason };
  }
  const signed = readSigned({ ...request, signingToken });
  if (typeof signed === "string") return { ok: false, reason: signed };
  const { key, id, timestamp, signatures } = signed;
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  // Only what is signed may tell a replay: the other ids can be given anew.
  return signatures.some((text) => isSignature(text, expected))
    ? { ok: true, id }
    : { ok: false, reason: "wrong_signature" };
}

/**
 * What can be said before the body is read: for the plain token everything, for a signature only
 * whether it can be one.
 * @returns undefined when nothing speaks against the hook so far
 */
export function faultOfHeaders(request: Omit<HookRequest, "body">): HookFault | undefined {
  const { headers, token, signingToken } = request;
  if (signingToken !== null) {
    const signed = readSigned({ ...request, signingToken });
    return typeof signed === "string" ? signed : undefined;
  }
  if (token === null || token === "") return "not_configured";
  const given = headers.get("x-gitlab-token");
  if (given === null) return "missing_header";
  return timingSafeEqual(digest(given), digest(token)) ? undefined : "wrong_token";
}

interface Signed {
  readonly key: Buffer;
  readonly id: string;
  readonly timestamp: string;
  readonly signatures: readonly string[];
}

function readSigned(request: {
  readonly headers: Headers;
  readonly now: number;
  readonly signingToken: string;
}): Signed | HookFault {
  const { headers, now, signingToken } = request;
  const key = readSigningToken(signingToken);
  if (key === undefined) return "bad_signing_token";
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (id === null || timestamp === null || signatures === null) return "missing_header";
  if (!ID.test(id) || !SECONDS.test(timestamp) || signatures === "") return "malformed_header";
  const away = Math.abs(now - Number(timestamp) * 1000);
  if (away > TOLERANCE_MS) return "stale_timestamp";
  return { key, id, timestamp, signatures: signatures.split(" ") };
}

/**
 * The key in a signing token.
 * @returns undefined for text that is none
 */
export function readSigningToken(text: string): Buffer | undefined {
  const key = text.startsWith(PREFIX) ? readBase64(text.slice(PREFIX.length)) : undefined;
  return key === undefined || key.length === 0 ? undefined : key;
}

function isSignature(text: string, expected: Buffer): boolean {
  const given = text.startsWith(VERSION) ? readBase64(text.slice(VERSION.length)) : undefined;
  return given?.length === expected.length && timingSafeEqual(given, expected);
}

/** Buffer skips what is no base64; that must not pass for the real thing. */
function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/**
 * Which delivery a hook with a plain token is. `X-Gitlab-Event-UUID` comes last, and with the body:
 * GitLab gives all events of one request, a push and its `repository_update`, the same.
 */
function deliveryId(headers: Headers, body: Uint8Array): string | null {
  const key = headers.get("idempotency-key") ?? headers.get("webhook-id");
  if (key !== null) return key;
  const uuid = headers.get("x-gitlab-event-uuid");
  return uuid === null ? null : `${uuid} ${digest(body).toString("hex")}`;
}

function digest(data: string | Uint8Array): Buffer {
  return createHash("sha256").update(data).digest();
}
