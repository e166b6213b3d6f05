import type { KubeObject } from "./cluster.ts";

interface Model {
  getAttributeTypeMap(): readonly { readonly name: string; readonly baseName: string }[];
}

/**
 * An object as it is spelt on the wire, of one of the client's models. These call `from` and `default`
 * something else (`_from`, `_default`), and drop both without a word where they are spelt as they are.
 */
export function plain(model: object): KubeObject {
  return plainOf(model) as KubeObject;
}

function plainOf(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  const names = namesOf(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([name, one]) => [names.get(name) ?? name, plainOf(one)]),
  );
}

const known = new Map<object, ReadonlyMap<string, string>>();

function namesOf(value: object): ReadonlyMap<string, string> {
  const model = value.constructor as unknown as Partial<Model> & object;
  let names = known.get(model);
  if (names === undefined) {
    const attributes = model.getAttributeTypeMap?.() ?? [];
    names = new Map(attributes.map(({ name, baseName }) => [name, baseName]));
    known.set(model, names);
  }
  return names;
}
