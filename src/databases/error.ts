/** Why a call to the database server did not do what it should. */
export type ServerFailure =
  /** No answer, half of one, or one that says "not now": whether it was done is not known. */
  | "away"
  /** Our own account or its rights do not do. */
  | "denied"
  /** It understood and refuses. */
  | "refused";

/**
 * What went wrong, in words for people. It carries nothing of the statement: mysql2's own errors have
 * it in `sql`, passwords included, so none of them goes any further.
 */
export class ServerError extends Error {
  readonly failure: ServerFailure;
  /** The server's number for it; undefined where it gave none. */
  readonly number: number | undefined;

  constructor(failure: ServerFailure, message: string, number?: number) {
    super(message);
    this.name = "ServerError";
    this.failure = failure;
    this.number = number;
  }
}

/** Numbers, as mysql2 has MySQL's names for them, and some of MariaDB's are others. */
export const ERRORS = {
  databaseExists: 1007,
  databaseGone: 1008,
  cutOff: 1047,
  noSuchThread: 1094,
  noSuchGrant: 1141,
  unknownVariable: 1193,
  waitedInVain: 1205,
  deadlock: 1213,
  wrongValue: 1231,
  accountFailed: 1396,
} as const;

const AWAY: Readonly<Record<number, string>> = {
  1040: "has no connection left",
  1053: "is shutting down",
  1129: "has shut this machine out after failed connections (FLUSH HOSTS)",
  1152: "ended the connection",
  1158: "ended the connection",
  1159: "ended the connection",
  1160: "ended the connection",
  1203: "has no connection left for the console's account",
  1226: "has no connection left for the console's account",
  1290: "takes no changes now",
  1317: "ended the statement",
  1836: "takes no changes now",
  1927: "ended the connection",
};
const DENIED: Readonly<Record<number, string>> = {
  1045: "does not take the console's account (databases.user, databases.password)",
  1698: "does not take the console's account (databases.user, databases.password)",
  3118: "has locked the console's account",
  4151: "has locked the console's account",
};
/** Rights that the console's account lacks. */
const LACKS = new Set([1044, 1142, 1143, 1227, 1370, 1410, 1419, 1470, 3619]);
/** What one statement meets alone: the server is not away for it. */
const REFUSED: Readonly<Record<number, string>> = {
  1205: "is busy: something holds what this needs",
  1213: "is busy: something else took what this needs",
  1396: "has another account in the way, or none where one should be",
  1819: "has rules for passwords that the console's do not meet",
  // It comes of dropping alone, which an account is locked and without rights for.
  4006: "keeps this account as long as views, triggers or routines name it as theirs: it is locked, may do nothing, and goes once these or their database are gone",
};

/** @param error what mysql2 threw: nothing of it but its number and code is used */
export function failureOf(error: unknown, signal: AbortSignal): ServerError {
  if (error instanceof ServerError) return error;
  if (signal.aborted) return new ServerError("away", "The database server did not answer in time.");
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  // Below are the numbers of the operating system.
  const number = typeof errno === "number" && errno >= 1000 ? errno : undefined;
  if (number === undefined) {
    const word = typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? ` (${code})` : "";
    return new ServerError("away", `The database server cannot be reached${word}.`);
  }
  const sentence = (words: string) => `The database server ${words} (${number}).`;
  const away = AWAY[number];
  if (number === ERRORS.cutOff) {
    const message = "The database server's node is not of the cluster's majority.";
    return new ServerError("away", message, number);
  }
  if (away !== undefined) return new ServerError("away", sentence(away), number);
  const denied = DENIED[number];
  if (denied !== undefined) return new ServerError("denied", sentence(denied), number);
  if (LACKS.has(number)) {
    const message =
      "lets the console's account not do this: `tardis-console databases grants` prints what it needs";
    return new ServerError("denied", sentence(message), number);
  }
  return new ServerError("refused", sentence(REFUSED[number] ?? "refuses this"), number);
}
