import { randomBytes } from "node:crypto";
import { Client } from "minio";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { seal } from "../../src/buckets/minio-admin/seal.ts";
import { Transport } from "../../src/buckets/minio-admin/transport.ts";
import { MinioStorage } from "../../src/buckets/minio-storage.ts";
import { policyOf } from "../../src/buckets/policies.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { describeWithService } from "../support/services.ts";

const REGION = "us-east-1";
const { signal } = new AbortController();
const drawn = () => randomBytes(10).toString("hex");

describeWithService("minio", "the storage at a real MinIO", () => {
  let server: MinioServer;
  let storage: MinioStorage;
  let admin: MinioAdmin;
  let transport: Transport;
  beforeAll(async () => {
    server = await startMinio();
    const { url, accessKey, secretKey } = server;
    storage = new MinioStorage({ url, region: REGION, accessKey, secretKey, prefix: "tardis" });
    const options = { url, region: REGION, credentials: { accessKey, secretKey } };
    admin = new MinioAdmin(options);
    transport = new Transport(options);
  }, 60_000);
  afterAll(async () => {
    storage?.close();
    await server?.destroy();
  });

  const as = (accessKey: string, secretKey: string) =>
    new Client({
      endPoint: "127.0.0.1",
      port: server.port,
      useSSL: false,
      accessKey,
      secretKey,
      region: REGION,
    });

  it.each([100, 16_383, 16_384, 16_385, 32_768, 32_769, 100_000])(
    "takes a sealed body of %i bytes",
    async (size) => {
      const accessKey = drawn();
      const secretKey = drawn();
      // What stands after JSON means nothing, so the body can be of any length.
      const user = JSON.stringify({ secretKey, status: "enabled" }).padEnd(size);
      const body = seal(server.secretKey, Buffer.from(user));
      const path = "/minio/admin/v3/add-user";
      await transport.call({ method: "PUT", path, query: { accessKey }, body }, signal);
      // It is let in with its secret, and may do nothing; with another it is not let in.
      const refused = (secret: string) => expect(as(accessKey, secret).listBuckets()).rejects;
      await refused(secretKey).toMatchObject({ code: "AccessDenied" });
      await refused(drawn()).toMatchObject({ code: "SignatureDoesNotMatch" });
    },
  );

  it("makes buckets with all that they have, and takes them away with all that is in them", async () => {
    const name = `bucket-${drawn()}`;
    expect(await storage.bucket(name, signal)).toBeUndefined();
    await storage.makeBucket(name, signal);
    await expect(storage.makeBucket(name, signal)).rejects.toMatchObject({ failure: "refused" });
    const bare = await storage.bucket(name, signal);
    expect(bare).toMatchObject({
      mark: null,
      exposure: "private",
      expireDays: null,
      quotaBytes: null,
    });
    await storage.mark(name, "bkt-1", signal);
    await storage.setExposure(name, "read", signal);
    await storage.setExpiry(name, 30, signal);
    await storage.setQuota(name, 5_000_000, signal);
    const full = {
      created: bare?.created,
      mark: "bkt-1",
      exposure: "read",
      expireDays: 30,
      quotaBytes: 5_000_000,
    };
    expect(await storage.bucket(name, signal)).toEqual(full);
    const listed = (await storage.usage(signal)).get(name);
    expect(listed).toMatchObject({ created: full.created, quotaBytes: 5_000_000 });
    expect(await storage.bucket(name, signal, listed)).toEqual(full);
    await storage.setExposure(name, "private", signal);
    await storage.setExpiry(name, null, signal);
    await storage.setQuota(name, null, signal);
    expect(await storage.bucket(name, signal)).toEqual({ ...bare, mark: "bkt-1" });
    await as(server.accessKey, server.secretKey).putObject(name, "a/b", "text");
    await storage.deleteBucket(name, signal);
    await storage.deleteBucket(name, signal);
    expect(await storage.bucket(name, signal)).toBeUndefined();
  });

  it("knows a bucket in which anything is, and takes away with nothing in it only an empty one", async () => {
    const name = `bucket-${drawn()}`;
    const root = as(server.accessKey, server.secretKey);
    const expectEmpty = async (empty: boolean) => {
      expect(await storage.isEmpty(name, signal)).toBe(empty);
      if (empty) return;
      await expect(storage.deleteEmptyBucket(name, signal)).rejects.toMatchObject({
        failure: "refused",
      });
    };
    await storage.makeBucket(name, signal);
    await expectEmpty(true);
    await root.putObject(name, "a/b", "text");
    await expectEmpty(false);
    await root.removeObject(name, "a/b");
    await expectEmpty(true);
    await root.setBucketVersioning(name, { Status: "Enabled" });
    await root.putObject(name, "a/b", "text");
    await root.removeObject(name, "a/b");
    await expectEmpty(false);
    await storage.deleteBucket(name, signal);
    await storage.makeBucket(name, signal);
    await storage.deleteEmptyBucket(name, signal);
    await storage.deleteEmptyBucket(name, signal);
    expect(await storage.bucket(name, signal)).toBeUndefined();
  });

  it("knows what the console would never set", async () => {
    const name = `bucket-${drawn()}`;
    await storage.makeBucket(name, signal);
    const root = as(server.accessKey, server.secretKey);
    const Statement = [
      {
        Effect: "Allow",
        Principal: { AWS: ["*"] },
        Action: ["s3:PutObject"],
        Resource: [`arn:aws:s3:::${name}/*`],
      },
    ];
    await root.setBucketPolicy(name, JSON.stringify({ Version: "2012-10-17", Statement }));
    await root.setBucketLifecycle(name, {
      Rule: [{ ID: "own", Status: "Enabled", Filter: { Prefix: "x/" }, Expiration: { Days: 1 } }],
    });
    await root.setBucketTagging(name, { colour: "red" });
    expect(await storage.bucket(name, signal)).toMatchObject({
      exposure: "other",
      expireDays: "other",
      mark: null,
    });
    await storage.mark(name, "bkt-2", signal);
    expect(await root.getBucketTagging(name)).toHaveLength(2);
  });

  it("makes accounts with grants, and takes them away", async () => {
    const accessKey = drawn();
    expect(await storage.account(accessKey, signal)).toBeUndefined();
    await storage.makeAccount(accessKey, drawn(), true, signal);
    await storage.listAccount(accessKey, signal);
    expect(await storage.account(accessKey, signal)).toEqual({
      enabled: true,
      listed: true,
      grant: "none",
    });
    for (const access of ["read", "write"] as const) {
      for (const buckets of [[], ["alice.a"], ["alice.a", "alice.b-c"]]) {
        await storage.grant(accessKey, { access, buckets }, signal);
        expect((await storage.account(accessKey, signal))?.grant).toEqual(
          // Without buckets, reading and writing are the same: nothing.
          buckets.length === 0 ? { access: "read", buckets } : { access, buckets },
        );
      }
    }
    await storage.setEnabled(accessKey, false, signal);
    expect(await storage.account(accessKey, signal)).toMatchObject({ enabled: false });
    expect(await storage.accounts(signal)).toContain(accessKey);
    await storage.removeAccount(accessKey, signal);
    await storage.removeAccount(accessKey, signal);
    expect(await storage.account(accessKey, signal)).toBeUndefined();
    expect(await storage.accounts(signal)).not.toContain(accessKey);
    expect(Object.keys(await admin.policies(signal))).not.toContain(`tardis-${accessKey}`);
  });

  it("knows an account that may do more than it was given", async () => {
    const accessKey = drawn();
    await storage.makeAccount(accessKey, drawn(), true, signal);
    await storage.grant(accessKey, { access: "read", buckets: ["alice.a"] }, signal);
    await admin.setUserPolicy(accessKey, "readwrite", signal);
    expect((await storage.account(accessKey, signal))?.grant).toBe("other");
    await storage.grant(accessKey, { access: "read", buckets: ["alice.a"] }, signal);
    await admin.addToGroup("others", [accessKey], signal);
    expect((await storage.account(accessKey, signal))?.grant).toBe("other");
    const other = drawn();
    await storage.makeAccount(other, drawn(), true, signal);
    await storage.grant(other, { access: "read", buckets: ["alice.a"] }, signal);
    const wider = policyOf({ access: "read", buckets: ["alice.*"] });
    await admin.putPolicy(`tardis-${other}`, wider, signal);
    expect((await storage.account(other, signal))?.grant).toBe("other");
  });

  it("tells what is wrong with the console's own keys, without showing them", async () => {
    const { url, accessKey } = server;
    const wrong = { url, region: REGION, accessKey, secretKey: "wrong-secret", prefix: "tardis" };
    const other = new MinioStorage(wrong);
    for (const work of [
      () => other.version(signal),
      () => other.bucket("b", signal),
      () => other.makeAccount(drawn(), drawn(), true, signal),
    ]) {
      const error = await work().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ failure: "denied", code: "SignatureDoesNotMatch" });
      expect(String(error)).not.toMatch(new RegExp(`${accessKey}|wrong-secret`));
    }
    other.close();
  });

  it("says that the server is away, and ends a call by its signal", async () => {
    server.signal("SIGSTOP");
    try {
      for (const work of [
        (ends: AbortSignal) => storage.version(ends),
        (ends: AbortSignal) => storage.bucket("b", ends),
      ]) {
        await expect(work(AbortSignal.timeout(200))).rejects.toMatchObject({
          failure: "away",
          message: "The storage did not answer in time.",
        });
      }
    } finally {
      server.signal("SIGCONT");
    }
    await server.kill();
    for (const work of [() => storage.version(signal), () => storage.bucket("b", signal)])
      await expect(work()).rejects.toMatchObject({ failure: "away" });
    await server.start();
    await storage.version(signal);
  }, 60_000);
});
