import { afterAll, beforeAll, expect, it } from "vitest";
import { consolePolicy } from "../../src/buckets/console-policy.ts";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { updateBucket } from "../../src/buckets/verbs/buckets.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { describeWithService } from "../support/services.ts";
import { DAY_MS, Host, may, REGION } from "./support.ts";

const { signal } = new AbortController();

describeWithService("minio", "the console's own account", () => {
  let server: MinioServer;
  let host: Host;
  beforeAll(async () => {
    server = await startMinio();
    const { url, accessKey, secretKey } = server;
    const admin = new MinioAdmin({ url, region: REGION, credentials: { accessKey, secretKey } });
    const own = { accessKey: "console", secretKey: "console-secret-0123456789" };
    await admin.addUser(own.accessKey, { secretKey: own.secretKey, enabled: true }, signal);
    await admin.putPolicy("console", consolePolicy, signal);
    await admin.setUserPolicy(own.accessKey, "console", signal);
    host = await Host.start({ ...server, ...own });
  }, 60_000);
  afterAll(async () => {
    await host?.close();
    await server?.destroy();
  });

  it("does all that there is to do with the rights that `buckets policy` prints", async () => {
    const owner = await host.person("alice");
    const { done: bucket, outcome } = await host.bucket(owner, "a", {
      publicRead: true,
      expireDays: 3,
    });
    expect(outcome).toMatchObject({ state: "ready", why: null });
    const { done: key } = await host.key(owner);
    await host.with(key).putObject(bucket.name, "x", "y");
    const { done: next } = await host.rotate(key.key.id);
    expect(await may(host.with(next).listBuckets())).toBe(true);
    const closed = { id: bucket.id, publicRead: false, expireDays: null };
    const changed = await host.module.settleBucket(bucket.id, () => host.do(updateBucket, closed));
    expect(changed.outcome).toMatchObject({ state: "ready", why: null });
    expect((await host.module.usage())?.has(bucket.name)).toBe(true);
    await host.do(suspendOwner, { id: owner, reason: "" });
    const parts = await host.module.settleOwner(owner);
    expect(parts.map(({ state }) => state)).toEqual(["suspended", "suspended"]);
    await host.revoke(key.key.id);
    await host.remove(bucket.id);
    await host.pass(8 * DAY_MS);
    expect(host.state.buckets.size + host.state.bucketKeys.size).toBe(0);
    const signalled = host.module.storage.version(signal);
    expect(await signalled).not.toBe("");
  });
});
