import { pathKey, type Origin, type Origins, type Path } from "./source.ts";

type Section = Record<string, unknown>;

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema has fewer levels of sections. */
const DEPTH = 8;

/** A copy whose sections may be changed, those of the schema. Lists are shared. */
export function copySections(section: Section, depth = DEPTH): Section {
  // Without a prototype, `__proto__` in a file is a key like any other: an unknown one.
  const copy = Object.create(null) as Section;
  for (const [key, value] of Object.entries(section)) {
    copy[key] = isSection(value) && depth > 1 ? copySections(value, depth - 1) : value;
  }
  return copy;
}

/**
 * Lays `over` onto `base`, which is changed. Sections are merged, everything else is replaced. A
 * section that is left empty (`http:` with all its keys commented out) changes nothing.
 */
export function overlay(base: Section, over: Section): void {
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(base, key) ? base[key] : undefined;
    if (!isSection(below)) base[key] = value;
    else if (isSection(value)) overlay(below, value);
    else if (value !== null) base[key] = value;
  }
}

/** Lays a variable's value onto `base` at its path, and notes where each of its keys came from. */
export function overlayAt(
  base: Section,
  origin: { readonly variable: string; readonly path: readonly string[] },
  value: unknown,
  origins: Origins,
): void {
  const { path } = origin;
  const over = path.reduceRight<unknown>((inner, level) => ({ [level]: inner }), value) as Section;
  const before = valueAt(base, path);
  overlay(base, over);
  noteOrigin(path, before, value, origin, origins);
}

function noteOrigin(
  path: Path,
  before: unknown,
  value: unknown,
  origin: Origin,
  origins: Origins,
): void {
  if (isSection(before) && isSection(value)) {
    for (const [key, below] of Object.entries(value)) {
      noteOrigin([...path, key], before[key], below, origin, origins);
    }
    return;
  }
  const replaced = pathKey(path);
  for (const key of origins.keys()) if (key.startsWith(replaced)) origins.delete(key);
  origins.set(replaced, origin);
}

/** @returns undefined where there is nothing */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const level of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, level))
      return undefined;
    value = (value as Section)[level];
  }
  return value;
}

/** Sets the value at a path whose levels above exist, or takes the key away. */
export function setAt(root: Section, path: readonly string[], value: unknown): void {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  if (!isSection(parent) || key === undefined) return;
  if (value === undefined) delete parent[key];
  else parent[key] = value;
}

/** The origin of a value: its own, or that of the nearest level above it. */
export function originOf(origins: Origins, path: Path): Origin | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const origin = origins.get(pathKey(path.slice(0, depth)));
    if (origin !== undefined) return origin;
  }
  return undefined;
}
