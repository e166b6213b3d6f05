import type { DatabaseName } from "../../../src/domain/entities.ts";
import type { MustClient } from "../../support/console.ts";
import type { memoryModules } from "../../support/memory-modules.ts";
import type { OwnerName, Params } from "./world.ts";

/** What can be made of the modules. */
export type ModuleThing =
  | "bucket"
  | "closedBucket"
  | "takenBucket"
  | "leftBucket"
  | "bucketKey"
  | "database"
  | "closedDatabase"
  | "takenDatabase"
  | "leftDatabase"
  | "databaseAccount"
  | "namespace"
  | "closedNamespace"
  | "takenNamespace"
  | "leftNamespace"
  | "kubeconfig";

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

/**
 * A thing that is taken is one whose name somebody has made by hand, before the console. One that was
 * left is one whose owner is gone.
 * @param systems where the things are
 * @param next another name each time, with `mark` in it
 */
export function moduleMakers(
  must: MustClient,
  { storage, databaseServer, cluster }: ReturnType<typeof memoryModules>,
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
  const left =
    (path: string): Maker =>
    async () => {
      const username = next("gone");
      const { id: owner } = await must("POST", "/persons", { username });
      const made = await make(path, { owner, name: "left" });
      await must("DELETE", `/persons/${owner}`);
      return made;
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
    takenBucket: async (owner) => {
      const name = next("taken");
      await storage.makeBucket(`${owner}.${name}`);
      return make("/buckets", { owner, name, gigabytes: 1 });
    },
    leftBucket: left("/buckets"),
    bucketKey: makerOf("/bucket-keys", { access: "write" }),
    database,
    closedDatabase: closed("/databases", database),
    takenDatabase: async (owner) => {
      const name = next("taken").replaceAll("-", "_");
      await databaseServer.makeDatabase(`u_${owner}_${name}` as DatabaseName);
      return make("/databases", { owner, name });
    },
    leftDatabase: left("/databases"),
    databaseAccount: async (owner) => {
      const of = first.get(owner) ?? (await database(owner))["id"] ?? "";
      first.set(owner, of);
      const more = { access: "write", databases: [of] };
      return { ...(await makerOf("/database-accounts", more)(owner)), database: of };
    },
    namespace,
    closedNamespace: closed("/namespaces", namespace),
    takenNamespace: async (owner) => {
      const name = next("taken");
      const metadata = { name: `${owner}--${name}` };
      await cluster.create({ apiVersion: "v1", kind: "Namespace", metadata });
      return make("/namespaces", { owner, name });
    },
    leftNamespace: left("/namespaces"),
    kubeconfig: async (owner) => {
      const { id } = await namespace(owner);
      return make("/kubeconfigs", { namespace: id, name: next("thing") });
    },
  };
}
