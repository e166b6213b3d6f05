import { type ApiRequest, type ApiResponse, json } from "./exchange.ts";

/** Which requests a fault is for; what is left out is any. */
export interface Matcher {
  readonly method?: string;
  /** On the path with its query, as it is sent: `/projects\?`, `/projects/12/pages`. */
  readonly path?: RegExp;
  /** Only this one of the requests that match, from 1, or those that the function picks. */
  readonly nth?: number | ((nth: number) => boolean);
  /** How often at most. */
  readonly times?: number;
}

/** What happens instead of an answer: it may ask for the right one. */
export type Fault = (
  request: ApiRequest,
  answer: () => ApiResponse,
) => ApiResponse | Promise<ApiResponse>;

/** GitLab's two kinds of 429: Rack::Attack says when to come back (Rate limits, "Response headers"). */
export function throttled(
  retryAfter: number,
  now: () => Date = () => new Date("2026-01-05T18:00:00Z"),
): Fault {
  return () => ({
    status: 429,
    headers: {
      "content-type": "text/plain",
      "retry-after": String(retryAfter),
      "ratelimit-limit": "60",
      "ratelimit-name": "throttle_authenticated_api",
      "ratelimit-observed": "67",
      "ratelimit-remaining": "0",
      "ratelimit-reset": String(Math.floor(now().getTime() / 1000) + retryAfter),
    },
    body: "Retry later\n",
  });
}

/** The application's own limit does not say it. */
export function limited(): Fault {
  const error = "This endpoint has been requested too many times. Try again later.";
  return () => json(429, { message: { error } });
}

const words: Record<number, string> = { 401: "Unauthorized", 403: "Forbidden", 404: "Not Found" };

/** As GitLab answers: JSON below 500, a page of HTML from there on. */
export function failing(status: number): Fault {
  if (status < 500) return () => json(status, { message: `${status} ${words[status] ?? "Error"}` });
  const body = `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body>GitLab is not responding</body></html>\n`;
  return () => ({ status, headers: { "content-type": "text/html" }, body });
}

/** The connection ends without an answer. */
export function reset(): Fault {
  return () => ({ status: 0, headers: {}, body: "", broken: "reset" });
}

/** The right answer, ending in its middle with the connection. */
export function cut(): Fault {
  return (_request, answer) => ({ ...answer(), broken: "cut" });
}

/** A whole answer whose JSON is not. */
export function garbled(): Fault {
  return (_request, answer) => {
    const right = answer();
    return { ...right, body: right.body.slice(0, Math.ceil(right.body.length / 2)) };
  };
}

/** The right answer with another body: what a client must not believe. */
export function replaced(change: (body: unknown) => unknown): Fault {
  return (_request, answer) => {
    const right = answer();
    return { ...right, body: JSON.stringify(change(JSON.parse(right.body))) };
  };
}

export function redirected(location: string, status = 302): Fault {
  return () => ({ status, headers: { location, "content-type": "text/html" }, body: "" });
}

/** A fault that holds answers until they are released. */
export interface Held {
  readonly fault: Fault;
  readonly waiting: number;
  /** Answers those that wait, and from then on at once. */
  release(): void;
}

/** @param answers those of the moment of the `request`, old by then, or of the `release` */
export function held(answers: "request" | "release" = "release"): Held {
  let open = false;
  const waiting = new Set<() => void>();
  return {
    async fault(_request, answer) {
      const old = answers === "request" ? answer() : undefined;
      if (!open) await new Promise<void>((resolve) => waiting.add(resolve));
      return old ?? answer();
    },
    get waiting() {
      return waiting.size;
    },
    release() {
      open = true;
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
  };
}

/** The faults that are switched on; the newest that matches a request is the one. */
export class Faults {
  private readonly rules = new Set<{
    matcher: Matcher;
    fault: Fault;
    seen: number;
    used: number;
  }>();

  /** @returns a function that switches it off */
  add(matcher: Matcher, fault: Fault): () => void {
    const rule = { matcher, fault, seen: 0, used: 0 };
    this.rules.add(rule);
    return () => this.rules.delete(rule);
  }

  clear(): void {
    this.rules.clear();
  }

  /** Counts the request for every rule, and finds the fault for it. */
  for(request: ApiRequest): Fault | undefined {
    let found: Fault | undefined;
    for (const rule of this.rules) {
      const { nth, times = Infinity } = rule.matcher;
      if (!matches(rule.matcher, request)) continue;
      rule.seen++;
      if (typeof nth === "number" && nth !== rule.seen) continue;
      if (typeof nth === "function" && !nth(rule.seen)) continue;
      if (rule.used === times) continue;
      rule.used++;
      found = rule.fault;
    }
    return found;
  }
}

/** Whether a request is one of those, whichever in number. */
export function matches(
  { method, path }: Matcher,
  request: { readonly method: string; readonly url: string },
): boolean {
  if (method !== undefined && method !== request.method) return false;
  const { pathname, search } = new URL(request.url);
  return path === undefined || path.test(pathname + search);
}
