import type { Overrides } from "../../src/app.ts";
import { MemoryCluster } from "./memory-cluster.ts";
import { MemoryDatabases } from "./memory-databases.ts";
import { MemoryStorage } from "./memory-storage.ts";

/**
 * All modules on, with their systems in memory: what a console is started with for that. Nothing is
 * listening where they are said to be.
 */
export function memoryModules() {
  const systems = {
    storage: new MemoryStorage(),
    databaseServer: new MemoryDatabases(),
    cluster: new MemoryCluster(() => new Date()),
  };
  const unused = "not-used-in-memory";
  const url = "http://127.0.0.2:9010";
  const settings = {
    buckets: { enabled: true, url, accessKey: "console", secretKey: unused },
    databases: { enabled: true, address: "127.0.0.2:3306", user: "console", password: unused },
    namespaces: { enabled: true, url: "https://127.0.0.2:6443", token: unused },
  };
  return { ...systems, settings, overrides: { systems } satisfies Overrides };
}
