import { refusal } from "../../src/buckets/minio-admin/transport.ts";
import { failureOf } from "../../src/databases/error.ts";
import type { State } from "../../src/domain/state.ts";
import { errorOfStatus } from "../../src/namespaces/failures.ts";
import { addBucket } from "../../test/support/bucket-world.ts";
import type { TestPages } from "../../test/support/console-pages.ts";
import { addDatabase } from "../../test/support/database-world.ts";
import type { MemoryCluster } from "../../test/support/memory-cluster.ts";
import type { MemoryDatabases } from "../../test/support/memory-databases.ts";
import type { MemoryStorage } from "../../test/support/memory-storage.ts";
import { addNamespace } from "../../test/support/namespace-world.ts";

/** Things of the group's that their systems refuse to make, in their drivers' own words. */
export async function addStuck(
  pages: TestPages,
  systems: { storage: MemoryStorage; server: MemoryDatabases; cluster: MemoryCluster },
) {
  const { storage, server, cluster } = systems;
  storage.makeBucket = () => Promise.reject(refusal(400, "InvalidBucketName"));
  const bucket = await addBucket(pages, "bob", "games", "replays", { gigabytes: 1 });
  const locked = Object.assign(new Error("in the way"), { errno: 1205 });
  const { signal } = new AbortController();
  server.makeDatabase = () => Promise.reject(failureOf(locked, signal));
  const database = await addDatabase(pages, "bob", "games", "season");
  const message = 'admission webhook "limits.example" denied the request: the cluster is full';
  const create = cluster.create.bind(cluster);
  cluster.create = (object) =>
    object.metadata.name === "games--bots"
      ? Promise.reject(errorOfStatus(403, { message }))
      : create(object);
  const namespace = await addNamespace(pages, "bob", "games", "bots");
  return { bucket, database, namespace };
}

/** Those of alice's that have another's in their place. */
export function inConflict({ buckets, databases }: State) {
  const bucket = [...buckets.values()].find(({ name }) => name === "alice.old");
  const database = [...databases.values()].find(({ name }) => name === "u_alice_old");
  return { bucket: bucket?.id ?? "", database: database?.id ?? "" };
}
