import { join } from "node:path";
import type { Config } from "../config.ts";
import { openLevelStore } from "./leveldb.ts";
import { MemoryVolatile } from "./memory-volatile.ts";
import type { WholeStore } from "./store.ts";
import type { Volatile } from "./volatile.ts";

/** A store and its volatile part, as the configuration names them. */
export interface OpenStore {
  readonly store: WholeStore;
  readonly volatile: Volatile;
  close(): Promise<void>;
}

/**
 * Opens the store that `store` names. The client of Redis is loaded only for it. A Redis that is away
 * is no error here: what is done first says so.
 * @param report is told, in plain sentences, what went wrong without harm to any answer
 * @throws StoreLocked when another process has the embedded store open
 * @throws StoreUnavailable when the data folder or a file that is named cannot be used
 */
export async function openStore(
  config: Pick<Config, "store" | "redis" | "data">,
  { report }: { readonly report: (message: string) => void },
): Promise<OpenStore> {
  if (config.store === "redis") {
    const { openRedisStore } = await import("./redis.ts");
    const head = join(config.data, "redis-head");
    const { store, volatile } = openRedisStore(config.redis, { head, report });
    return { store, volatile, close: () => store.close() };
  }
  const store = await openLevelStore(config.data, { report });
  return { store, volatile: new MemoryVolatile(), close: () => store.close() };
}
