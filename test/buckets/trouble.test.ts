import { afterAll, beforeAll, expect, it } from "vitest";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { policyOf } from "../../src/buckets/policies.ts";
import type { DrawnKey } from "../../src/buckets/verbs/keys.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { startProxy, type Proxy } from "../support/proxy.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { Host, may, REGION } from "./support.ts";

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

describeWithService("minio", "a MinIO that is in trouble", () => {
  let server: MinioServer;
  let proxy: Proxy;
  let host: Host;
  beforeAll(async () => {
    server = await startMinio();
    proxy = await startProxy(server.port);
    host = await Host.start(server, { url: `http://127.0.0.1:${proxy.port}` });
  }, 60_000);
  afterAll(async () => {
    proxy?.restore();
    await host?.close();
    await proxy?.close();
    await server?.destroy();
  });

  const TROUBLE: readonly [string, () => void][] = [
    ["away", () => proxy.cut()],
    ["frozen", () => proxy.stall()],
    ["deaf: it does what it is asked and does not answer", () => proxy.swallowAnswers()],
    ["cut off in the middle of its answers", () => proxy.cutAnswersAfter(150)],
  ];

  it("slow: all of it is done, only later, and it is not taken for away", async () => {
    const owner = await host.person("slow");
    proxy.slow(120);
    try {
      const { done, outcome } = await host.bucket(owner, "a", { publicRead: true });
      expect(outcome).toMatchObject({ state: "ready", why: null });
      const { done: key, outcome: given } = await host.key(owner);
      expect(given).toMatchObject({ state: "ready" });
      expect(await may(host.with(key).listBuckets())).toBe(true);
      // A page does not wait for what is counted: it is there the next time.
      expect(await host.module.usage(0)).toBeUndefined();
      expect((await host.module.usage())?.has(done.name)).toBe(true);
      expect((await host.module.usage(0))?.has(done.name)).toBe(true);
      expect(host.module.system.away).toBeUndefined();
    } finally {
      proxy.restore();
    }
  }, 60_000);

  let people = 0;
  it.each(TROUBLE)(
    "%s: it is said, and heals by itself",
    async (_what, begin) => {
      const owner = await host.person(`p${++people}`);
      const { done: before } = await host.bucket(owner, "before");
      const { done: key } = await host.key(owner);
      begin();
      const { done, outcome } = await host.bucket(owner, "new");
      expect(outcome).toMatchObject({ state: "creating", why: expect.stringMatching(/\.$/) });
      await host.do(suspendOwner, { id: owner, reason: "" });
      await host.module.settleOwner(owner);
      // Soon nobody waits for it any more.
      await waitFor(
        async () => {
          if (host.module.system.away === undefined) await host.pass(MINUTES_MS);
          return host.module.system.away;
        },
        { timeout: 30_000, describe: "the storage to be taken for away" },
      );
      await expect(host.module.requireAnswer()).rejects.toThrow("Nothing was changed");
      proxy.restore();
      await waitFor(
        async () => {
          await host.pass(MINUTES_MS);
          const all = [`bucket/${before.id}`, `bucket/${done.id}`, `bucketKey/${key.key.id}`];
          const states = await Promise.all(all.map((one) => host.module.standings.get(one)));
          return states.every((standing) => standing?.state === "suspended");
        },
        { timeout: 30_000, describe: "everything to be right" },
      );
      expect(await may(host.with(key).listBuckets())).toBe(false);
      expect(await host.module.storage.bucket(done.name, signal)).toMatchObject({ mark: done.id });
    },
    90_000,
  );
});
