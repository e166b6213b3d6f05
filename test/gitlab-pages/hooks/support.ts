import { createHmac } from "node:crypto";
import { Tries } from "../../../src/auth/tries.ts";
import type { HooksOptions } from "../../../src/gitlab-pages/hooks/receive.ts";
import { StoreUnavailable } from "../../../src/store/store.ts";
import type { Volatile } from "../../../src/store/volatile.ts";

/** A volatile store that answers everything alike. */
function always(answer: () => Promise<never>): Volatile {
  return {
    get: answer,
    set: answer,
    compareAndSet: answer,
    list: answer,
    acquire: answer,
    release: answer,
    nudge: answer,
    onNudge: () => () => undefined,
  };
}

export const away = always(() => Promise.reject(new StoreUnavailable("away", "not-written")));
export const hangs = always(() => new Promise<never>(() => undefined));

/** Counts hooks that were not good, as a console alone does. */
export function failures(): HooksOptions["failures"] {
  const tries = new Tries(() => undefined);
  return {
    secondsLeft: (address) => tries.secondsLeft("hook", address),
    count: (address) => tries.count("hook", address),
  };
}

/** The vector of GitLab's own documentation and tests. */
export const vector = {
  signingToken: "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
  id: "a",
  timestamp: "1767639494",
  body: "{}",
  signature: "v1,7pxAzt1PPT8msqgcbl06K35wcVQDEPtMZzbdPH+c1D4=",
};

export const vectorTime = Number(vector.timestamp) * 1000;

/** The headers with which GitLab signs a hook. */
export function signedHeaders(
  body: string | Uint8Array,
  { id = "delivery-1", timestamp = vector.timestamp, signingToken = vector.signingToken } = {},
): Record<string, string> {
  const key = Buffer.from(signingToken.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${mac.digest("base64")}`,
  };
}
