import { encodeLink } from "../sealed.ts";
import type { Archive, StoredLink } from "../store.ts";
import { entryId } from "./layout.ts";
import type { RedisLink } from "./link.ts";
import { readLinks } from "./read.ts";
import { STAGED_TTL_S } from "./stage.ts";

const LINKS_A_BATCH = 500;

/**
 * Writes an archive's history into a stream that expires unless it is taken up.
 * @returns how many events there are
 */
export async function stageLinks(
  redisLink: RedisLink,
  stream: string,
  archive: Archive,
): Promise<number> {
  let batch: StoredLink[] = [];
  let count = 0;
  const flush = async () => {
    const links = batch;
    batch = [];
    count += links.length;
    await redisLink.ask(async (redis) => {
      const pipeline = redis.pipeline();
      for (const link of links) {
        pipeline.xadd(stream, entryId(link.revision), "link", encodeLink(link));
      }
      pipeline.expire(stream, STAGED_TTL_S);
      const results = (await pipeline.exec()) ?? [];
      const failed = results.find(([error]) => error !== null);
      if (failed !== undefined) throw failed[0] as Error;
    });
  };
  for await (const link of archive.links()) {
    batch.push(link);
    if (batch.length >= LINKS_A_BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  return count;
}

/** The whole history, oldest first, each failure in words. */
export async function* linksOf(redisLink: RedisLink, history: string): AsyncIterable<StoredLink> {
  const iterator = await redisLink.ask(async (redis) =>
    readLinks(redis, history)[Symbol.asyncIterator](),
  );
  for (;;) {
    const next = await redisLink.ask(() => iterator.next());
    if (next.done === true) return;
    yield next.value;
  }
}
