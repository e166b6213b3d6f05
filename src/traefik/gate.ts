import { CLAIMED_PRIORITY, UNCLAIMED_PRIORITY, type Route } from "./routes.ts";

/** One entry of the document on its way in. */
export interface Entry {
  readonly section: "routers" | "services" | "middlewares";
  readonly name: string;
  readonly value: object;
}

/** An entry that the gate kept out. Everything else is published. */
export interface Quarantined {
  readonly route: Route;
  readonly reason: string;
}

/** A document that Traefik would not take as it is; it is not published. */
export class GateError extends Error {}

const NAME = /^[a-z][a-z0-9-]{0,79}$/;
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:@[a-z0-9]+)?$/;
const ASCII = /^[ -~]*$/;
/** How far above its start a band of priorities reaches: paths have 200 characters at most. */
const BAND = 10_000;

const KEYS = {
  routers: ["entryPoints", "middlewares", "priority", "rule", "service", "tls"],
  services: ["loadBalancer"],
  middlewares: ["stripPrefix", "headers", "inFlightReq", "redirectScheme"],
  serversTransports: ["insecureSkipVerify", "forwardingTimeouts", "proxyProtocol"],
} as const;

/** Values that passed, by the name that they passed under. */
const passed = new WeakMap<object, string>();

/**
 * Holds one entry to what Traefik's decoder takes: known keys, ASCII, nothing empty, priorities in
 * their bands.
 * @throws GateError with the reason
 */
export function checkEntry(entry: {
  readonly section: keyof typeof KEYS;
  readonly name: string;
  readonly value: object;
}): void {
  // A value has one name; the same object was looked at when its entry was built.
  if (passed.get(entry.value) === entry.name) return;
  if (!NAME.test(entry.name))
    throw new GateError(`"${entry.name}" cannot be a name in the document`);
  const known: readonly string[] = KEYS[entry.section];
  for (const key of Object.keys(entry.value)) {
    if (!known.includes(key)) throw new GateError(`${entry.name}: unknown key "${key}"`);
  }
  checkValue(entry.name, entry.value);
  if (entry.section === "routers") checkRouter(entry.name, entry.value);
  passed.set(entry.value, entry.name);
}

function checkValue(name: string, value: unknown): void {
  if (typeof value === "string") {
    if (!ASCII.test(value)) throw new GateError(`${name}: text beyond printable ASCII`);
    return;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new GateError(`${name}: not a whole number`);
  if (value === null || value === undefined) throw new GateError(`${name}: an empty value`);
  if (Array.isArray(value)) {
    if (value.length === 0) throw new GateError(`${name}: an empty list`);
    for (const item of value) checkValue(name, item);
  } else if (typeof value === "object") {
    for (const [key, item] of Object.entries(value)) {
      // `tls: {}` is how a router asks for TLS; every other empty map rejects the document.
      if (key === "tls" && isEmpty(item)) continue;
      if (isEmpty(item)) throw new GateError(`${name}: "${key}" is empty`);
      // `""` is how a header is taken away.
      if (item === "" && !/^[A-Z]/.test(key)) throw new GateError(`${name}: "${key}" is empty`);
      checkValue(name, item);
    }
  }
}

function isEmpty(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length === 0
  );
}

function checkRouter(name: string, value: object): void {
  const router = value as {
    rule?: unknown;
    service?: unknown;
    priority?: unknown;
    middlewares?: readonly string[];
  };
  const { middlewares = [] } = router;
  // Traefik would apply it twice.
  if (new Set(middlewares).size < middlewares.length)
    throw new GateError(`${name}: a middleware is listed twice`);
  if (typeof router.rule !== "string" || router.rule === "")
    throw new GateError(`${name}: no rule`);
  if (typeof router.service !== "string") throw new GateError(`${name}: no service`);
  const { priority } = router;
  const inBand =
    typeof priority === "number" &&
    [CLAIMED_PRIORITY, UNCLAIMED_PRIORITY].some(
      (start) => priority >= start && priority <= start + BAND,
    );
  if (!inBand) throw new GateError(`${name}: priority ${String(priority)} is in no band`);
}

type Sections = { readonly [section: string]: ReadonlyMap<string, object> };

/**
 * The last look at a whole document: every entry, and every reference from one to another.
 * What fails here is a fault of ours that touches everyone, so the document as a whole stays back.
 * @throws GateError with the reason
 */
export function checkDocument(document: { readonly http: Sections; readonly tcp: Sections }): void {
  for (const sections of [document.http, document.tcp]) {
    for (const [section, entries] of Object.entries(sections)) {
      for (const [name, value] of entries) {
        checkEntry({ section: section as keyof typeof KEYS, name, value });
        for (const [target, reference] of referencesOf(section, value)) {
          if (!resolves(sections, target, reference)) {
            throw new GateError(`${name}: there is no ${target} entry "${reference}"`);
          }
        }
      }
    }
  }
  if ((document.http.routers?.size ?? 0) === 0) throw new GateError("the document has no router");
}

function* referencesOf(section: string, value: object): Generator<readonly [string, string]> {
  if (section === "routers") {
    const router = value as { service: string; middlewares?: readonly string[] };
    yield ["services", router.service];
    for (const middleware of router.middlewares ?? []) yield ["middlewares", middleware];
  }
  if (section === "services") {
    const { serversTransport } = (value as { loadBalancer: { serversTransport?: string } })
      .loadBalancer;
    if (serversTransport !== undefined) yield ["serversTransports", serversTransport];
  }
}

function resolves(sections: Sections, target: string, reference: string): boolean {
  if (sections[target]?.has(reference) === true) return true;
  // Another provider's entry cannot be seen from here.
  return reference.includes("@") && REFERENCE.test(reference);
}
