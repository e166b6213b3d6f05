import type { MustClient } from "../../support/console.ts";
import { MemoryCluster } from "../../support/memory-cluster.ts";
import { MemoryDatabases } from "../../support/memory-databases.ts";
import { MemoryStorage } from "../../support/memory-storage.ts";
import type { OwnerName, Params } from "./world.ts";

/** What can be made of the modules. */
export type ModuleThing =
  | "bucket"
  | "closedBucket"
  | "bucketKey"
  | "database"
  | "closedDatabase"
  | "databaseAccount"
  | "namespace"
  | "closedNamespace"
  | "kubeconfig";

/** All modules on, with their systems in memory. Nothing is listening where they are said to be. */
export function moduleStage() {
  return {
    settings: {
      buckets: {
        enabled: true,
        url: "http://127.0.0.2:9010",
        accessKey: "console",
        secretKey: "not-used-in-memory",
      },
      databases: {
        enabled: true,
        address: "127.0.0.2:3306",
        user: "console",
        password: "not-used-in-memory",
      },
      namespaces: { enabled: true, url: "https://127.0.0.2:6443", token: "not-used-in-memory" },
    },
    systems: {
      storage: new MemoryStorage(),
      databaseServer: new MemoryDatabases(),
      cluster: new MemoryCluster(() => new Date()),
    },
  };
}

/** As many as the rows make of anything. */
export const MANY_THINGS = {
  namespaces: 9_000,
  databases: 9_000,
  databaseAccounts: 9_000,
  buckets: 9_000,
  bucketKeys: 9_000,
  bucketGigabytes: 900_000,
};

type Maker = (owner: OwnerName) => Promise<Params>;

/** @param next another name each time, with `mark` in it */
export function moduleMakers(
  must: MustClient,
  next: (what: string) => string,
): Record<ModuleThing, Maker> {
  const make = async (path: string, input: object): Promise<Params> => {
    const { id, name: called } = await must("POST", path, input);
    return { id, called, name: next("name") };
  };
  const makerOf =
    (path: string, more: object = {}): Maker =>
    (owner) =>
      make(path, { owner, name: next("thing"), ...more });
  const closed =
    (path: string, maker: Maker): Maker =>
    async (owner) => {
      const thing = await maker(owner);
      await must("DELETE", `${path}/${thing["id"]}?name=${thing["called"]}`);
      return thing;
    };
  const bucket = makerOf("/buckets", { gigabytes: 1 });
  const namespace = makerOf("/namespaces");
  // Their names have no hyphens.
  const database: Maker = (owner) =>
    make("/databases", { owner, name: next("thing").replaceAll("-", "_") });
  const first = new Map<OwnerName, string>();
  return {
    bucket,
    closedBucket: closed("/buckets", bucket),
    bucketKey: makerOf("/bucket-keys", { access: "write" }),
    database,
    closedDatabase: closed("/databases", database),
    databaseAccount: async (owner) => {
      const of = first.get(owner) ?? (await database(owner))["id"] ?? "";
      first.set(owner, of);
      const more = { access: "write", databases: [of] };
      return { ...(await makerOf("/database-accounts", more)(owner)), database: of };
    },
    namespace,
    closedNamespace: closed("/namespaces", namespace),
    kubeconfig: async (owner) => {
      const { id } = await namespace(owner);
      return make("/kubeconfigs", { namespace: id, name: next("thing") });
    },
  };
}
