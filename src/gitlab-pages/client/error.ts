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
  /** The system's code for a connection that failed, like ENOTFOUND, where it gave one. */
  readonly reason: string | undefined;

  constructor(
    code: GitLabErrorCode,
    message: string,
    options: { status?: number; reason?: string | undefined } = {},
  ) {
    super(message);
    this.name = "GitLabError";
    this.code = code;
    this.status = options.status;
    this.reason = options.reason;
  }
}

/** Whether an error says that what was asked for is not there, or not to be seen. */
export function isMissing(error: unknown): boolean {
  return error instanceof GitLabError && (error.code === "not_found" || error.code === "forbidden");
}
