import { domainToASCII, domainToUnicode } from "node:url";
import { Refusal } from "../errors.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One DNS label in lower case: what stands before the zone in a member's host. */
export type Label = Branded<"Label">;
/** A DNS name in lower case, ASCII, without a trailing dot. */
export type Hostname = Branded<"Hostname">;
/** `""` for a whole host, else `/seg` or `/seg/seg`, without a trailing slash. */
export type PathPrefix = Branded<"PathPrefix">;

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SEGMENT = /^[A-Za-z0-9._~-]+$/;
const PATH_MAX = 200;
const HOST_MAX = 253;
const SHOWN_MAX = 60;

/** A value from outside as it may stand in a message: short, and without control characters. */
export function shown(value: string): string {
  const clean = withoutControls(value);
  return clean.length > SHOWN_MAX ? `${clean.slice(0, SHOWN_MAX)}…` : clean;
}

/** A text as it may stand in one line, on a terminal too. */
export function withoutControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out here
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "\uFFFD");
}

/** Says of a name in another script which ASCII form (IDNA, `xn--`) it has. */
function refuseUnicode(text: string, field: string | undefined): void {
  // oxlint-disable-next-line no-control-regex -- the ASCII range is meant
  if (!/[^\u0000-\u007f]/.test(text)) return;
  const ascii = text.length <= HOST_MAX ? domainToASCII(text) : "";
  throw new Refusal(
    "invalid_input",
    ascii === ""
      ? `"${shown(text)}" is not a name that DNS can carry.`
      : `"${shown(text)}" must be given in its ASCII form, "${shown(ascii)}".`,
    { field },
  );
}

/** @throws Refusal for an `xn--` label that does not stand for any Unicode name. */
function checkPunycode(label: string, field: string | undefined): void {
  const unicode = domainToUnicode(label);
  if (unicode === "" || unicode === label || domainToASCII(unicode) !== label) {
    throw new Refusal("invalid_input", `"${shown(label)}" is not a valid internationalised name.`, {
      field,
    });
  }
}

/**
 * Parses one label. Upper case is folded. `xn--` labels can look like someone else's name, so
 * they are refused unless `allowPunycode` says that an admin asks.
 * @throws Refusal `invalid_input`
 */
export function parseLabel(
  text: string,
  options: { field?: string | undefined; allowPunycode?: boolean } = {},
): Label {
  refuseUnicode(text, options.field);
  const label = text.toLowerCase();
  if (!LABEL.test(label)) {
    throw new Refusal(
      "invalid_input",
      `"${shown(text)}" is not a valid name: use 1 to 63 letters, digits and hyphens, with no hyphen first or last.`,
      { field: options.field },
    );
  }
  if (label.slice(2, 4) === "--") {
    if (!label.startsWith("xn--")) {
      throw new Refusal(
        "invalid_input",
        `"${label}" is not a valid name: hyphens in third and fourth place are kept for internationalised names.`,
        { field: options.field },
      );
    }
    if (options.allowPunycode !== true) {
      throw new Refusal(
        "forbidden",
        `"${label}" is an internationalised name; only an admin may give those out.`,
        { field: options.field },
      );
    }
    checkPunycode(label, options.field);
  }
  return label as Label;
}

/**
 * Parses a host name to its canonical form: lower case, one trailing dot dropped.
 * Names only: what reads as an IP address is refused.
 * @throws Refusal `invalid_input`
 */
export function parseHostname(text: string, field?: string): Hostname {
  refuseUnicode(text, field);
  const host = text.toLowerCase().replace(/\.$/, "");
  const labels = host.split(".");
  const last = labels.at(-1) ?? "";
  if (host.length > HOST_MAX || !labels.every((label) => LABEL.test(label))) {
    throw new Refusal("invalid_input", `"${shown(text)}" is not a valid host name.`, { field });
  }
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(last)) {
    throw new Refusal("invalid_input", `"${shown(text)}" is an address, not a host name.`, {
      field,
    });
  }
  for (const label of labels) if (label.startsWith("xn--")) checkPunycode(label, field);
  return host as Hostname;
}

/**
 * Parses a path prefix. A missing first slash is refused, trailing slashes are dropped, so that
 * `/wiki/` and `/wiki` are one place. Only unreserved characters (RFC 3986, 2.3) may stand in it:
 * everything else is spelt in more than one way on the wire.
 * @throws Refusal `invalid_input`
 */
export function parsePathPrefix(text: string, field?: string): PathPrefix {
  const path = text.replace(/\/{1,8}$/, "");
  if (path === "") return "" as PathPrefix;
  if (path.length > PATH_MAX) {
    throw new Refusal("invalid_input", `A path has at most ${PATH_MAX} characters.`, { field });
  }
  const [first, ...segments] = path.split("/");
  if (first !== "") {
    throw new Refusal("invalid_input", `"${shown(text)}" must start with a slash.`, { field });
  }
  for (const segment of segments) {
    if (segment === "." || segment === ".." || !SEGMENT.test(segment)) {
      throw new Refusal(
        "invalid_input",
        `"${shown(text)}" is not a valid path: between slashes use letters, digits, "-", "_", "." and "~", and no "." or ".." alone.`,
        { field },
      );
    }
  }
  return path as PathPrefix;
}

/** The label of `host` in `zone`, when it is exactly one label below it. */
export function labelOf(host: string, zone: string): Label | undefined {
  if (!host.endsWith(`.${zone}`)) return undefined;
  const label = host.slice(0, -zone.length - 1);
  return LABEL.test(label) ? (label as Label) : undefined;
}

/** The label next to the zone: `alice` of `alice.tardis.ac` and of `x.alice.tardis.ac`. */
export function labelNextTo(host: string, zone: string): string | undefined {
  if (!host.endsWith(`.${zone}`)) return undefined;
  return host
    .slice(0, -zone.length - 1)
    .split(".")
    .at(-1);
}

/** Whether `host` is the zone's apex or any name below it. */
export function inZone(host: string, zone: string): boolean {
  return host === zone || host.endsWith(`.${zone}`);
}

/** The host of a label: `alice` in `tardis.ac` gives `alice.tardis.ac`. */
export function hostOf(label: Label, zone: string): Hostname {
  return `${label}.${zone}` as Hostname;
}
