import type { Hostname, PathPrefix } from "../domain/names.ts";

declare const brand: unique symbol;
/** A Traefik rule. Only the functions of this file make one. */
export type Rule = string & { readonly [brand]: "Rule" };

/** Everything that may stand between backticks: printable ASCII but the backtick itself. */
const LITERAL = /^[ -_a-~]*$/;

/**
 * A value as a Go raw string literal. A backtick would end it, and the rest would become rule.
 * @throws Error for a value that no parser of the domain lets through
 */
function literal(value: string): string {
  if (!LITERAL.test(value)) throw new Error("a value with a backtick or beyond ASCII in a rule");
  return `\`${value}\``;
}

function call(matcher: string, ...values: string[]): Rule {
  return `${matcher}(${values.map(literal).join(", ")})` as Rule;
}

/** Matches one host: case, port and a trailing dot are ignored by Traefik. */
export function host(name: Hostname): Rule {
  return call("Host", name);
}

/** Quotes a text for Go's regular expressions. Host names hold no other special character. */
export function quoteRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** A host as a pattern, or `*.suffix` for all hosts below one. */
function hostPattern(name: string): string {
  return name.startsWith("*.") ? String.raw`.*\.${quoteRegExp(name.slice(2))}` : quoteRegExp(name);
}

/**
 * Matches any of these hosts, `*.suffix` among them. `\.?`: unlike `Host`, `HostRegexp` sees a trailing dot. The zone is
 * written once: Go merges what alternatives start with, and not what they end in.
 */
export function anyHost(names: readonly Hostname[], zone: Hostname): Rule {
  const below = names.filter((name) => name.endsWith(`.${zone}`));
  const others = names.filter((name) => !name.endsWith(`.${zone}`)).map(hostPattern);
  const labels = below.map((name) => hostPattern(name.slice(0, -zone.length - 1))).join("|");
  const inZone = String.raw`(?:${labels})\.${quoteRegExp(zone)}`;
  const alternatives = [...(below.length === 0 ? [] : [inZone]), ...others];
  const pattern =
    others.length === 0 && below.length > 0 ? inZone : `(?:${alternatives.join("|")})`;
  return call("HostRegexp", String.raw`^${pattern}\.?$`);
}

/** Matches every host one label below the zone. */
export function oneLabelBelow(zone: Hostname): Rule {
  return call("HostRegexp", String.raw`^[^.]+\.${quoteRegExp(zone)}\.?$`);
}

/** A pattern for the zone's apex and everything below it, also what is no name, as `a..tardis.ac`. */
function zonePattern(zone: string): string {
  return String.raw`^(?:.*\.)?${quoteRegExp(zone)}\.?$`;
}

/** A pattern for a host of the operators: exact, or `*.suffix`. */
function ownPattern(own: string): string {
  return String.raw`^${hostPattern(own)}\.?$`;
}

/** Matches hosts that are neither in the zone nor the operators' own. */
export function foreignHost(zone: Hostname, own: readonly string[]): Rule {
  const kept = [zonePattern(zone), ...own.map(ownPattern)];
  return kept.map((pattern) => `!${call("HostRegexp", pattern)}`).join(" && ") as Rule;
}

/**
 * Matches TLS connections whose SNI is neither in the zone nor the operators' own. Those without
 * SNI stay: a negated pattern alone would match them too.
 */
export function foreignSni(zone: Hostname, own: readonly string[]): Rule {
  const kept = [zonePattern(zone), ...own.map(ownPattern)];
  const rules = [
    call("HostSNIRegexp", "."),
    ...kept.map((pattern) => `!${call("HostSNIRegexp", pattern)}`),
  ];
  return rules.join(" && ") as Rule;
}

/** Matches the path itself and what is below it: `/foo` and `/foo/…`, never `/foobar`. */
export function atPath(...paths: readonly PathPrefix[]): Rule {
  const rules = paths.flatMap((path) => [call("Path", path), call("PathPrefix", `${path}/`)]);
  return `(${rules.join(" || ")})` as Rule;
}

/** Matches exactly this path with a non-empty query parameter. */
export function exactPathWithQuery(path: PathPrefix, parameter: string): Rule {
  return and(call("Path", path), call("QueryRegexp", parameter, "."));
}

export function everyPath(): Rule {
  return call("PathPrefix", "/");
}

/** Matches ACME HTTP-01 challenges (RFC 8555, 8.3). */
export function acmeChallenge(): Rule {
  return call("PathPrefix", "/.well-known/acme-challenge/");
}

export function and(...rules: readonly Rule[]): Rule {
  return rules.join(" && ") as Rule;
}
