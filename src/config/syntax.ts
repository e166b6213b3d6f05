import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import ipaddr from "ipaddr.js";
import { parseCidr } from "./networks.ts";
import { Fault, shown } from "./problems.ts";

/**
 * The spellings that the configuration takes. Each function gives the canonical text, or a `Fault`
 * that says what is wrong with it.
 */
export type Parser = (text: string) => string | Fault;

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const RESERVED_LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const HOST_MAX = 253;
/** A label and its dot still fit before a zone of this length (RFC 1035, 2.3.4). */
const ZONE_MAX = HOST_MAX - 64;

/** A DNS name in lower case and ASCII, without a trailing dot, that does not read as an address. */
export function parseHost(text: string): string | Fault {
  const ascii = domainToASCII(text).replace(/\.$/, "");
  const canonical = text.toLowerCase().replace(/\.$/, "");
  const labels = canonical.split(".");
  if (isIPv4(text) || isIPv6(text) || /^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) {
    return new Fault(`${shown(text)} is an address, not a host name`);
  }
  if (canonical.length > HOST_MAX || !labels.every((label) => LABEL.test(label))) {
    const isUnicode = ascii !== "" && ascii !== canonical;
    return new Fault(
      `${shown(text)} is not a host name`,
      isUnicode ? `in ASCII it is ${shown(ascii)}` : undefined,
    );
  }
  return text === canonical
    ? canonical
    : new Fault(
        `${shown(text)} must be in lower case, without a trailing dot`,
        `write "${canonical}"`,
      );
}

export function parseZone(text: string): string | Fault {
  const host = parseHost(text);
  if (typeof host === "string" && host.length > ZONE_MAX) {
    return new Fault(`a zone has at most ${ZONE_MAX} characters, so that names fit before it`);
  }
  return host;
}

/** What a listener binds to: an IP address without brackets, or a host name. */
export function parseListenHost(text: string): string | Fault {
  if (isIPv4(text) || (isIPv6(text) && !text.includes("%"))) return text;
  if (text.startsWith("[")) {
    return new Fault(`${shown(text)} is not an address`, "leave out the brackets");
  }
  const host = parseHost(text);
  return typeof host === "string"
    ? host
    : new Fault(`${shown(text)} is not an address to listen on`, host.hint);
}

/** Whether a host, as `parseListenHost` takes it, is only reached from the machine itself. */
export function isLoopbackHost(host: string): boolean {
  if (!isIPv4(host) && !isIPv6(host)) return /(?:^|\.)localhost$/.test(host);
  return ipaddr.process(host).range() === "loopback";
}

/** An `http://` or `https://` URL of scheme, host and port alone; gives its origin. */
export function parseOrigin(text: string): string | Fault {
  const fault = new Fault(
    `${shown(text)} is not an address like "https://console.example.org"`,
    /^[a-z0-9.-]+(:\d+)?$/i.test(text) ? `write "http://${text}" or "https://${text}"` : undefined,
  );
  if (!/^https?:\/\//i.test(text)) return fault;
  if (!URL.canParse(text)) return fault;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    return new Fault("must not hold a user name or a password");
  }
  if (url.pathname !== "/" || /[?#]/.test(text)) {
    return new Fault(
      `${shown(text)} must not have a path, a query or a fragment`,
      `write "${url.origin}"`,
    );
  }
  return isUrlHost(url.hostname) ? url.origin : fault;
}

/** A host as `URL` gives it: an IPv6 address stands in brackets. */
function isUrlHost(hostname: string): boolean {
  if (isIPv4(hostname)) return true;
  if (hostname.startsWith("[")) return isIPv6(hostname.slice(1, -1));
  return typeof parseHost(hostname) === "string";
}

const HOST_PORT = /^(\[[0-9a-fA-F:.]+\]|[^:[\]/@\s]+)(?::(\d{1,5}))?$/;

/** `host:port`, the host a name, an IPv4 address or an IPv6 address in brackets. */
export function parseHostPort(text: string): string | Fault {
  const match = HOST_PORT.exec(text);
  const port = Number(match?.[2] ?? 0);
  const host = match?.[1]?.toLowerCase() ?? "";
  return match !== null && port >= 1 && port <= 65535 && isUrlHost(host)
    ? `${host}:${port}`
    : new Fault(`${shown(text)} is not a host and a port like "127.0.0.1:8443"`);
}

/** As `parseHostPort`, the host an address: what finds names cannot itself be found by name. */
export function parseAddressPort(text: string): string | Fault {
  const parsed = parseHostPort(text);
  const isAddress = /^(?:[\d.]+|\[.*\]):\d+$/.test(text);
  return typeof parsed === "string" && isAddress
    ? parsed
    : new Fault(`${shown(text)} is not an address and a port like "127.0.0.1:53"`);
}

/** A URL that may have a path; its canonical form has no slash at its end. */
export function parseBaseUrl(text: string): string | Fault {
  const fault = new Fault(`${shown(text)} is not an address like "https://gitlab.example.org"`);
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return fault;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    return new Fault("must not hold a user name or a password");
  }
  if (/[?#]/.test(text)) return new Fault(`${shown(text)} must not have a query or a fragment`);
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** An issuer of OpenID Connect, letter for letter as it names itself: a slash at its end counts. */
export function parseIssuer(text: string): string | Fault {
  const url = parseBaseUrl(text);
  return url instanceof Fault ? url : text;
}

/** What stands on a button: a few words in one line. */
export function parseCaption(text: string): string | Fault {
  // oxlint-disable-next-line no-control-regex -- control characters are what is kept out
  return /^[^\s\u0000-\u001f](?:[^\u0000-\u001f\u007f]{0,38}[^\s\u0000-\u001f])?$/.test(text)
    ? text
    : new Fault("must be 1 to 40 characters, without spaces at its ends");
}

/** A scope, or the name of a claim: printable ASCII without a space, quote or backslash (RFC 6749). */
export function parseScope(text: string): string | Fault {
  return /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(text)
    ? text
    : new Fault(`${shown(text)} is not a word of printable ASCII`);
}

/** A host name or an IP address. */
export function parseHostOrAddress(text: string): string | Fault {
  return isIPv4(text) || isIPv6(text) ? text.toLowerCase() : parseHost(text);
}

/** A GitLab namespace's or project's path, or `path/*` for all below it. */
export function parseGitLabPath(text: string): string | Fault {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*(?:\/\*)?$/.test(text)
    ? text.toLowerCase()
    : new Fault(`${shown(text)} is not a path in GitLab like "sandbox", "club/site" or "club/*"`);
}

/** A signing token of GitLab: 32 bytes, as Standard Webhooks spells them. In no message. */
export function parseSigningToken(text: string): string | Fault {
  const isKey = /^whsec_[A-Za-z0-9+/]{43}=$/.test(text);
  return isKey ? text : new Fault('must be "whsec_" and 32 bytes in base64, as GitLab gives it');
}

/** A URL, `host`, `host:port`, an IP address or a CIDR. */
export function parseAddress(text: string): string | Fault {
  const fault = new Fault(
    `${shown(text)} is not an address like "10.0.0.5:6379", "10.0.0.0/24", "db.example.org" or "https://gitlab.example.org"`,
  );
  if (text.includes("://")) {
    if (!URL.canParse(text)) return fault;
    const url = new URL(text);
    if (url.username !== "" || url.password !== "") {
      return new Fault("must not hold a user name or a password", "the address alone is needed");
    }
    return isUrlHost(url.hostname) ? text : fault;
  }
  if (text.includes("/")) return parseCidr(text);
  if (isIPv6(text) && !text.includes("%")) return text;
  const match = HOST_PORT.exec(text.toLowerCase());
  if (match === null || !isUrlHost(match[1] ?? "")) return fault;
  const port = match[2] === undefined ? 1 : Number(match[2]);
  return port >= 1 && port <= 65535 ? text.toLowerCase() : fault;
}

/** What names end in, with its first dot: `.vm.example.internal`. */
export function parseSuffix(text: string): string | Fault {
  const host = parseHost(text.replace(/^\*?\./, ""));
  if (host instanceof Fault) return new Fault(`${shown(text)} is not a suffix like ".vm.example"`);
  if (!text.startsWith(".")) {
    return new Fault(`${shown(text)} must start with a dot`, `write ".${host}"`);
  }
  return /(?:^|\.)localhost$/.test(host)
    ? new Fault(`${shown(text)} is loopback`, "grant it under targets.loopback, by address")
    : text;
}

/** A host name, or `*.` and what host names end in. */
export function parseOwnHost(text: string): string | Fault {
  const wildcard = text.startsWith("*.");
  const host = parseHost(wildcard ? text.slice(2) : text);
  if (host instanceof Fault) {
    return new Fault(
      `${shown(text)} is not a host like "mail.example.org" or "*.example.org"`,
      host.hint,
    );
  }
  return wildcard ? `*.${host}` : host;
}

export function parseReservedLabel(text: string): string | Fault {
  return RESERVED_LABEL.test(text)
    ? text
    : new Fault(`${shown(text)} is not one label in lower case, like "www"`);
}

/** `*` for everyone, or the name of a person or a group. */
export function parseGrantee(text: string): string | Fault {
  return text === "*" || LABEL.test(text)
    ? text
    : new Fault(`${shown(text)} is not the name of a person or a group, nor "*"`);
}

export function parseEntryPoint(text: string): string | Fault {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text)
    ? text
    : new Fault(`${shown(text)} is not the name of an entry point`);
}

export function parseResolver(text: string): string | Fault {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text)
    ? text
    : new Fault(`${shown(text)} is not the name of a certificate resolver`);
}

/** A middleware of another provider: `secure-headers@file`. */
export function parseMiddleware(text: string): string | Fault {
  const match = /^[A-Za-z0-9][A-Za-z0-9_.-]*(@[A-Za-z0-9-]+)?$/.exec(text);
  if (match === null) return new Fault(`${shown(text)} is not the name of a middleware`);
  if (match[1] === undefined) {
    return new Fault(`${shown(text)} must name its provider`, `for example "${text}@file"`);
  }
  return match[1] === "@http"
    ? new Fault(`${shown(text)} would be one of the console's own`, "use another provider's")
    : text;
}

/** A name without spaces, braces or signs that mean something elsewhere. */
export function parseName(text: string): string | Fault {
  return /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/.test(text)
    ? text
    : new Fault(`${shown(text)} is not a name of letters, digits and any of _ . : -`);
}

/** What names of databases and accounts begin with: short, as the rest of an account's has little room. */
export function parseDatabasePrefix(text: string): string | Fault {
  return /^[a-z][a-z0-9]{0,5}$/.test(text)
    ? text
    : new Fault(`${shown(text)} is not one to six small letters and digits, a letter first`);
}

/** A Redis server: scheme, host and port; the port is written out. */
export function parseRedisUrl(text: string): string | Fault {
  const fault = new Fault(`${shown(text)} is not an address like "redis://127.0.0.1:6379"`);
  const match = /^(rediss?):\/\/(.*)$/.exec(text);
  if (match === null) return fault;
  const [, scheme = "", rest = ""] = match;
  if (rest.includes("@")) {
    return new Fault(
      "must not hold a user name or a password",
      "they have keys of their own, username and password",
    );
  }
  const [address = "", path] = rest.split(/[/?#](.*)/s);
  if (path !== undefined && path !== "") {
    return new Fault(
      `${shown(text)} must end with the port`,
      "the database has a key of its own, database",
    );
  }
  const host = parseHostPort(/:\d+$/.test(address) ? address : `${address}:6379`);
  return host instanceof Fault ? fault : `${scheme}://${host}`;
}

/** A password: any text. The value is in no message. */
export function parseSecret(text: string): string | Fault {
  return text === "" ? new Fault("must not be empty", "null: none") : text;
}

export function parseFile(text: string): string | Fault {
  return text === "" || text.includes("\0") ? new Fault("must be the path of a file") : text;
}

/** A folder, relative to where the console was started. */
export function parseFolder(text: string): string | Fault {
  return text === "" || text.includes("\0") ? new Fault("must be the path of a folder") : text;
}

/** What stands behind `Bearer` in a header. The value is in no message. */
export function parseToken(text: string): string | Fault {
  if (!/^[\x21-\x7e]*$/.test(text)) {
    return new Fault("must be of ASCII letters, digits and signs, without spaces");
  }
  return text.length >= 16 ? text : new Fault("is too short: at least 16 characters");
}
