import { Client } from "minio";
import { AssumeRoleProvider } from "minio/dist/esm/AssumeRoleProvider.mjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { StorageError } from "../../src/buckets/minio-admin/error.ts";
import { seal } from "../../src/buckets/minio-admin/seal.ts";
import { Transport } from "../../src/buckets/minio-admin/transport.ts";
import { updateBucket } from "../../src/buckets/verbs/buckets.ts";
import type { DrawnKey } from "../../src/buckets/verbs/keys.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { describeWithService } from "../support/services.ts";
import { DAY_MS, Host, may, REGION } from "./support.ts";

const { signal } = new AbortController();

describeWithService("minio", "members at the real MinIO", () => {
  let server: MinioServer;
  let host: Host;
  let alice: DrawnKey;
  let reader: DrawnKey;
  let narrow: DrawnKey;
  let other: DrawnKey;
  let aliceId: string;
  let photos: string;
  beforeAll(async () => {
    server = await startMinio();
    host = await Host.start(server);
    aliceId = await host.person("alice");
    const otherId = await host.person("alice-b");
    photos = (await host.bucket(aliceId, "photos")).done.id;
    await host.bucket(aliceId, "b-files");
    await host.bucket(otherId, "files", { publicRead: true });
    await host.bucket(otherId, "photos");
    alice = (await host.key(aliceId)).done;
    reader = (await host.key(aliceId, "read")).done;
    narrow = (await host.key(aliceId, "write", [photos])).done;
    other = (await host.key(otherId)).done;
    for (const name of ["alice-b.files", "alice-b.photos", "alice.photos", "alice.b-files"])
      await host.root.putObject(name, "kept", "text");
  }, 90_000);
  afterAll(async () => {
    await host?.close();
    await server?.destroy();
  });

  const names = async (client: Client) =>
    (await client.listBuckets()).map(({ name }) => name).toSorted();
  const drain = async (client: Client, bucket: string) => {
    for await (const _one of client.listObjectsV2(bucket, "", true)) void _one;
  };
  const fetched = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${server.url}/${path}`, init);
    await response.arrayBuffer();
    return response.status;
  };

  it("see and use what is theirs", async () => {
    const client = host.with(alice);
    expect(await names(client)).toEqual(["alice.b-files", "alice.photos"]);
    await client.putObject("alice.photos", "a/b", "text");
    await drain(client, "alice.photos");
    await client.getObject("alice.photos", "a/b").then((stream) => stream.destroy());
    await client.removeObject("alice.photos", "a/b");
    expect(await names(host.with(reader))).toEqual(["alice.b-files", "alice.photos"]);
    expect(await names(host.with(narrow))).toEqual(["alice.photos"]);
    expect(await names(host.with(other))).toEqual(["alice-b.files", "alice-b.photos"]);
  });

  const policy = (name: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: ["*"] },
          Action: ["s3:*"],
          Resource: [`arn:aws:s3:::${name}/*`],
        },
      ],
    });

  /** What is tried with a key on a bucket that is not for it. */
  const TRIES: readonly [string, (client: Client, bucket: string) => Promise<unknown>][] = [
    ["list objects", (client, bucket) => drain(client, bucket)],
    ["read an object", (client, bucket) => client.getObject(bucket, "kept")],
    ["look at an object", (client, bucket) => client.statObject(bucket, "kept")],
    ["write an object", (client, bucket) => client.putObject(bucket, "new", "text")],
    ["write over an object", (client, bucket) => client.putObject(bucket, "kept", "mine")],
    ["delete an object", (client, bucket) => client.removeObject(bucket, "kept")],
    ["begin an upload", (client, bucket) => client.initiateNewMultipartUpload(bucket, "up", {})],
    ["read its policy", (client, bucket) => client.getBucketPolicy(bucket)],
    ["set its policy", (client, bucket) => client.setBucketPolicy(bucket, policy(bucket))],
    ["read its tags", (client, bucket) => client.getBucketTagging(bucket)],
    [
      "take its mark",
      (client, bucket) => client.setBucketTagging(bucket, { "tardis-console": "x" }),
    ],
    ["set its lifecycle", (client, bucket) => client.removeBucketLifecycle(bucket)],
    ["have it told on", (client, bucket) => client.getBucketNotification(bucket)],
    [
      "set versions on",
      (client, bucket) => client.setBucketVersioning(bucket, { Status: "Enabled" }),
    ],
    ["delete it", (client, bucket) => client.removeBucket(bucket)],
  ];
  /** What nobody may with their own bucket: it is the console's to set. */
  const OWN = TRIES.slice(7);

  // A look at an object that one may not see answers 403 without a body, so without a code.
  const refusedIn = async (client: Client, work: (client: Client) => Promise<unknown>) =>
    !(await may(
      work(client).catch((error: unknown) => {
        const { code } = error as { code?: string };
        throw code === "Forbidden" ? Object.assign(new Error(), { code: "AccessDenied" }) : error;
      }),
    ));

  it.each(TRIES)("may not %s of another", async (_what, work) => {
    for (const [key, bucket] of [
      [alice, "alice-b.photos"],
      [reader, "alice-b.photos"],
      [other, "alice.photos"],
      [other, "alice.b-files"],
      [narrow, "alice.b-files"],
    ] as const)
      expect(await refusedIn(host.with(key), (client) => work(client, bucket))).toBe(true);
  });

  it.each(OWN)("may not %s of their own", async (_what, work) => {
    expect(await refusedIn(host.with(alice), (client) => work(client, "alice.photos"))).toBe(true);
  });

  it.each(TRIES.slice(3, 7))("may not %s with a key for reading", async (_what, work) => {
    expect(await refusedIn(host.with(reader), (client) => work(client, "alice.photos"))).toBe(true);
  });

  it.each(["alice.new", "alice-b.new", "new"])("may not make a bucket %s", async (name) => {
    expect(await may(host.with(alice).makeBucket(name, REGION))).toBe(false);
  });

  it("may not reach another's by odd spellings of a bucket or an object", async () => {
    const signed = new Transport({
      url: server.url,
      region: REGION,
      credentials: {
        accessKey: host.state.bucketKeys.get(alice.key.id)?.accessKey ?? "",
        secretKey: alice.secretKey,
      },
    });
    for (const path of [
      "/alice.photos/../alice-b.photos/kept",
      "/alice.photos/%2e%2e/alice-b.photos/kept",
      "/alice.photos//../../alice-b.photos/kept",
      "/alice-b.photos//kept",
      "/ALICE-B.photos/kept",
      "/alice*/kept",
      "/alice?b.photos/kept",
    ]) {
      await expect(signed.call({ method: "GET", path }, signal)).rejects.toBeInstanceOf(
        StorageError,
      );
    }
  });

  it("may not call the admin API, nor make keys that outlive theirs", async () => {
    const accessKey = host.state.bucketKeys.get(alice.key.id)?.accessKey ?? "";
    const { secretKey } = alice;
    const credentials = { accessKey, secretKey };
    const options = { url: server.url, region: REGION, credentials };
    const admin = new MinioAdmin(options);
    const transport = new Transport(options);
    const service = JSON.stringify({ accessKey: "ALICESOWN", secretKey: "secret-12345" });
    const tries: (() => Promise<unknown>)[] = [
      () => admin.version(signal),
      () => admin.policies(signal),
      () => admin.addUser("mallory", { secretKey: "secret-12345", enabled: true }, signal),
      () => admin.setUserPolicy(accessKey, "consoleAdmin", signal),
      () => admin.putPolicy("wide", { Version: "2012-10-17", Statement: [] }, signal),
      () => admin.addToGroup("others", [accessKey], signal),
      () => admin.setBucketQuota("alice.photos", null, signal),
      () => admin.groupMembers(host.prefix, signal),
      () =>
        transport.call(
          {
            method: "PUT",
            path: "/minio/admin/v3/add-service-account",
            body: seal(secretKey, Buffer.from(service)),
          },
          signal,
        ),
      // Its own secret is the console's to change, too.
      () => admin.addUser(accessKey, { secretKey: "secret-12345", enabled: true }, signal),
    ];
    for (const work of tries) await expect(work()).rejects.toMatchObject({ failure: "denied" });
    expect(await names(host.with(alice))).toHaveLength(2);
  });

  it("may read what is public, without a key, and nothing else of it", async () => {
    expect(await fetched("alice-b.files/kept")).toBe(200);
    expect(await fetched("alice-b.files/")).toBe(403);
    expect(await fetched("alice-b.files/kept", { method: "DELETE" })).toBe(403);
    expect(await fetched("alice-b.files/new", { method: "PUT", body: "x" })).toBe(403);
    expect(await fetched("alice-b.photos/kept")).toBe(403);
    expect(await fetched("alice.photos/kept")).toBe(403);
  });

  describe("whose owner is suspended", () => {
    it("can do nothing at once, sessions made before included, and all of it again later", async () => {
      await host.module.settleBucket(photos, () =>
        host.do(updateBucket, { id: photos, publicRead: true }),
      );
      expect(await fetched("alice.photos/kept")).toBe(200);
      const accessKey = host.state.bucketKeys.get(alice.key.id)?.accessKey ?? "";
      const role = new AssumeRoleProvider({
        stsEndpoint: server.url,
        accessKey,
        secretKey: alice.secretKey,
        region: REGION,
      });
      const session = await role.getCredentials();
      const bySession = new Client({
        endPoint: "127.0.0.1",
        port: server.port,
        useSSL: false,
        accessKey: session.getAccessKey(),
        secretKey: session.getSecretKey(),
        sessionToken: session.getSessionToken() ?? "",
        region: REGION,
      });
      expect(await may(bySession.listBuckets())).toBe(true);
      await host.do(suspendOwner, { id: aliceId, reason: "" });
      const parts = await host.module.settleOwner(aliceId);
      expect(parts.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
        "bucket suspended",
        "bucket suspended",
        "bucketKey suspended",
        "bucketKey suspended",
        "bucketKey suspended",
      ]);
      for (const key of [alice, reader, narrow])
        expect(await may(host.with(key).listBuckets())).toBe(false);
      expect(await may(bySession.listBuckets())).toBe(false);
      expect(await fetched("alice.photos/kept")).toBe(403);
      expect(await names(host.with(other))).toHaveLength(2);
      await host.do(resumeOwner, { id: aliceId });
      await host.module.settleOwner(aliceId);
      expect(await names(host.with(alice))).toHaveLength(2);
      expect(await fetched("alice.photos/kept")).toBe(200);
      // A rotation ends what was made from the old key for good.
      const { done } = await host.rotate(alice.key.id);
      alice = done;
      expect(await may(bySession.listBuckets())).toBe(false);
      expect(await names(host.with(alice))).toHaveLength(2);
    });
  });

  it("lose a bucket from all their keys when it is deleted, and have it back by an undo", async () => {
    const { done } = await host.bucket(aliceId, "brief");
    expect(await names(host.with(alice))).toContain("alice.brief");
    await host.remove(done.id);
    expect(await names(host.with(alice))).not.toContain("alice.brief");
    expect((await host.root.listBuckets()).map(({ name }) => name)).toContain("alice.brief");
    await host.pass(8 * DAY_MS);
    expect((await host.root.listBuckets()).map(({ name }) => name)).not.toContain("alice.brief");
  });
});
