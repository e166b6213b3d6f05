/** Why GitLab gave no usable answer. */
export type GitLabErrorCode =
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "limited"
  | "refused"
  | "unavailable"
  | "invalid"
  | "redirected";

/** A call to GitLab that failed, in words for admins: without the token, without an answer's text. */
export class GitLabError extends Error {
  readonly code: GitLabErrorCode;
  readonly status: number | undefined;

  constructor(
    code: GitLabErrorCode,
    message: string,
    options: { status?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GitLabError";
    this.code = code;
    this.status = options.status;
  }
}

/** Whether an error says that what was asked for is not there, or not to be seen. */
export function isMissing(error: unknown): boolean {
  return error instanceof GitLabError && (error.code === "not_found" || error.code === "forbidden");
}
