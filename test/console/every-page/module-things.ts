import type { MustClient } from "../../support/console.ts";
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
