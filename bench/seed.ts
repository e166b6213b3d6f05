import type { Json, Key } from "../src/store/store.ts";

/** A host of `endpoints` endpoints, ten to a person, as records of a store. */
export function seedRecords(endpoints: number, zone: string): Map<Key, Json> {
  const records = new Map<Key, Json>();
  const at = "2026-01-01T00:00:00.000Z";
  const common = { v: 1, revision: 1, createdAt: at };
  for (let number = 0; number < endpoints; number++) {
    const person = Math.floor(number / 10);
    const name = `member${person}`;
    const owner = `per-${String(person).padStart(8, "0")}`;
    if (number % 10 === 0) {
      records.set(`person/${owner}`, {
        ...common,
        kind: "person",
        id: owner,
        name,
        role: "member",
        identities: [],
      });
      records.set(`label/${name}`, { ...common, kind: "label", id: name, owner });
    }
    const id = `ep-${String(number).padStart(8, "0")}`;
    const path = number % 10 === 0 ? "" : `/app${number % 10}`;
    records.set(`endpoint/${id}`, {
      ...common,
      kind: "endpoint",
      id,
      owner,
      host: `${name}.${zone}`,
      path,
      targets: [`http://127.0.0.1:${20_000 + (number % 5_000)}`],
      stripPrefix: number % 2 === 0,
      passHostHeader: true,
      acceptSelfSigned: false,
      paused: false,
    });
  }
  return records;
}
