import type { KubeObject, KubeRef } from "./cluster.ts";

/** Whether an object is as it is wanted; what is not wanted one way or the other may be as it is. */
export function isAs(wanted: KubeObject, found: KubeObject): boolean {
  const { labels, annotations } = wanted.metadata;
  if (!holdsAll(labels, found.metadata.labels)) return false;
  if (!holdsAll(annotations, found.metadata.annotations)) return false;
  const { apiVersion: _v, kind: _k, metadata: _m, ...fields } = wanted;
  return Object.entries(fields).every(([name, value]) => isSame(value, found[name]));
}

export function refOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): KubeRef {
  return { apiVersion, kind, name, namespace };
}

/** Whether both mean the same object. */
export function isSameRef(a: KubeRef, b: KubeRef): boolean {
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}

function holdsAll(
  wanted: Readonly<Record<string, string>> | undefined,
  found: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => found?.[name] === value);
}

/** Deep, in any order of keys; lists in their order. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [inA, inB] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(inA);
  return keys.length === Object.keys(inB).length && keys.every((key) => isSame(inA[key], inB[key]));
}
