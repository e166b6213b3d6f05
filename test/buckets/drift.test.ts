import { afterAll, beforeAll, expect, it } from "vitest";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { StorageError } from "../../src/buckets/minio-admin/error.ts";
import { policyOf } from "../../src/buckets/policies.ts";
import type { DrawnKey } from "../../src/buckets/verbs/keys.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { DAY_MS, Host, may, REGION } from "./support.ts";

const { signal } = new AbortController();
const MINUTES_MS = 11 * 60_000;

describeWithService("minio", "what is changed behind the console's back", () => {
  let server: MinioServer;
  let host: Host;
  let admin: MinioAdmin;
  beforeAll(async () => {
    server = await startMinio();
    host = await Host.start(server);
    const { url, accessKey, secretKey } = server;
    admin = new MinioAdmin({ url, region: REGION, credentials: { accessKey, secretKey } });
  }, 60_000);
  afterAll(async () => {
    await host?.close();
    await server?.destroy();
  });

  let people = 0;
  async function someone(): Promise<{ name: string; id: string; key: DrawnKey }> {
    const owner = await host.person(`p${++people}`);
    const { done } = await host.bucket(owner, "a");
    const { done: key } = await host.key(owner);
    await host.pass(MINUTES_MS);
    return { name: done.name, id: done.id, key };
  }
  const accessKeyOf = ({ key }: DrawnKey) => host.state.bucketKeys.get(key.id)?.accessKey ?? "";

  const letEveryone = (bucket: string, action: string, resource: string) =>
    host.root.setBucketPolicy(
      bucket,
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: ["*"] },
            Action: [action],
            Resource: [`arn:aws:s3:::${resource}`],
          },
        ],
      }),
    );
  const BUCKET_DRIFT: readonly [string, (name: string) => Promise<unknown>, string][] = [
    [
      "opened to everyone",
      (name) => letEveryone(name, "s3:GetObject", `${name}/*`),
      "closed it to the public",
    ],
    [
      "opened by a policy of somebody's own",
      (name) => letEveryone(name, "s3:ListBucket", name),
      "removed an access policy that was not the console's: closed it to the public",
    ],
    [
      "given other rules for its objects' end",
      (name) =>
        host.root.setBucketLifecycle(name, {
          Rule: [{ ID: "x", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } }],
        }),
      "removed lifecycle rules that were not the console's, and set after when objects go",
    ],
    [
      "freed of its limit",
      (name) => admin.setBucketQuota(name, null, signal),
      "set how much it may hold",
    ],
    [
      "robbed of its mark",
      (name) => host.root.removeBucketTagging(name),
      "marked the bucket as the console's",
    ],
    ["deleted", (name) => admin.deleteBucketWithContent(name, signal), "made the bucket"],
  ];

  it.each(BUCKET_DRIFT)(
    "a bucket that is %s is put right, and it is said",
    async (_w, drift, what) => {
      const { name, id } = await someone();
      const before = await host.module.storage.bucket(name, signal);
      await drift(name);
      // The server's own list, from which everything is looked at, is a second old at most.
      await waitFor(
        async () => {
          await host.pass(MINUTES_MS);
          const standing = await host.module.standings.get(`bucket/${id}`);
          return standing?.repaired.some((repair) => repair.what === what);
        },
        { describe: "the repair" },
      );
      expect(await host.module.standings.get(`bucket/${id}`)).toMatchObject({ state: "ready" });
      const { created: _then, ...settings } = before ?? {};
      expect(await host.module.storage.bucket(name, signal)).toMatchObject(settings);
    },
  );

  it("a bucket that someone made in its place is not touched", async () => {
    const { name, id } = await someone();
    await admin.deleteBucketWithContent(name, signal);
    await host.root.makeBucket(name, REGION);
    await host.root.putObject(name, "theirs", "text");
    await host.pass(MINUTES_MS);
    expect(await host.module.standings.get(`bucket/${id}`)).toMatchObject({ state: "conflict" });
    await host.remove(id);
    await host.pass(30 * 24 * 60 * 60_000);
    expect(host.state.buckets.has(id)).toBe(false);
    expect((await host.root.statObject(name, "theirs")).size).toBe(4);
  });

  const refused = new StorageError("refused", "The storage refuses this (OddWord).");
  /** A bucket whose name was found free, and that comes no further: one step of it is refused. */
  async function halfMade(step: "makeBucket" | "mark"): Promise<{ name: string; id: string }> {
    const owner = await host.person(`p${++people}`);
    host.beforeChange = (name) => {
      if (name === step) throw refused;
    };
    const { done, outcome } = await host.bucket(owner, "a").finally(letBe);
    expect(outcome).toMatchObject({ state: "stuck" });
    expect(host.state.buckets.get(done.id)).toMatchObject({ stage: "free" });
    return { name: done.name, id: done.id };
  }
  function letBe(): void {
    host.beforeChange = () => undefined;
  }
  const inBucket = async (bucket: string) => {
    const found: unknown[] = [];
    const listed = host.root.listObjects(bucket, "", true, { IncludeVersion: true });
    for await (const one of listed) found.push(one);
    return found;
  };

  const STRANGERS: readonly [string, (name: string) => Promise<unknown>][] = [
    ["with an object in it", (name) => host.root.putObject(name, "theirs", "text")],
    [
      "with nothing in it but what was deleted, and can be had back",
      async (name) => {
        await host.root.setBucketVersioning(name, { Status: "Enabled" });
        await host.root.putObject(name, "theirs", "text");
        await host.root.removeObject(name, "theirs");
      },
    ],
    ["open to everyone", (name) => letEveryone(name, "s3:PutObject", `${name}/*`)],
  ];

  it.each(STRANGERS)(
    "a bucket that someone made at a name that was found free, %s, is not touched",
    async (_what, fill) => {
      const { name, id } = await halfMade("makeBucket");
      await host.root.makeBucket(name, REGION);
      await fill(name);
      const before = [await host.module.storage.bucket(name, signal), await inBucket(name)];
      expect(before[0]).toMatchObject({ mark: null });
      for (let look = 0; look < 2; look++) {
        await host.pass(MINUTES_MS);
        expect(await host.module.standings.get(`bucket/${id}`)).toMatchObject({
          state: "conflict",
          why: expect.stringContaining("that the console did not make. Take another name"),
        });
      }
      const { outcome } = await host.remove(id);
      expect(outcome).toMatchObject({
        state: "deleting",
        why: expect.stringContaining("is not the console's, and stays as it is"),
      });
      await host.pass(30 * DAY_MS);
      expect(host.state.buckets.has(id)).toBe(false);
      expect([await host.module.storage.bucket(name, signal), await inBucket(name)]).toEqual(
        before,
      );
    },
  );

  it("a bucket that was made and not marked yet is ours, and goes with its record while it is empty", async () => {
    const { name, id } = await halfMade("mark");
    const other = await halfMade("mark");
    await host.remove(id);
    await host.remove(other.id);
    host.beforeChange = async (step) => {
      // At the last moment, after it was looked into.
      if (step === "deleteEmptyBucket" && host.state.buckets.has(id))
        await host.root.putObject(other.name, "theirs", "text");
    };
    await host.pass(30 * DAY_MS).finally(letBe);
    await host.pass(MINUTES_MS);
    expect(host.state.buckets.has(id)).toBe(false);
    expect(host.state.buckets.has(other.id)).toBe(false);
    expect(await host.root.bucketExists(name)).toBe(false);
    expect((await host.root.statObject(other.name, "theirs")).size).toBe(4);
  });

  const KEY_DRIFT: readonly [string, (accessKey: string) => Promise<unknown>, string][] = [
    [
      "widened",
      (accessKey) =>
        admin.putPolicy(
          `${host.prefix}-${accessKey}`,
          policyOf({ access: "write", buckets: ["p1.*"] }),
          signal,
        ),
      "set what the key may do",
    ],
    [
      "given another policy",
      (accessKey) => admin.setUserPolicy(accessKey, "readwrite", signal),
      "set what the key may do",
    ],
    ["disabled", (accessKey) => admin.setUserStatus(accessKey, false, signal), "unblocked the key"],
  ];

  it.each(KEY_DRIFT)("a key that is %s is put right, and it is said", async (_w, drift, what) => {
    const { name, key } = await someone();
    await drift(accessKeyOf(key));
    await host.pass(MINUTES_MS);
    const standing = await host.module.standings.get(`bucketKey/${key.key.id}`);
    expect(standing).toMatchObject({ state: "ready", repaired: [{ what }] });
    expect(await host.module.storage.account(accessKeyOf(key), signal)).toEqual({
      enabled: true,
      listed: true,
      grant: { access: "write", buckets: [name] },
    });
  });

  it("a key whose account is lost says what to do, and that works", async () => {
    const { key } = await someone();
    await admin.removeUser(accessKeyOf(key), signal);
    await host.pass(MINUTES_MS);
    expect(await host.module.standings.get(`bucketKey/${key.key.id}`)).toMatchObject({
      state: "stuck",
      why: expect.stringContaining("Rotate the key"),
    });
    const { done, outcome } = await host.rotate(key.key.id);
    expect(outcome).toMatchObject({ state: "ready" });
    expect(await may(host.with(done).listBuckets())).toBe(true);
  });

  it("an account that somebody else put into our group is left alone", async () => {
    await admin.addUser("STRANGER", { secretKey: "secret-12345", enabled: true }, signal);
    await admin.addToGroup(host.prefix, ["STRANGER"], signal);
    await host.pass(MINUTES_MS);
    expect(await admin.account("STRANGER", signal)).toMatchObject({ enabled: true });
  });
});
