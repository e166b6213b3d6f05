import { join } from "node:path";
import type { Config } from "../config.ts";
import { KeptVolatile } from "./kept-volatile.ts";
import { openLevelStore } from "./leveldb.ts";
import { MemoryVolatile } from "./memory-volatile.ts";
import type { WholeStore } from "./store.ts";
import type { Volatile } from "./volatile.ts";

/** A store and its volatile part, as the configuration names them. */
export interface OpenStore {
  readonly store: WholeStore;
  readonly volatile: Volatile;
  /** Has nothing of the volatile part be there after this process. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Told, in plain sentences, what went wrong without harm to any answer. */
  readonly report: (message: string) => void;
  /** What of the volatile part outlasts a restart, by its keys: nothing, without. */
  readonly keeps?: (key: string) => boolean;
}

/** Where the embedded store keeps what of the volatile part outlasts a restart. */
export function sessionsIn({ data }: Pick<Config, "data">): string {
  return join(data, "sessions");
}

/**
 * Opens the store that `store` names. The client of Redis is loaded only for it. A Redis that is away
 * is no error here: what is done first says so.
 * @throws StoreLocked when another process has the embedded store open
 * @throws StoreUnavailable when the data folder or a file that is named cannot be used
 */
export async function openStore(
  config: Pick<Config, "store" | "redis" | "data">,
  { report, keeps }: OpenOptions,
): Promise<OpenStore> {
  if (config.store === "redis") {
    const { openRedisStore } = await import("./redis.ts");
    const head = join(config.data, "redis-head");
    const { store, volatile } = openRedisStore(config.redis, { head, report });
    const forget = () => Promise.resolve();
    return { store, volatile, forget, close: () => store.close() };
  }
  const store = await openLevelStore(config.data, { report });
  if (keeps === undefined) {
    const forget = () => Promise.resolve();
    return { store, volatile: new MemoryVolatile(), forget, close: () => store.close() };
  }
  // After the store, whose lock is this folder's.
  const volatile = await KeptVolatile.open(sessionsIn(config), { keeps, report });
  return {
    store,
    volatile,
    forget: () => volatile.forget(),
    close: async () => {
      await volatile.close();
      await store.close();
    },
  };
}
