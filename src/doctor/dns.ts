import { randomBytes } from "node:crypto";
import { Resolver } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import {
  ok,
  skipped,
  warning,
  wrong,
  type Found,
  type Part,
  type PublicHost,
  type Subject,
} from "../checks/check.ts";
import { codeOf, hostOf } from "../checks/unreachable.ts";
import type { Config } from "../config.ts";
import { isLoopbackHost } from "../config/syntax.ts";
import { canonicalAddress } from "../domain/addresses.ts";
import { inZone } from "../domain/names.ts";
import { DomainDns, type DnsCheck } from "../gitlab-pages/domains/dns.ts";
import { listed } from "./words.ts";

const TIMEOUT_MS = 6_000;
/** Ranges of addresses that lead nobody here from outside. */
const OWN = new Set(["private", "uniqueLocal", "loopback", "linkLocal", "unspecified"]);
/** What Traefik asks for certificates unless it is told otherwise. */
const USUAL_AUTHORITY = "letsencrypt.org";

/** The zone's names in DNS, those of the console and of modules, and who may certify them. */
export function dnsPart(subject: Subject, more: readonly PublicHost[]): Part {
  const { config, now } = subject;
  return {
    name: "DNS",
    look: async (look) => {
      if (isLoopbackHost(config.zone)) {
        look.tell(
          "zone",
          skipped(`${config.zone} is this machine itself: DNS knows nothing of it.`),
        );
        return;
      }
      const { resolvers } = config.gitlab.domains;
      const targets = expectedIn(config);
      const dns = new DomainDns({
        resolvers,
        targets,
        zone: config.zone,
        timeoutMs: TIMEOUT_MS,
        now,
      });
      const hosts = [...hostsOf(config), ...more];
      // Asked at once, told in order.
      const [found, www, authorities] = await Promise.all([
        Promise.all(hosts.map((host) => hostFound(dns, host, config))),
        wwwFound(dns, config),
        Promise.all(certifiedIn(config).map((name) => authoritiesOf(name, config))),
      ]);
      for (const [index, { host }] of hosts.entries()) {
        const one = found[index];
        if (one !== undefined) look.tell(host, one);
      }
      if (www !== undefined) look.tell(`www.${config.zone}`, www);
      for (const [name, one] of authorities) look.tell(`CAA of ${name}`, one);
    },
  };
}

/** Where our names must lead to, as far as the configuration says so; nothing: where the zone leads. */
function expectedIn({ gitlab, traefik }: Config): readonly string[] {
  if (gitlab.domains.targets.length > 0) return gitlab.domains.targets;
  const addresses = traefik.addresses.flatMap((text) => {
    const host = text.replace(/^https?:\/\//, "").replace(/:\d+$/, "");
    const address = canonicalAddress(host.replace(/^\[(.*)\]$/, "$1"))?.address;
    return address === undefined || OWN.has(ipaddr.parse(address).range()) ? [] : [address];
  });
  return [...new Set(addresses)];
}

function hostsOf({ zone, publicUrl }: Config): readonly PublicHost[] {
  const { host, isAddress } = hostOf(publicUrl);
  const console: PublicHost = { host, use: "the console", toTraefik: true };
  return [
    { host: zone, use: "the zone itself", toTraefik: true },
    { host: `*.${zone}`, use: "members' sites", toTraefik: true },
    ...(isAddress || isLoopbackHost(host) ? [] : [console]),
  ];
}

/** A name below a wildcard that nobody has. */
export function anyBelow(host: string): string {
  return host.replace(/^\*/, `doctor-${randomBytes(6).toString("hex")}`);
}

async function hostFound(dns: DomainDns, host: PublicHost, { zone }: Config): Promise<Found> {
  const check = await dns.check(anyBelow(host.host));
  const { state, found } = check;
  const name = host.host;
  const facts = { found: found.join(" "), expected: check.expected.join(" ") };
  const where = listed(found);
  if (state === "unreachable") {
    const says = `DNS did not say where ${name} leads to: does this machine's DNS server answer, and the zone's own? ${check.reason}`;
    return wrong(says, facts);
  }
  if (state === "missing") {
    const record = recordFor(name, check);
    // Only the wildcard is needed by every member; at the zone's own name there may be nothing.
    const make = name === zone ? warning : wrong;
    return make(`${name} has no address in DNS, and is for ${host.use}. Add ${record}.`, facts);
  }
  if (state === "elsewhere" && host.toTraefik) {
    const says = `${name} leads to ${where}, not (or not only) to ${listed(check.expected)}, where Traefik is: change its A and AAAA records.`;
    return wrong(says, facts);
  }
  return ok(`${name} leads to ${where}.`, facts);
}

function recordFor(name: string, { expected }: DnsCheck): string {
  if (expected.length === 0) return `A and AAAA records for ${name} with Traefik's addresses`;
  return listed(
    expected.map((address) => `${name} ${address.includes(":") ? "AAAA" : "A"} ${address}`),
  );
}

/** `www` is under the wildcard, unless somebody has given it records of its own. */
async function wwwFound(dns: DomainDns, { zone }: Config): Promise<Found | undefined> {
  const name = `www.${zone}`;
  const [own, any] = await Promise.all([dns.check(name), dns.check(anyBelow(`*.${zone}`))]);
  const where = listed(own.found);
  if (own.state !== "elsewhere" || where === listed(any.found)) return undefined;
  const says = `${name} has records of its own, to ${where}, not ${listed(own.expected)}: an endpoint at it is not reached. Take them away, or leave them if that is meant.`;
  return warning(says, { found: own.found.join(" ") });
}

/** What certificates are for: the zone's wildcard, and a console outside of it. */
function certifiedIn({ zone, publicUrl }: Config): readonly string[] {
  const { host, isAddress } = hostOf(publicUrl);
  const isApart = !isAddress && !isLoopbackHost(host) && host !== zone && !inZone(host, zone);
  return [`*.${zone}`, ...(isApart && publicUrl.startsWith("https:") ? [host] : [])];
}

/** Which authorities may certify a name (RFC 8659): any may, where nothing is said. */
async function authoritiesOf(name: string, config: Config): Promise<[name: string, found: Found]> {
  const { resolvers } = config.gitlab.domains;
  const resolver = new Resolver({ timeout: TIMEOUT_MS / 2, tries: 2 });
  if (resolvers.length > 0) resolver.setServers(resolvers);
  try {
    for (let at = name.replace(/^\*\./, ""); at.includes("."); at = parentOf(at)) {
      const records = await caaAt(resolver, at);
      if (records.length > 0) return [name, authoritiesFound(records, at, name, config)];
    }
    return [name, authoritiesFound([], "", name, config)];
  } catch (error) {
    const why = codeOf(error) ?? "no answer";
    return [name, warning(`DNS did not say which authorities may certify ${name} (${why}).`)];
  }
}

type Caa = Awaited<ReturnType<Resolver["resolveCaa"]>>[number];

async function caaAt(resolver: Resolver, name: string): Promise<readonly Caa[]> {
  try {
    return await resolver.resolveCaa(name);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENODATA" || code === "ENOTFOUND") return [];
    throw error;
  }
}

function parentOf(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

function authoritiesFound(
  records: readonly Caa[],
  at: string,
  name: string,
  { traefik: { certResolver } }: Config,
): Found {
  const host = name.replace(/^\*\./, "");
  const both = name === host ? "" : " and the same for issuewild,";
  const advice = `${host} CAA 0 issue "${USUAL_AUTHORITY}; accounturi=…",${both} with the address of Traefik's account at its authority`;
  const issue = records.flatMap((record) => record.issue ?? []);
  const wild = records.flatMap((record) => record.issuewild ?? []);
  // Without `issuewild` records, those for `issue` speak of wildcards, too.
  const speaking = wild.length > 0 && name !== host ? wild : issue;
  if (speaking.length === 0) {
    return warning(
      `Any authority may certify ${name}, also for somebody who has a host for a while: add ${advice}.`,
    );
  }
  const facts = { at, issue: issue.join(" "), issuewild: wild.join(" ") };
  const authorityOf = (value: string) => value.split(";")[0]?.trim() ?? "";
  const may = speaking.filter((value) => authorityOf(value) !== "");
  if (may.length === 0) {
    return wrong(`The CAA records at ${at} let nobody certify ${name}: add ${advice}.`, facts);
  }
  if (certResolver !== null && !may.some((value) => authorityOf(value) === USUAL_AUTHORITY)) {
    return warning(
      `The CAA records at ${at} let only ${listed(may)} certify ${name}, not ${USUAL_AUTHORITY}, which Traefik asks unless its resolver has another caServer: add it, or leave this if it has.`,
      facts,
    );
  }
  if (!may.every((value) => /accounturi\s*=/.test(value))) {
    const says = `${listed(may)} may certify ${name}, for any account there: name Traefik's own, ${advice}.`;
    return warning(says, facts);
  }
  return ok(`Only ${listed(may)} may certify ${name}.`, facts);
}
