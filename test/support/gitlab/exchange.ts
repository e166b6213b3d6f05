/** A request as the stand-in takes it, with or without a socket. */
export interface ApiRequest {
  readonly method: string;
  /** Absolute. Links in answers lead to the same origin. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is answered, and how the answer is broken where it is. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The connection ends without an answer, or within its body. */
  readonly broken?: "reset" | "cut";
}

/** Ends the handling of a request with an answer. */
export class Refusal extends Error {
  readonly response: ApiResponse;

  constructor(status: number, body: unknown, headers: Record<string, string> = {}) {
    super(`answered with ${status}`);
    this.response = json(status, body, headers);
  }
}

export function json(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): ApiResponse {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: body === undefined ? "" : JSON.stringify(body),
  };
}

/** @param what as in "404 Project Not Found" */
export function notFound(what = ""): Refusal {
  return new Refusal(404, { message: `404 ${what ? `${what} ` : ""}Not Found` });
}

export function forbidden(): Refusal {
  return new Refusal(403, { message: "403 Forbidden" });
}

export function unauthorized(): Refusal {
  return new Refusal(401, { message: "401 Unauthorized" });
}

/** Parameters of the query and of a JSON or form body, which GitLab takes alike, as text. */
export function parametersOf(request: ApiRequest): Record<string, string> {
  const query = Object.fromEntries(new URL(request.url).searchParams);
  if (!request.body) return query;
  if (!/json/.test(request.headers["content-type"] ?? ""))
    return { ...query, ...Object.fromEntries(new URLSearchParams(request.body)) };
  try {
    const values = Object.entries(JSON.parse(request.body) as object).flatMap(([name, value]) =>
      ["string", "number", "boolean"].includes(typeof value) ? [[name, String(value)]] : [],
    );
    return { ...query, ...(Object.fromEntries(values) as Record<string, string>) };
  } catch {
    throw new Refusal(400, { error: "The request body could not be parsed" });
  }
}
