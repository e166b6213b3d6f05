import type { z } from "zod";
import { readCanonical } from "./canonical.ts";
import { entitySchemas, type Entity, type Kind } from "./entities.ts";
import { shown } from "./names.ts";
import type { Change, SetAside } from "./state.ts";
import { messageOf } from "../errors.ts";

/** The version of a record's form that this release writes, by kind. */
export const RECORD_VERSIONS: Record<Kind, number> = {
  person: 3,
  group: 2,
  label: 1,
  endpoint: 1,
  page: 2,
  pageHost: 1,
  domain: 1,
  reserved: 1,
  token: 2,
  request: 2,
  pass: 1,
  bucket: 1,
  bucketKey: 1,
  database: 1,
  databaseAccount: 2,
  namespace: 1,
  kubeconfig: 1,
  answer: 1,
};

type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };
type PlainRecord = { readonly [key: string]: Plain };

/**
 * How a record of version n becomes one of n + 1, by kind: pure functions, `lifters.endpoint[0]`
 * lifts from 1 to 2. Golden records of each version hold them (`test/golden/`).
 */
const lifters: Partial<Record<Kind, readonly ((record: PlainRecord) => PlainRecord)[]>> = {
  person: [
    // Before 2, nobody could sign in.
    (record) => ({ ...record, v: 2 }),
    // Before 3, there were no limits of one's own for namespaces, databases and buckets.
    (record) => ({ ...record, v: 3 }),
  ],
  // Before 2, as for persons before 3.
  group: [(record) => ({ ...record, v: 2 })],
  // Before 2, there were no scopes for namespaces and databases.
  token: [(record) => ({ ...record, v: 2 })],
  // Before 2, nodes were not kept at which something is still to be ended.
  databaseAccount: [(record) => ({ ...record, v: 2 })],
  // Before 2, nobody could ask for more namespaces, databases or buckets.
  request: [(record) => ({ ...record, v: 2 })],
  page: [
    // Before 2, pages came by import alone.
    (record) => ({
      ...record,
      v: 2,
      namespace: null,
      serves: "site",
      deployed: true,
      source: "import",
    }),
  ],
};

/** What a stored record turned out to be; `newer` when a newer release wrote it. */
export type ReadRecord =
  | { readonly kind: "entity"; readonly change: Change; readonly newer: boolean }
  | { readonly kind: "set-aside"; readonly entry: SetAside; readonly newer: boolean };

/** An entity's key in the store. */
export function keyOf(entity: { readonly kind: Kind; readonly id: string }): string {
  return `${entity.kind}/${entity.id}`;
}

/** What came out of a schema here, and is in the one canonical form for that. */
const asRead = new WeakSet<object>();

/** Whether an entity came from `readRecord`, so that it need not be parsed again. */
export function isAsRead(entity: object): boolean {
  return asRead.has(entity);
}

/**
 * Reads a stored record: lifted if an older release wrote it, as far as it is understood if a newer
 * one did. What cannot be read is set aside with the reason; it harms nothing else. Never throws.
 */
export function readRecord(key: string, value: unknown): ReadRecord {
  let newer = false;
  const aside = (reason: string): ReadRecord => ({
    kind: "set-aside",
    entry: { key, reason, owner: ownerIn(value) },
    newer,
  });
  if (!isRecord(value)) return aside("It is no record.");
  const version = value["v"];
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1) {
    return aside("It carries no version.");
  }
  const kind = key.split("/", 1)[0] ?? "";
  if (!isKind(kind)) {
    newer = version > 1;
    return aside(`Nothing is known of records like "${shown(key)}".`);
  }
  newer = version > RECORD_VERSIONS[kind];
  try {
    const entity = newer
      ? parseNewer(kind, { ...value, v: RECORD_VERSIONS[kind] })
      : parse(kind, lift(kind, value, version));
    if (keyOf(entity) !== key) return aside(`It names itself "${shown(keyOf(entity))}".`);
    asRead.add(entity);
    return { kind: "entity", newer, change: { kind, id: entity.id, entity } as Change };
  } catch (error) {
    return aside(messageOf(error));
  }
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(entitySchemas, text);
}

function isRecord(value: unknown): value is PlainRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lift(kind: Kind, record: PlainRecord, version: number): PlainRecord {
  return (lifters[kind] ?? []).slice(version - 1).reduce((older, lifter) => lifter(older), record);
}

/** @throws Error that says where it is wrong first */
function parse(kind: Kind, record: PlainRecord): Entity {
  const canonical = readCanonical(kind, record);
  if (canonical !== undefined) return canonical;
  const read = entitySchemas[kind].safeParse(record);
  if (read.success) return read.data;
  throw new Error(describe(read.error.issues[0]));
}

/**
 * Parses what a newer release wrote, without the fields that this one does not know, at any depth.
 * @throws Error that says where it is wrong otherwise
 */
function parseNewer(kind: Kind, record: PlainRecord): Entity {
  const read = entitySchemas[kind].safeParse(record);
  if (read.success) return read.data;
  const unknown = unknownFields(read.error.issues, []);
  if (unknown === undefined) throw new Error(describe(read.error.issues[0]));
  const known = structuredClone<PlainRecord>(record);
  for (const path of unknown) removeAt(known, path);
  return parse(kind, known);
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue | undefined): string {
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not valid"}`;
}

/** The paths of all unknown fields; undefined when anything else is wrong, too. */
function unknownFields(
  issues: readonly Issue[],
  above: readonly PropertyKey[],
): PropertyKey[][] | undefined {
  const found: PropertyKey[][] = [];
  for (const issue of issues) {
    const path = [...above, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      found.push(...issue.keys.map((key) => [...path, key]));
      continue;
    }
    if (issue.code !== "invalid_union") return undefined;
    // The form of a union that is meant is the one that only unknown fields keep it from.
    const inner = issue.errors.map((errors) => unknownFields(errors, path)).find(Boolean);
    if (inner === undefined) return undefined;
    found.push(...inner);
  }
  return found;
}

function removeAt(record: PlainRecord, path: readonly PropertyKey[]): void {
  let at: unknown = record;
  for (const key of path.slice(0, -1)) at = (at as Record<PropertyKey, unknown>)[key];
  delete (at as Record<PropertyKey, unknown>)[path.at(-1) as PropertyKey];
}

function ownerIn(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const { owner } = value;
  return typeof owner === "string" ? owner : undefined;
}
