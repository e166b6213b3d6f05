/**
 * One of several writers of a store on Redis, each in a process of its own, to be killed. It adds 1
 * to the number that all share, and writes that to its own entity in the same commit; a lost race is
 * decided again. It prints a line `revision commit` after each acknowledgement.
 *
 * Arguments: port, file of the position known, name, number of commits (0: without end).
 */
import { openRedisStore } from "../../src/store/redis.ts";
import { StoreConflict } from "../../src/store/store.ts";
import type { Json, Key, Position } from "../../src/store/store.ts";
import { redisSettings } from "./redis.ts";

const [port, head, name = "", commits] = process.argv.slice(2);
if (head === undefined) throw new Error("redis-writer needs a port, a file and a name");
const { store } = openRedisStore(redisSettings(Number(port)), { head });

const mirror = new Map<Key, Json>();
let at: Position;

async function readWhole(): Promise<void> {
  const { position, entities } = await store.load();
  at = position;
  mirror.clear();
  for (const [key, value] of entities) mirror.set(key, value);
}

async function catchUp(): Promise<void> {
  const since = await store.since(at);
  if (since.kind === "whole") return readWhole();
  at = since.position;
  for (const [key, value] of since.entities) {
    if (value === null) mirror.delete(key);
    else mirror.set(key, value);
  }
}

await readWhole();
process.stdout.write("ready\n");
for (let left = Number(commits) || Number.POSITIVE_INFINITY; left > 0;) {
  const value = Number(mirror.get("shared/number") ?? 0) + 1;
  const writes = [
    { key: "shared/number", value },
    { key: `own/${name}`, value },
  ];
  try {
    at = await store.commit(at!, [{ writes, event: { by: name, value } }]);
    for (const write of writes) mirror.set(write.key, write.value);
    process.stdout.write(`${at.revision} ${at.commit}\n`);
    left -= 1;
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    await catchUp();
  }
}
await store.close();
