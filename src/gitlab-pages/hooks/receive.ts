import { type Context, Hono } from "hono";
import type { Volatile } from "../../store/volatile.ts";
import { type BodyFault, readBody } from "./body.ts";
import { Deliveries } from "./deliveries.ts";
import { type EventName, readEvent } from "./events.ts";
import type { Hint } from "./hint.ts";
import { faultOfHeaders, type HookSecrets, verifyHook } from "./signature.ts";
import { Turns } from "./turns.ts";

export const HOOK_PATH = "/hooks/gitlab";

export type HookOutcome =
  | "accepted"
  | "duplicate"
  | "ignored"
  | "unknown"
  | "refused"
  | "malformed";

export interface HooksOptions extends HookSecrets {
  /** Takes hints on. It returns at once, and does not throw. */
  readonly accept: (hints: readonly Hint[]) => void;
  readonly count: (event: EventName, outcome: HookOutcome) => void;
  readonly volatile: () => Volatile | undefined;
  /** Hooks that were not good: an address is not looked at for a while after many. */
  readonly failures: {
    /** Until it is looked at again; undefined while it is. */
    readonly secondsLeft: (address: string) => Promise<number | undefined>;
    readonly count: (address: string) => Promise<void>;
  };
  readonly clientAddress: (context: Context) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const BODY_MAX = 2 * 1024 * 1024;
/** GitLab itself gives up after this time. */
const BODY_MS = 10_000;
/** Bodies that are being read at once: anybody can begin to send one that looks signed. */
const BODIES_MAX = 64;

/**
 * `POST /hooks/gitlab`: verifies a hook, hands on what it hints at, and answers without waiting for
 * anything that follows from it (GitLab gives up after 10 s, and stops sending to whoever fails).
 * Good hooks get 202, those that lead to nothing 200, both without a body. While hooks are not set
 * up there is no such page.
 */
export function createHooks(options: HooksOptions): Hono {
  const { accept, count, clientAddress, failures } = options;
  const isSetUp = options.signingToken !== null || Boolean(options.token);
  const deliveries = new Deliveries(options.volatile);

  const turns = new Turns();

  let reading = 0;

  async function refuse(
    context: Context,
    code: ProblemCode = "unauthenticated",
  ): Promise<Response> {
    await failures.count(clientAddress(context));
    count("other", "refused");
    return problem(context, code);
  }

  /** What speaks against a request before its body is read. */
  async function refusedByHead(context: Context): Promise<Response | undefined> {
    if (context.req.method !== "POST") {
      return problem(context, "method_not_allowed", { Allow: "POST" });
    }
    const seconds = await failures.secondsLeft(clientAddress(context));
    if (seconds !== undefined) {
      count("other", "refused");
      return problem(context, "rate_limited", { "Retry-After": String(seconds) });
    }
    const headers = context.req.raw.headers;
    const fault = faultOfHeaders({ ...options, headers, now: options.now() });
    if (fault !== undefined) return refuse(context);
    if (reading < BODIES_MAX) return undefined;
    count("other", "refused");
    return problem(context, "unavailable", { "Retry-After": "5" });
  }

  async function bodyOf(context: Context): Promise<Uint8Array | BodyFault> {
    reading++;
    try {
      // A burst of hooks comes one by one, so that a poll never waits for all of it.
      await turns.next();
      return await readBody(context.req.raw, BODY_MAX, BODY_MS);
    } finally {
      reading--;
    }
  }

  const app = new Hono();
  app.all(HOOK_PATH, async (context) => {
    if (!isSetUp) return context.notFound();
    const refused = await refusedByHead(context);
    if (refused !== undefined) return refused;
    const body = await bodyOf(context);
    if (typeof body === "string") return refuse(context, body);
    const headers = context.req.raw.headers;
    const verified = verifyHook({ ...options, headers, body, now: options.now() });
    if (!verified.ok) return refuse(context);
    const event = readJson(body);
    if (event === undefined) {
      count("other", "malformed");
      return problem(context, "invalid_input");
    }
    const { name, outcome, hints } = readEvent(event);
    if (verified.id !== null && !(await deliveries.isFirst(verified.id))) {
      count(name, "duplicate");
      return context.body(null, 200);
    }
    count(name, outcome);
    if (hints.length === 0) return context.body(null, 200);
    accept(hints);
    return context.body(null, 202);
  });
  return app;
}

/** @returns undefined for what is no JSON; JSON itself has no undefined */
function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

const PROBLEMS = {
  invalid_input: [400, "Invalid input", "The body is not valid JSON."],
  unauthenticated: [401, "Not authenticated", "This hook does not carry our token or signature."],
  method_not_allowed: [405, "Method not allowed", "Hooks are sent with POST."],
  cut_off: [408, "Request timeout", "The body did not come whole within 10 seconds."],
  too_large: [413, "Body too large", "A hook has at most 2 MB."],
  rate_limited: [429, "Too many requests", "Too many wrong hooks came from here; wait a minute."],
  unavailable: [503, "Unavailable", "Too many hooks are being sent at once; try again shortly."],
} as const;
type ProblemCode = keyof typeof PROBLEMS;

/** RFC 9457, as the API answers. What is left of a body that is not read ends with its connection. */
function problem(
  context: Context,
  code: ProblemCode,
  headers: Record<string, string> = {},
): Response {
  const [status, title, detail] = PROBLEMS[code];
  const body = JSON.stringify({ type: "about:blank", title, status, code, detail });
  return context.body(body, status, {
    ...headers,
    ...(code === "cut_off" || code === "too_large" ? { Connection: "close" } : {}),
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
  });
}
