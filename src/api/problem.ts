import { z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Refusal, type RefusalCode } from "../errors.ts";
import { StoreError } from "../store/store.ts";
import type { ApiLog } from "./deps.ts";

/** What only HTTP itself can get wrong, beside what a verb refuses. */
export type ProblemCode =
  | RefusalCode
  | "method_not_allowed"
  | "too_large"
  | "unsupported_media_type"
  | "internal";

/**
 * The one table from codes to statuses (RFC 9110, 15.5; RFC 6585). 400: the request itself is
 * malformed or a value is not valid. 409: it is fine, and at odds with what is there. 422: it is
 * fine, and its content is not acceptable whatever is there. 403: this actor may not, also because
 * their quota is used up.
 */
export const PROBLEMS: Record<ProblemCode, { status: ContentfulStatusCode; title: string }> = {
  invalid_input: { status: 400, title: "Invalid input" },
  unauthenticated: { status: 401, title: "Not authenticated" },
  forbidden: { status: 403, title: "Forbidden" },
  quota_exceeded: { status: 403, title: "Quota exceeded" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  conflict: { status: 409, title: "Conflict" },
  taken: { status: 409, title: "Already taken" },
  reserved: { status: 409, title: "Reserved" },
  resting: { status: 409, title: "At rest" },
  stale: { status: 412, title: "Changed since it was read" },
  too_large: { status: 413, title: "Body too large" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  target_refused: { status: 422, title: "Target refused" },
  idempotency_mismatch: { status: 422, title: "Another request used this key" },
  precondition_required: { status: 428, title: "Precondition required" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Internal error" },
  unavailable: { status: 503, title: "Unavailable" },
};

/** When to come again while the store is away and nobody knows for how long. */
const RETRY_SECONDS = 5;

const fieldError = z.object({ field: z.string(), message: z.string() });

/** RFC 9457, with a machine-readable `code` and the field at fault. */
export const problemSchema = z
  .object({
    type: z.string().openapi({ example: "about:blank" }),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string().openapi({ description: "What is wrong, in a sentence for people." }),
    field: z
      .string()
      .optional()
      .openapi({ description: "The field at fault, dotted: `targets.0`." }),
    errors: z.array(fieldError).optional().openapi({ description: "Every field at fault." }),
    requestId: z.string(),
  })
  .openapi("Problem");
export type Problem = z.infer<typeof problemSchema>;

const problemContent = { "application/problem+json": { schema: problemSchema } };

function problem<const Description extends string>(description: Description) {
  return { description, content: problemContent };
}

// Not `as const`: TypeScript 7 spreads a readonly 404 as "404", and the client's types lose it.

/** What every request may be answered with. */
export const readProblems = {
  400: problem("A parameter is not valid."),
  401: problem("No token, or none that is known and in force."),
  403: problem("The token may not do this."),
  404: problem("There is no such thing, or not for this actor."),
  429: problem("Too many wrong tokens, or too many changes."),
  503: problem("The store cannot be reached; `Retry-After` says when to come again."),
};

/** What a request that changes something may be answered with besides. */
export const changeProblems = {
  ...readProblems,
  409: problem("At odds with what is there: taken, reserved, at rest, in use."),
  412: problem("It was changed since it was read (`If-Match`)."),
  413: problem("The body is larger than 64 kB."),
  415: problem("The body is not `application/json`."),
  422: problem("The target is not allowed, or the `Idempotency-Key` belongs to another request."),
};

/** A request whose fields are wrong, all of them at once. */
export class InvalidRequest extends Error {
  readonly errors: readonly { field: string; message: string }[];
  constructor(errors: readonly { field: string; message: string }[]) {
    super(errors[0]?.message ?? "The request is not valid.");
    this.errors = errors;
  }
}

/** What HTTP itself got wrong. */
export class ProtocolProblem extends Error {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: ProblemCode, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

/** The zod issues of a request as fields and messages. */
export function invalidRequest(error: z.ZodError): InvalidRequest {
  const errors = error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") {
      return [{ field: issue.path.join("."), message: issue.message }];
    }
    return issue.keys.map((key) => ({
      field: [...issue.path, key.slice(0, 60)].join("."),
      message: "There is no such field.",
    }));
  });
  return new InvalidRequest(errors);
}

interface Described {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly field?: string | undefined;
  readonly errors?: readonly { field: string; message: string }[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Any error as the answer to its request. Of what is not expected, the answer tells nothing. */
export function problemOf(
  error: unknown,
  requestId: string,
  log: ApiLog,
): { body: Problem; headers: Record<string, string> } {
  const { code, detail, field, errors, headers } = describe(error, requestId, log);
  const { status, title } = PROBLEMS[code];
  const body: Problem = {
    type: "about:blank",
    title,
    status,
    code,
    detail,
    ...(field === undefined || field === "" ? {} : { field }),
    ...(errors === undefined ? {} : { errors: [...errors] }),
    requestId,
  };
  return { body, headers: { ...headers, "Content-Type": "application/problem+json" } };
}

function describe(error: unknown, requestId: string, log: ApiLog): Described {
  if (error instanceof Refusal) {
    const errors =
      error.field === undefined ? {} : { errors: [{ field: error.field, message: error.message }] };
    return {
      code: error.code,
      detail: error.message,
      field: error.field,
      ...errors,
      headers: refusalHeaders(error),
    };
  }
  if (error instanceof InvalidRequest) {
    const [first] = error.errors;
    const detail =
      first === undefined || first.field === ""
        ? error.message
        : `${first.field}: ${first.message}`;
    return { code: "invalid_input", detail, field: first?.field, errors: error.errors };
  }
  if (error instanceof ProtocolProblem) {
    return { code: error.code, detail: error.message, headers: error.headers };
  }
  if (error instanceof HTTPException && error.status === 415) {
    return { code: "unsupported_media_type", detail: "Send the body as application/json." };
  }
  if (error instanceof HTTPException && error.status === 400) {
    return { code: "invalid_input", detail: "The body is not valid JSON." };
  }
  log.error({ err: error, requestId }, "a request failed");
  if (error instanceof StoreError) {
    return {
      code: "unavailable",
      detail: "The store cannot be read now.",
      headers: { "Retry-After": String(RETRY_SECONDS) },
    };
  }
  return { code: "internal", detail: "Something went wrong here; it was written to the log." };
}

function refusalHeaders({ code, retryAfter }: Refusal): Record<string, string> {
  const seconds = retryAfter ?? (code === "unavailable" ? RETRY_SECONDS : undefined);
  return {
    ...(code === "unauthenticated" ? { "WWW-Authenticate": 'Bearer realm="tardis-console"' } : {}),
    ...(seconds === undefined ? {} : { "Retry-After": String(seconds) }),
  };
}
