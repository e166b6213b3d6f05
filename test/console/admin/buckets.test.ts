import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestVisitor } from "../../support/visitor.ts";
import { type MinioServer, startMinio } from "../../support/minio.ts";
import { describeWithService } from "../../support/services.ts";
import { Client } from "minio";
import { readPage, startAdminWorld, type AdminWorld } from "./support.ts";

describeWithService("minio", "the admins' pages on buckets", () => {
  let server: MinioServer;
  let world: AdminWorld;
  let ada: TestVisitor;
  beforeAll(async () => {
    server = await startMinio();
    const { url, accessKey, secretKey, port } = server;
    const root = new Client({
      endPoint: "127.0.0.1",
      port,
      useSSL: false,
      accessKey,
      secretKey,
      region: "us-east-1",
    });
    await root.makeBucket("alice.taken", "us-east-1");
    world = await startAdminWorld({ buckets: { enabled: true, url, accessKey, secretKey } });
    ada = await world.as("ada");
  }, 90_000);
  afterAll(async () => {
    await world?.close();
    await server?.destroy();
  });

  it("say at a glance that all is right, and then what is not, and whose", async () => {
    expect(await readPage(ada, "/admin")).toContain("Nothing at MinIO is known to be wrong.");
    expect(await readPage(ada, "/admin/buckets")).toContain("There are no buckets and keys yet");
    const { must } = world;
    await must("POST", "/buckets", { owner: "alice", name: "photos" });
    await must("POST", "/buckets", { owner: "alice", name: "taken" });
    const key = await must("POST", "/bucket-keys", {
      owner: "alice",
      name: "laptop",
      access: "write",
    });
    expect(await readPage(ada, "/admin")).toContain("1 bucket or key is not as it should be.");
    const all = await readPage(ada, "/admin/buckets");
    expect(all).toContain("3 buckets and keys: 2 ready , 1 in conflict . 1 is not right.");
    // What is not right comes first.
    expect(all).toMatch(
      /alice\.taken Bucket alice In conflict The storage has a bucket of this name.*alice\.photos Bucket alice Ready/,
    );
    expect(all).toMatch(/laptop Key alice Ready Read and write: all buckets/);
    const wrong = await readPage(ada, "/admin/buckets?state=wrong");
    expect(wrong).toContain("alice.taken Bucket");
    expect(wrong).not.toContain("alice.photos Bucket");
    const keys = await readPage(ada, "/admin/buckets?kind=bucketKey&owner=alice&q=LAP");
    expect(keys).toContain("laptop Key");
    expect(keys).not.toContain("alice.taken Bucket");
    expect(await readPage(ada, "/admin/buckets?owner=bob")).toContain("Nothing is like that");
    const owner = await readPage(ada, "/admin/owners/alice");
    expect(owner).toMatch(/alice\.photos Ready/);
    expect(owner).toMatch(/alice\.taken In conflict/);
    expect(owner).toMatch(/laptop Ready Read and write all buckets/);
    expect(owner).not.toContain(key.secretKey);
  });

  it("list what people left behind, with how it is given to somebody else", async () => {
    const { must } = world;
    const bucket = await must("POST", "/buckets", { owner: "bob", name: "thesis" });
    await must("DELETE", "/persons/bob");
    expect(await readPage(ada, "/admin/buckets")).toContain("1 was left behind.");
    const left = await readPage(ada, "/admin/buckets?state=left");
    expect(left).toContain("Their owners have left");
    expect(left).not.toContain("alice.photos");
    expect(left).toContain(`bob.thesis`);
    expect(left).toContain(bucket.id);
    expect(await readPage(ada, `/buckets/${bucket.id}`)).toContain("someone who left");
  });

  it("say that MinIO is away", async () => {
    await server.kill();
    const { must } = world;
    for (let at = 0; at < 3; at++) await must("GET", "/buckets/status");
    expect(await readPage(ada, "/admin")).toMatch(/Buckets Away/);
    expect(await readPage(ada, "/admin/buckets")).toContain("MinIO is away");
    await server.start();
  }, 90_000);

  it("are not there for members", async () => {
    const alice = await world.as("alice");
    expect((await alice.get("/admin/buckets")).status).toBe(404);
  });
});
