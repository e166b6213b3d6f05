/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Everything a verb may say no with. The API maps each code to a status in one table
 * (`src/api/problem.ts`), the command line to an exit code; both show the message as it is.
 */
export type RefusalCode =
  | "invalid_input"
  | "not_found"
  | "unauthenticated"
  | "forbidden"
  | "conflict"
  | "taken"
  | "reserved"
  | "resting"
  | "target_refused"
  | "quota_exceeded"
  | "rate_limited"
  | "stale"
  | "precondition_required"
  | "idempotency_mismatch"
  | "unavailable";

/** A request that is understood and not carried out. It changed nothing. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  /** The input field at fault, dotted (`targets.0`), when there is one. */
  readonly field: string | undefined;
  /** Seconds after which a repeat may succeed. */
  readonly retryAfter: number | undefined;

  /** @param message a sentence for the person who asked: what is wrong and, if known, what would do. */
  constructor(
    code: RefusalCode,
    message: string,
    options: { field?: string | undefined; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Refusal";
    this.code = code;
    this.field = options.field;
    this.retryAfter = options.retryAfter;
  }
}
