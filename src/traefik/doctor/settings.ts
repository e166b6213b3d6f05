import { ok, skipped, warning, wrong, type Look } from "../../checks/check.ts";
import type { Config } from "../../config.ts";
import type { TraefikStatic } from "../api.ts";

const SETTINGS_UNKNOWN =
  "This Traefik does not show its static configuration (3.4 and newer do), so that is not looked at.";
/** Polls that are held need none of it; a Traefik that asks more seldom learns of changes late. */
const POLL_INTERVAL_MAX_MS = 5_000;
/** Above the `wait=4s` that its provider is to ask for. */
const POLL_TIMEOUT_MIN_MS = 5_000;
const THROTTLE_MAX_MS = 500;

/** The HTTP provider and certificate resolvers of a static configuration. */
export function lookAtSettings(
  look: Look,
  config: Config,
  providers: readonly string[],
  settings: TraefikStatic | undefined,
): void {
  lookAtProvider(look, providers, settings);
  lookAtResolver(look, config, settings);
  const syntax = settings?.core?.defaultRuleSyntax ?? "v3";
  if (syntax !== "v3") {
    const says = `It reads rules as Traefik 2 did (core.defaultRuleSyntax ${syntax}), and ours are of version 3: take that setting away.`;
    look.tell("rule syntax", wrong(says));
  }
}

function lookAtProvider(
  { tell }: Look,
  providers: readonly string[],
  settings: TraefikStatic | undefined,
): void {
  if (!providers.some((name) => name.toLowerCase() === "http")) {
    const says =
      "Traefik has no HTTP provider, so it never asks for our routes: set providers.http (see the README).";
    tell("provider", wrong(says));
    return;
  }
  const http = settings?.providers?.http;
  if (http === undefined || http === null) {
    tell("provider", ok(`It has an HTTP provider. ${SETTINGS_UNKNOWN}`));
    return;
  }
  const { pollInterval = "5s", pollTimeout = "5s" } = http;
  const throttle = settings?.providers?.providersThrottleDuration ?? "2s";
  const facts = { pollInterval, pollTimeout, providersThrottleDuration: throttle };
  const advice: string[] = [];
  if (milliseconds(pollInterval) > POLL_INTERVAL_MAX_MS) {
    advice.push(`changes are seen after up to ${pollInterval}: set pollInterval to 50ms`);
  }
  if (milliseconds(pollTimeout) <= POLL_TIMEOUT_MIN_MS) {
    advice.push(
      `a held poll of 4 s nearly takes its pollTimeout of ${pollTimeout}, so a slow answer counts as an error: set pollTimeout to 15s`,
    );
  }
  if (milliseconds(throttle) > THROTTLE_MAX_MS) {
    advice.push(
      `the second of two changes waits for ${throttle}: set providersThrottleDuration to 20ms`,
    );
  }
  if (advice.length > 0) tell("provider", warning(`HTTP provider: ${advice.join("; ")}.`, facts));
  else {
    const says = `It has an HTTP provider: pollInterval ${pollInterval}, pollTimeout ${pollTimeout}, throttled by ${throttle}.`;
    tell("provider", ok(says, facts));
  }
}

function lookAtResolver(
  { tell }: Look,
  { traefik: { certResolver }, zone }: Config,
  settings: TraefikStatic | undefined,
): void {
  const what = "certificate resolver";
  if (certResolver === null) {
    tell(
      what,
      skipped("traefik.certResolver is null: Traefik has its certificates from elsewhere."),
    );
    return;
  }
  const resolvers = settings?.certificatesResolvers;
  if (settings === undefined) {
    tell(what, skipped(SETTINGS_UNKNOWN));
    return;
  }
  const found = resolvers?.[certResolver];
  const facts = { resolver: certResolver };
  if (found === undefined) {
    const there = Object.keys(resolvers ?? {}).join(", ") || "none";
    const says = `Traefik has no certificate resolver ${certResolver} (it has: ${there}), so *.${zone} gets no certificate. Set traefik.certResolver to one of Traefik's certificatesResolvers.`;
    tell(what, wrong(says, facts));
  } else if (found.acme != null && found.acme.dnsChallenge == null) {
    const says = `The resolver ${certResolver} has no dnsChallenge, and a wildcard like *.${zone} is only given for one: set it in certificatesResolvers.`;
    tell(what, wrong(says, facts));
  } else tell(what, ok(`There is ${certResolver}, with a DNS challenge.`, facts));
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration of Go's (`1m30s`) in milliseconds. */
function milliseconds(text: string): number {
  let sum = 0;
  for (const [, number = "0", unit = "ms"] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(number) * (UNITS[unit] ?? 0);
  }
  return sum;
}
