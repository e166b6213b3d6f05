import { ClusterError, type ClusterFailure } from "./cluster.ts";

/** What an answer says that is no success. */
interface Status {
  readonly message?: string;
  readonly reason?: string;
}

const MESSAGE_MAX = 400;

/**
 * What went wrong at a call, in plain words, of what the client throws. Its own errors hold the answer's
 * body and headers in their message: none of that goes on.
 */
export function clusterErrorOf(error: unknown): ClusterError {
  if (error instanceof ClusterError) return error;
  const { code, body } = error as { code?: unknown; body?: unknown };
  if (typeof code === "number") return errorOfStatus(code, statusIn(body));
  return new ClusterError("away", `Kubernetes cannot be reached (${networkReason(error)}).`);
}

/** @param status of the answer, as HTTP has it */
export function errorOfStatus(status: number, { message = "", reason = "" }: Status): ClusterError {
  const said = message.slice(0, MESSAGE_MAX);
  const failure = failureOf(status, said, reason);
  return new ClusterError(failure, wordsOf(failure, status, asSentence(said)), status);
}

/** Other sentences follow it: the server's own end as they come. */
function asSentence(said: string): string {
  return said === "" ? "it does not say why." : said.replace(/[.\s]*$/, ".");
}

function failureOf(status: number, message: string, reason: string): ClusterFailure {
  // An older release may take what a newer one does not know for its own fault.
  if (status === 500 && /typed patch object|unknown field|schema/.test(message)) return "invalid";
  if (status === 429 || status >= 500 || status === 408 || status === 410) return "away";
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "missing";
  if (status === 409) return "conflict";
  // An object that was made anew meanwhile has another uid.
  if (status === 422 && reason === "Invalid" && /metadata\.uid/.test(message)) return "conflict";
  return "invalid";
}

function wordsOf(failure: ClusterFailure, status: number, said: string): string {
  switch (failure) {
    case "away":
      return status === 429
        ? "Kubernetes is too busy to answer."
        : `Kubernetes answers with an error (${status}).`;
    case "denied":
      return status === 401
        ? "Kubernetes does not take the console's token (namespaces.token)."
        : `Kubernetes does not let the console do this: ${said}`;
    case "missing":
      return `Kubernetes has no such thing: ${said}`;
    case "conflict":
      return `At Kubernetes it is another one, or was changed meanwhile: ${said}`;
    case "invalid":
      return `Kubernetes does not take it: ${said}`;
  }
}

function statusIn(body: unknown): Status {
  if (typeof body === "object" && body !== null) return body;
  // The client hands it on as text.
  try {
    return JSON.parse(String(body)) as Status;
  } catch {
    return {};
  }
}

function networkReason(error: unknown): string {
  const { code, name, type } = error as { code?: string; name?: string; type?: string };
  if (typeof code === "string") return code;
  return name === "AbortError" ? "no answer in time" : (type ?? name ?? "unknown");
}
