import { PLACE_ALTERED, shorten } from "../checks.ts";
import { decodeMeta, type Meta } from "../sealed.ts";
import type { Json, Key, StoredLink } from "../store.ts";
import { linkOf, revisionOf, type RedisKeys, type StreamEntry } from "./layout.ts";
import type { RedisLink } from "./link.ts";
import { checkEvents, parseTexts, readBack, readTail, scanTexts } from "./read.ts";

/** Everything that can be read, whatever is wrong with it. */
export interface RedisInspection {
  /** The record of where it stands, as it lies there; undefined for none. */
  readonly sealed: string | undefined;
  readonly meta: Meta | undefined;
  /** The key of the entities that count, or of those that most likely did. */
  readonly entitiesKey: string | undefined;
  readonly entities: ReadonlyMap<Key, Json>;
  readonly last: StoredLink | undefined;
  /** The revision of the last entry that the history ever had: it takes none at or below that. */
  readonly lastEntry: number;
  /** Keys that cannot be gone on with. */
  readonly unusable: readonly string[];
  readonly problems: readonly string[];
}

/** @throws StoreUnavailable when Redis cannot be asked */
export async function inspectRedis(link: RedisLink, keys: RedisKeys): Promise<RedisInspection> {
  const problems: string[] = [];
  const unusable: string[] = [];
  const typed = async (key: string, type: string): Promise<boolean> => {
    const found = await link.ask((redis) => redis.type(key));
    if (found === type) return true;
    if (found === "none") return false;
    problems.push(`${key} is a ${found}, not a ${type}.`);
    unusable.push(key);
    return false;
  };
  const sealed = (await typed(keys.meta, "string"))
    ? ((await link.ask((redis) => redis.get(keys.meta))) ?? undefined)
    : undefined;
  const meta = sealed === undefined ? undefined : decodeMeta(sealed);
  if (meta === undefined) problems.push(PLACE_ALTERED);
  const entitiesKey =
    meta === undefined ? await fullest(link, keys) : keys.entities(meta.generation);
  const texts =
    entitiesKey !== undefined && (await typed(entitiesKey, "hash"))
      ? await link.ask((redis) => scanTexts(redis, entitiesKey))
      : new Map<Key, string>();
  const read = await parseTexts(texts);
  problems.push(...read.problems);
  if (meta !== undefined && meta.digest !== read.digest) {
    problems.push(
      `The ${read.entities.size} records are not those of revision ${meta.position.revision}: some are missing, older or altered.`,
    );
  }
  let tail: StreamEntry[] = [];
  let lastEntry = 0;
  if (await typed(keys.history, "stream")) {
    tail = await link.ask((redis) => readTail(redis, keys.history));
    const about = (await link.ask((redis) => redis.xinfo("STREAM", keys.history))) as unknown[];
    lastEntry = revisionOf(String(about[about.indexOf("last-generated-id") + 1]));
  }
  const events = await link.ask((redis) =>
    checkEvents(meta, tail.length === 0 ? [] : readBack(redis, keys.history)),
  );
  problems.push(...events);
  const links = tail.map(linkOf);
  const last = links.find((each) => each !== undefined);
  if (tail.length > 0 && links[0] === undefined) unusable.push(keys.history);
  const { entities } = read;
  return {
    sealed,
    meta,
    entitiesKey,
    entities,
    last,
    lastEntry,
    unusable,
    problems: shorten(problems),
  };
}

/** Without a record of where the store stands: the generation with the most entities. */
async function fullest(link: RedisLink, keys: RedisKeys): Promise<string | undefined> {
  const pattern = keys.entities("*").replaceAll(/[[\]?]/g, "\\$&");
  const sizes: [key: string, size: number][] = [];
  let cursor = "0";
  do {
    const [next, found] = await link.ask((redis) =>
      redis.scan(cursor, "MATCH", pattern, "COUNT", 1_000),
    );
    for (const key of found) {
      if ((await link.ask((redis) => redis.type(key))) !== "hash") continue;
      sizes.push([key, await link.ask((redis) => redis.hlen(key))]);
    }
    cursor = next;
  } while (cursor !== "0");
  return sizes.toSorted((a, b) => b[1] - a[1])[0]?.[0];
}
