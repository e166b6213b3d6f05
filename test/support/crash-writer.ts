/**
 * Writes groups of commits without end into the store in the folder given, to be killed. It prints
 * a line `revision commit` for each group, after the store has acknowledged it.
 *
 * A group is 1 to 6 commits; each writes the group's number to both sides of a pair. Every tenth
 * one replaces the whole state by itself.
 */
import { openLevelStore } from "../../src/store/leveldb.ts";
import type { Commit, Json, Key } from "../../src/store/store.ts";
import { randomOf } from "./random.ts";

const [folder, seed] = process.argv.slice(2);
if (folder === undefined) throw new Error("crash-writer needs a folder");
const random = randomOf(Number(seed));

const store = await openLevelStore(folder);
const { position, entities } = await store.load();
const mirror = new Map<Key, Json>(entities);
let at = position;
process.stdout.write(`${at.revision} ${at.commit}\n`);
for (;;) {
  const group = at.revision + 1;
  const size = 1 + random(6);
  if (random(10) === 0) {
    at = await store.replace(at, mirror, { group, index: 0, of: 1 });
  } else {
    const commits = Array.from({ length: size }, (_, index): Commit => {
      const pair = `${random(50)}`;
      const value = { group, padding: "x".repeat(random(2000)) };
      mirror.set(`left/${pair}`, value);
      mirror.set(`right/${pair}`, value);
      return {
        writes: [
          { key: `left/${pair}`, value },
          { key: `right/${pair}`, value },
        ],
        event: { group, index, of: size },
      };
    });
    at = await store.commit(at, commits);
  }
  process.stdout.write(`${at.revision} ${at.commit}\n`);
}
