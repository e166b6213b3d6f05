/**
 * How Traefik and the Go server under it read the request line and the `Host` header: what comes
 * out is what rules are matched against.
 */

/** What a request asks for, as rules see it. */
export interface RequestTarget {
  /** Lower case, without port and trailing dot. */
  readonly host: string;
  /** The host as sent, port included. */
  readonly authority: string;
  /** In one spelling: dot segments and doubled slashes taken out. */
  readonly path: string;
  /** The query as sent, without its question mark. */
  readonly query: string;
}

/** What may stand in a `Host` header. (`golang.org/x/net/http/httpguts`, `ValidHostHeader`) */
const HOST_BYTES = /^[A-Za-z0-9!$%&'()*+,\-.:;=[\]_~]*$/;
/** What may stand in the host of an absolute target. */
const URL_HOST = /^[A-Za-z0-9!$&'()*+,\-.;=_~]*(?::\d*)?$/;
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
// oxlint-disable-next-line no-control-regex -- control characters are what Go refuses
const CONTROL = /[\u0000-\u0020\u007f]/;

/**
 * Reads a request line's target with its `Host` header. The host of an absolute target counts more
 * than the header (RFC 9112, 3.2.2).
 * @returns undefined for what Traefik answers 400 by itself
 */
export function readTarget(target: string, hostHeader: string): RequestTarget | undefined {
  const absolute = ABSOLUTE.exec(target);
  const authority = absolute?.[1] ?? hostHeader;
  const [raw = "", ...query] = target.slice(absolute?.[0].length ?? 0).split("?");
  if (!HOST_BYTES.test(hostHeader) || CONTROL.test(target)) return undefined;
  if (absolute === null ? !raw.startsWith("/") : !URL_HOST.test(authority)) return undefined;
  // Traefik refuses a fragment in the path: it could mean another path to the target.
  if (raw.includes("#") || BAD_ESCAPE.test(raw)) return undefined;
  return {
    host: canonicalHost(authority),
    authority,
    path: routingPath(raw),
    query: query.join("?"),
  };
}

/** A host name as Traefik compares it: lower case, without port and trailing dot. */
export function canonicalHost(host: string): string {
  const name = host.toLowerCase();
  const withPort = /^(\[[^\]]*\]|[^:[\]]*):[^:[\]]*$/.exec(name);
  return (withPort?.[1] ?? name).replace(/\.$/, "");
}

/**
 * A path as Traefik matches it. A slash at the end stays only where the path ends in one: `/a/.` is
 * `/a`. (`normalizePath` and `sanitizePath` in `pkg/server/server_entrypoint_tcp.go`, Go's
 * `URL.JoinPath`)
 */
export function routingPath(path: string): string {
  const escaped = escapedPath(Buffer.from(path).toString("latin1"));
  const segments: string[] = [];
  for (const segment of escaped.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}${segments.length > 0 && escaped.endsWith("/") ? "/" : ""}`;
}

/**
 * Escapes of unreserved characters are decoded, others stay. Not so where a character stands raw
 * that must not: Go then takes the whole path's decoded form, so that `%2F` becomes a slash in
 * `/a%2Fb"`, but not in `/a%2Fb`. (`URL.EscapedPath`)
 */
function escapedPath(bytes: string): string {
  if (!/^[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]%/]*$/.test(bytes)) {
    return unescape(bytes).replaceAll(/[^A-Za-z0-9\-_.~$&+,/:;=@]/g, escape);
  }
  return bytes.replaceAll(/%[0-9a-fA-F]{2}/g, (escaped) => {
    const char = unescape(escaped);
    return /[A-Za-z0-9\-_.~]/.test(char) ? char : escaped.toUpperCase();
  });
}

function escape(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Byte by byte: a text of bytes, each a character up to U+00FF. */
function unescape(text: string): string {
  return text.replaceAll(/%([0-9a-fA-F]{2})/g, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/**
 * Whether a query has this parameter with a value that ``QueryRegexp(`name`, `.`)`` matches: one
 * character that is no line feed. Semicolons separate like ampersands; a pair with a broken escape
 * is left out. (Go's `url.ParseQuery`, `http.AllowQuerySemicolons`)
 */
export function hasQueryValue(query: string, name: string): boolean {
  return query.split(/[&;]/).some((pair) => {
    const [key = "", ...value] = pair.replaceAll("+", " ").split("=");
    if (BAD_ESCAPE.test(pair) || unescape(key) !== name) return false;
    return unescape(value.join("=")).replaceAll("\n", "") !== "";
  });
}
