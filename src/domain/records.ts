import { z } from "zod";
import { entitySchemas, KINDS, type Entity, type Kind } from "./entities.ts";
import type { Change, SetAside } from "./state.ts";

/** The version of a record's form that this release writes. */
export const RECORD_VERSION = 1;

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
const lifters: Partial<Record<Kind, readonly ((record: PlainRecord) => PlainRecord)[]>> = {};

/** What a stored record turned out to be. */
export type ReadRecord =
  | { readonly kind: "entity"; readonly change: Change; readonly newer: boolean }
  | { readonly kind: "set-aside"; readonly entry: SetAside };

/** An entity's key in the store. */
export function keyOf(entity: { readonly kind: Kind; readonly id: string }): string {
  return `${entity.kind}/${entity.id}`;
}

/** Zod has no common type for "any of these object schemas"; this is what is used of them. */
const schemas: Record<Kind, { strict: z.ZodType<Entity>; lenient: z.ZodType<Entity> }> =
  Object.fromEntries(
    KINDS.map((kind) => {
      const strict = entitySchemas[kind];
      return [kind, { strict, lenient: strict.strip() }];
    }),
  ) as never;

/**
 * Reads a stored record: lifted if an older release wrote it, as far as it is understood if a newer
 * one did. What cannot be read is set aside with the reason; it harms nothing else.
 */
export function readRecord(key: string, value: unknown): ReadRecord {
  const aside = (reason: string): ReadRecord => ({
    kind: "set-aside",
    entry: { key, reason, owner: ownerIn(value) },
  });
  const kind = key.slice(0, key.indexOf("/"));
  if (!isKind(kind)) return aside(`Nothing is known of records like "${key}".`);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return aside("It is no record.");
  const version: unknown = (value as { v?: unknown }).v;
  if (typeof version !== "number") return aside("It carries no version.");
  const newer = version > RECORD_VERSION;
  const lifted = newer
    ? { ...value, v: RECORD_VERSION }
    : lift(kind, value as PlainRecord, version);
  const read = (newer ? schemas[kind].lenient : schemas[kind].strict).safeParse(lifted);
  if (!read.success) {
    const issue = read.error.issues[0];
    return aside(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not valid"}`);
  }
  if (keyOf(read.data) !== key) return aside(`It names itself "${keyOf(read.data)}".`);
  return { kind: "entity", newer, change: { kind, id: read.data.id, entity: read.data } as Change };
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(entitySchemas, text);
}

function lift(kind: Kind, record: PlainRecord, version: number): PlainRecord {
  return (lifters[kind] ?? []).slice(version - 1).reduce((older, lifter) => lifter(older), record);
}

function ownerIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { owner } = value as { owner?: unknown };
  return typeof owner === "string" ? owner : undefined;
}
