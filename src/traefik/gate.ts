import { BELOW_PRIORITY, CLAIMED_PRIORITY, UNCLAIMED_PRIORITY, type Route } from "./routes.ts";

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
  routers: ["entryPoints", "middlewares", "parentRefs", "priority", "rule", "service", "tls"],
  services: ["loadBalancer"],
  middlewares: ["stripPrefix", "headers", "inFlightReq", "redirectScheme"],
  serversTransports: ["insecureSkipVerify", "forwardingTimeouts", "proxyProtocol"],
} as const;

export type SectionName = keyof typeof KEYS;

/**
 * Holds one entry to what Traefik's decoder takes: known keys, ASCII, nothing empty, priorities in
 * their bands.
 * @throws GateError with the reason
 */
export function checkEntry(entry: {
  readonly section: SectionName;
  readonly name: string;
  readonly value: object;
}): void {
  if (!NAME.test(entry.name))
    throw new GateError(`"${entry.name}" cannot be a name in the document`);
  const known: readonly string[] = KEYS[entry.section];
  for (const key of Object.keys(entry.value)) {
    if (!known.includes(key)) throw new GateError(`${entry.name}: unknown key "${key}"`);
  }
  checkValue(entry.name, entry.value);
  if (entry.section === "routers") checkRouter(entry.name, entry.value);
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
  const router = value as Partial<Record<(typeof KEYS)["routers"][number], unknown>> & {
    middlewares?: readonly string[];
  };
  const { middlewares = [] } = router;
  // Traefik would apply it twice.
  if (new Set(middlewares).size < middlewares.length)
    throw new GateError(`${name}: a middleware is listed twice`);
  if (typeof router.rule !== "string" || router.rule === "")
    throw new GateError(`${name}: no rule`);
  if (typeof router.service !== "string" && !isParent(name)) {
    throw new GateError(`${name}: no service`);
  }
  // Traefik disables a child that has what only a root may have.
  const isChild = router.parentRefs !== undefined;
  if (isChild && (router.entryPoints ?? router.tls) !== undefined)
    throw new GateError(`${name}: a child with entry points or TLS of its own`);
  const { priority } = router;
  const inBand =
    typeof priority === "number" &&
    [CLAIMED_PRIORITY, BELOW_PRIORITY, UNCLAIMED_PRIORITY].some(
      (start) => priority >= start && priority <= start + BAND,
    );
  if (!inBand) throw new GateError(`${name}: priority ${String(priority)} is in no band`);
  if (!isChild && router.entryPoints === undefined) throw new GateError(`${name}: no entry points`);
}

/** Routers that hand on to their children are named so. */
function isParent(name: string): boolean {
  return /^hosts?-/.test(name);
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
        const entry = { section: section as SectionName, name, value };
        checkEntry(entry);
        checkReferences(entry, (target, reference) => sections[target]?.has(reference) === true);
      }
    }
  }
  const { routers = new Map<string, object>() } = document.http;
  if (routers.size === 0) throw new GateError("the document has no router");
  checkParents(routers);
}

/** A router has a service, or children: Traefik disables one with both or neither. */
function checkParents(routers: ReadonlyMap<string, object>): void {
  const parents = new Set<string>();
  for (const [name, value] of routers) {
    for (const [target, reference] of referencesOf("routers", value)) {
      if (target !== "routers") continue;
      parents.add(reference);
      if ("service" in (routers.get(reference) ?? {}))
        throw new GateError(`${name}: its parent "${reference}" has a service`);
    }
  }
  for (const [name, value] of routers) {
    if (!("service" in value) && !parents.has(name))
      throw new GateError(`${name}: neither a service nor a child`);
  }
}

/**
 * Holds an entry to what it names: each of them is there, or another provider's.
 * @param exists whether the document has an entry
 * @throws GateError with the reason
 */
export function checkReferences(
  {
    section,
    name,
    value,
  }: { readonly section: string; readonly name: string; readonly value: object },
  exists: (section: string, name: string) => boolean,
): void {
  for (const [target, reference] of referencesOf(section, value)) {
    if (exists(target, reference)) continue;
    // Another provider's entry cannot be seen from here.
    if (reference.includes("@") && REFERENCE.test(reference)) continue;
    throw new GateError(`${name}: there is no ${target} entry "${reference}"`);
  }
}

function* referencesOf(section: string, value: object): Generator<readonly [string, string]> {
  if (section === "routers") {
    const router = value as {
      service?: string;
      middlewares?: readonly string[];
      parentRefs?: readonly string[];
    };
    if (router.service !== undefined) yield ["services", router.service];
    for (const middleware of router.middlewares ?? []) yield ["middlewares", middleware];
    for (const parent of router.parentRefs ?? []) yield ["routers", parent];
  }
  if (section === "services") {
    const { serversTransport } = (value as { loadBalancer: { serversTransport?: string } })
      .loadBalancer;
    if (serversTransport !== undefined) yield ["serversTransports", serversTransport];
  }
}
