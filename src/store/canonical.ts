import { canonicalJson } from "./chain.ts";
import { assertKey, type Json, type Key } from "./store.ts";

/**
 * Entities with their canonical JSON.
 * @throws TypeError for what no store can keep, and for a key that comes twice.
 */
export function* canonical(
  entities: Iterable<readonly [Key, Json]>,
): Generator<readonly [Key, string]> {
  const seen = new Set<Key>();
  for (const [key, value] of entities) {
    assertKey(key);
    if (seen.has(key)) throw new TypeError(`The entity ${key} comes twice.`);
    if (value === null) throw new TypeError(`The entity ${key} is null, which means deleted.`);
    seen.add(key);
    yield [key, canonicalJson(value)];
  }
}
