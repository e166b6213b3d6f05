import type { Json, Key } from "../src/store/store.ts";

/**
 * A host of so many endpoints as records of a store.
 * @param each how many a person has
 * @param port of the server that all of them lead to; else they lead nowhere
 */
export function seedRecords(
  endpoints: number,
  zone: string,
  { each = 10, port }: { readonly each?: number; readonly port?: number } = {},
): Map<Key, Json> {
  const records = new Map<Key, Json>();
  const at = "2026-01-01T00:00:00.000Z";
  const common = { v: 1, revision: 1, createdAt: at };
  for (let number = 0; number < endpoints; number++) {
    const person = Math.floor(number / each);
    const name = `member${person}`;
    const owner = `per-${String(person).padStart(8, "0")}`;
    if (number % each === 0) {
      records.set(`person/${owner}`, {
        ...common,
        v: 3,
        kind: "person",
        id: owner,
        name,
        role: "member",
        identities: [],
      });
      records.set(`label/${name}`, { ...common, kind: "label", id: name, owner });
    }
    const id = `ep-${String(number).padStart(8, "0")}`;
    const path = number % each === 0 ? "" : `/app${number % each}`;
    records.set(`endpoint/${id}`, {
      ...common,
      kind: "endpoint",
      id,
      owner,
      host: `${name}.${zone}`,
      path,
      targets: [`http://127.0.0.1:${port ?? 20_000 + (number % 5_000)}`],
      stripPrefix: number % 2 === 0,
      passHostHeader: true,
      acceptSelfSigned: false,
      paused: false,
    });
  }
  return records;
}
