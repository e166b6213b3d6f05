import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "minio";
import { MinioAdmin } from "../src/buckets/minio-admin/client.ts";
import { publicPolicyOf } from "../src/buckets/policies.ts";
import { Host, REGION } from "../test/buckets/support.ts";
import { type MinioServer, startMinio } from "../test/support/minio.ts";
import { resync, type ResyncSystem } from "./resync.ts";
import { type Bench, median, plainRow, type Row, timed } from "./table.ts";

const ROUNDS = 20;
const DAYS_MS = 8 * 24 * 60 * 60_000;

/** What buckets cost at a real MinIO: one made and deleted, and looks at those of many owners. */
export const buckets: Bench = {
  name: "buckets",
  async run({ quick }) {
    const server = await startMinio();
    const host = await Host.start(server);
    try {
      return [...(await oneOfEach(host)), ...(await resync(resyncOf(server), { quick }))];
    } finally {
      await host.close();
      await server.destroy();
    }
  },
};

async function oneOfEach(host: Host): Promise<Row[]> {
  const owner = await host.person("one");
  const made: number[] = [];
  const keyed: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    made.push(await timed(() => host.bucket(owner, `b-${round}`, { gigabytes: 1 })));
  }
  for (let round = 0; round < ROUNDS; round++) keyed.push(await timed(() => host.key(owner)));
  for (const { id } of host.state.bucketKeys.values()) await host.revoke(id);
  for (const { id } of host.state.buckets.values()) await host.remove(id);
  const deleted = await timed(() => host.pass(DAYS_MS));
  return [
    plainRow("a bucket made, median", `${median(made).toFixed(0)} ms`),
    plainRow(`a key made to ${ROUNDS} buckets, median`, `${median(keyed).toFixed(0)} ms`),
    plainRow("a bucket deleted for good", `${(deleted / ROUNDS).toFixed(0)} ms`),
  ];
}

/** A bucket and a key for each owner; by hand the bucket is opened and the key blocked. */
function resyncOf(server: MinioServer): ResyncSystem<{ bucket: string; accessKey: string }> {
  const { url, accessKey, secretKey, folder, port } = server;
  const credentials = { accessKey, secretKey };
  const root = new Client({ endPoint: "127.0.0.1", port, useSSL: false, ...credentials });
  const admin = new MinioAdmin({ url, region: REGION, credentials });
  return {
    module: "buckets",
    name: "MinIO",
    settings: { url, ...credentials, prefix: "resync" },
    async furnish(must, owner) {
      const bucket = await must("POST", "/buckets", { owner, name: "files" });
      const key = await must("POST", "/bucket-keys", { owner, name: "key", access: "write" });
      return { bucket: bucket.name, accessKey: key.accessKey };
    },
    async spoil({ bucket, accessKey: key }) {
      await root.setBucketPolicy(bucket, JSON.stringify(publicPolicyOf(bucket)));
      await admin.setUserStatus(key, false, AbortSignal.timeout(10_000));
    },
    async countWrites() {
      const since = Date.now();
      // What it keeps of buckets and of accounts lies in files, each written anew when it changes.
      return async () => {
        const [buckets, accounts] = await Promise.all([
          changedSince(since, join(folder, ".minio.sys/buckets"), /\/\.metadata\.bin\//),
          changedSince(since, join(folder, ".minio.sys/config/iam"), /./),
        ]);
        return buckets + accounts;
      };
    },
  };
}

async function changedSince(since: number, folder: string, which: RegExp): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
  const times = await Promise.all(
    paths.filter((path) => which.test(path)).map(async (path) => (await stat(path)).mtimeMs),
  );
  return times.filter((time) => time > since).length;
}
