import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { networkOf } from "../../domain/addresses.ts";
import type { Volatile } from "../../store/volatile.ts";
import { Deliveries } from "./deliveries.ts";
import { type EventName, readEvent } from "./events.ts";
import type { Hint } from "./hint.ts";
import { faultOfHeaders, type HookSecrets, verifyHook } from "./signature.ts";

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
  readonly clientAddress: (context: Context) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const BODY_MAX = 2 * 1024 * 1024;
/** An address is not looked at for a while after so many hooks that were not good. */
const FAILURES = 100;
const FAILURE_SECONDS = 60;

/**
 * `POST /hooks/gitlab`: verifies a hook, hands on what it hints at, and answers without waiting for
 * anything that follows from it (GitLab gives up after 10 s, and stops sending to whoever fails).
 * Good hooks get 202, those that lead to nothing 200, both without a body. While hooks are not set
 * up there is no such page.
 */
export function createHooks(options: HooksOptions): Hono {
  const { accept, count, clientAddress } = options;
  const isSetUp = options.signingToken !== null || Boolean(options.token);
  const failures = new RateLimiterMemory({ points: FAILURES, duration: FAILURE_SECONDS });
  const deliveries = new Deliveries(options.volatile);

  async function refuse(context: Context): Promise<Response> {
    await failures.penalty(networkOf(clientAddress(context)));
    count("other", "refused");
    return problem(context, "unauthenticated", "This hook is not signed with our token.");
  }

  const app = new Hono();
  app.all(
    HOOK_PATH,
    async (context, next) => {
      if (!isSetUp) return context.notFound();
      if (context.req.method !== "POST") {
        return problem(context, "method_not_allowed", "Hooks are sent with POST.", {
          Allow: "POST",
        });
      }
      const failed = await failures.get(networkOf(clientAddress(context)));
      if (failed !== null && failed.consumedPoints >= FAILURES) {
        count("other", "refused");
        const seconds = Math.max(1, Math.ceil(failed.msBeforeNext / 1000));
        return problem(context, "rate_limited", "Too many wrong hooks; wait a minute.", {
          "Retry-After": String(seconds),
        });
      }
      const headers = context.req.raw.headers;
      const fault = faultOfHeaders({ ...options, headers, now: options.now() });
      return fault === undefined ? next() : refuse(context);
    },
    bodyLimit({
      maxSize: BODY_MAX,
      onError: (context) => {
        count("other", "refused");
        return problem(context, "too_large", "A hook has at most 2 MB.");
      },
    }),
    async (context) => {
      const body = new Uint8Array(await context.req.arrayBuffer());
      const headers = context.req.raw.headers;
      const verified = verifyHook({ ...options, headers, body, now: options.now() });
      if (!verified.ok) return refuse(context);
      const event = readJson(body);
      if (event === undefined) {
        count("other", "malformed");
        return problem(context, "invalid_input", "The body is not valid JSON.");
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
    },
  );
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
  invalid_input: { status: 400, title: "Invalid input" },
  unauthenticated: { status: 401, title: "Not authenticated" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  too_large: { status: 413, title: "Body too large" },
  rate_limited: { status: 429, title: "Too many requests" },
} as const;

/** RFC 9457, in the API's words: `src/api/problem.ts` stands above and cannot be imported here. */
function problem(
  context: Context,
  code: keyof typeof PROBLEMS,
  detail: string,
  headers: Record<string, string> = {},
): Response {
  const { status, title } = PROBLEMS[code];
  const body = JSON.stringify({ type: "about:blank", title, status, code, detail });
  return context.body(body, status, {
    ...headers,
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
  });
}
