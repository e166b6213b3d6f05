/** Why a call to the storage did not do what it should. */
export type StorageFailure =
  /** No answer, half of one, or one that says "not now": whether it was done is not known. */
  | "away"
  /** Our own keys or rights do not do. */
  | "denied"
  /** What it is about is not there. */
  | "missing"
  /** It understood and refuses. */
  | "refused";

/** The message says for people what happened, without keys or addresses of requests. */
export class StorageError extends Error {
  readonly failure: StorageFailure;
  /** The server's own word for it: `XMinioAdminNoSuchUser`; undefined where it gave none. */
  readonly code: string | undefined;

  constructor(failure: StorageFailure, message: string, code?: string) {
    super(message);
    this.name = "StorageError";
    this.failure = failure;
    this.code = code;
  }
}
