import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import { grantOf } from "../../src/buckets/key-kind.ts";
import { deleteOwner } from "../../src/owners/delete.ts";
import { suspendOwner, resumeOwner } from "../../src/owners/suspend.ts";
import type { DrawnKey } from "../../src/buckets/verbs/keys.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { describeWithService } from "../support/services.ts";
import { DAY_MS, Host, may, REGION } from "./support.ts";

const { signal } = new AbortController();
/** More than any act takes. */
const STEPS_MAX = 200;

describeWithService("minio", "a process that ends after any single step", () => {
  let server: MinioServer;
  let host: Host;
  let admin: MinioAdmin;
  beforeAll(async () => {
    server = await startMinio();
    host = await Host.start(server);
    const { url, accessKey, secretKey } = server;
    admin = new MinioAdmin({ url, region: REGION, credentials: { accessKey, secretKey } });
    await host.root.makeBucket("stranger.data", REGION);
    await host.root.putObject("stranger.data", "kept", "text");
  }, 60_000);
  afterAll(async () => {
    await host?.close();
    await server?.destroy();
  });

  let people = 0;
  /** Someone new with a bucket and a key. */
  async function someone(): Promise<{ owner: string; bucket: string; key: DrawnKey }> {
    const owner = await host.person(`p${++people}`);
    const { done: bucket } = await host.bucket(owner, "a", { publicRead: true });
    const { done: key } = await host.key(owner);
    return { owner, bucket: bucket.id, key };
  }

  /** Everything at MinIO is as the store wants it, and nothing else of ours is there. */
  async function expectRight(): Promise<void> {
    const { state, module } = host;
    const listed = new Set((await host.root.listBuckets()).map(({ name }) => name));
    for (const bucket of state.buckets.values()) {
      const suspended = state.owners.get(bucket.owner)?.suspended !== undefined;
      const closed = suspended || bucket.deleting !== undefined;
      expect(await module.storage.bucket(bucket.name, signal)).toMatchObject({
        mark: bucket.id,
        created: bucket.madeAt,
        exposure: bucket.publicRead && !closed ? "read" : "private",
        quotaBytes: bucket.gigabytes * 1e9,
      });
      listed.delete(bucket.name);
    }
    expect([...listed]).toEqual(["stranger.data"]);
    const accessKeys: string[] = [];
    for (const key of state.bucketKeys.values()) {
      expect(key).toMatchObject({ issued: true, retired: [], deleting: false });
      expect(key.next).toBeUndefined();
      const suspended = state.owners.get(key.owner)?.suspended !== undefined;
      expect(await module.storage.account(key.accessKey, signal)).toEqual({
        enabled: !suspended,
        listed: true,
        grant: grantOf(state, key),
      });
      accessKeys.push(key.accessKey);
    }
    expect([...(await module.storage.accounts(signal))].toSorted()).toEqual(accessKeys.toSorted());
    const policies = Object.keys(await admin.policies(signal)).filter((name) =>
      name.startsWith(`${host.prefix}-`),
    );
    const expected = accessKeys.map((accessKey) => `${host.prefix}-${accessKey}`);
    expect(policies.toSorted()).toEqual(expected.toSorted());
    const kept = await host.root.statObject("stranger.data", "kept");
    expect(kept.size).toBe(4);
  }

  /**
   * Does an act again and again, ended after its first step, its second, and so on until it is done;
   * after each the next process must put everything right by itself.
   */
  async function eachStep<T>(
    prepare: () => Promise<T>,
    act: (prepared: T) => Promise<unknown>,
    check?: (prepared: T) => Promise<void>,
  ): Promise<number> {
    for (let step = 0; step < STEPS_MAX; step++) {
      const prepared = await prepare();
      host.acts = 0;
      host.crashAfter = step;
      await act(prepared).catch(() => undefined);
      const isDone = host.acts <= step;
      host.restart();
      await host.pass(0);
      await expectRight();
      await check?.(prepared);
      // One person's things at a time, or each check would look at more.
      for (const { id } of host.state.bucketKeys.values()) await host.revoke(id);
      for (const { id, deleting } of host.state.buckets.values())
        if (deleting === undefined) await host.remove(id);
      await host.pass(8 * DAY_MS);
      expect(host.state.buckets.size + host.state.bucketKeys.size).toBe(0);
      if (isDone) return step;
    }
    throw new Error("it does not end");
  }

  /** Whatever was lost, there is a way to a key that works. */
  async function expectAWay(id: string): Promise<void> {
    const { done, outcome } = await host.rotate(id);
    expect(outcome?.state).toBe("ready");
    expect(await may(host.with(done).listBuckets())).toBe(true);
  }

  describe("leaves nothing that the next one does not put right, while", () => {
    it("a bucket is made", async () => {
      const steps = await eachStep(
        () => host.person(`p${++people}`),
        (owner) => host.bucket(owner, "new", { publicRead: true, expireDays: 3 }),
        async (owner) => {
          const [bucket] = [...host.state.buckets.values()];
          if (bucket === undefined) return;
          expect(bucket).toMatchObject({ owner, stage: "made" });
        },
      );
      expect(steps).toBeGreaterThan(15);
    }, 240_000);

    it("a key is made", async () => {
      const steps = await eachStep(
        async () => {
          const owner = await host.person(`p${++people}`);
          await host.bucket(owner, "a");
          return owner;
        },
        (owner) => host.key(owner),
        async () => {
          for (const { id } of host.state.bucketKeys.values()) await expectAWay(id);
        },
      );
      expect(steps).toBeGreaterThan(6);
    }, 240_000);

    it("a key is rotated", async () => {
      const steps = await eachStep(
        someone,
        ({ key }) => host.rotate(key.key.id),
        async ({ key }) => {
          const now = host.state.bucketKeys.get(key.key.id);
          // Either the old one still works, or the new one has taken its place.
          const isOld = now?.accessKey === key.key.accessKey;
          expect(await may(host.as(key.key.accessKey, key.secretKey).listBuckets())).toBe(isOld);
          await expectAWay(key.key.id);
        },
      );
      expect(steps).toBeGreaterThan(8);
    }, 240_000);

    it("a key is revoked", async () => {
      await eachStep(
        someone,
        ({ key }) => host.revoke(key.key.id),
        async ({ key }) => {
          if (host.state.bucketKeys.has(key.key.id)) return;
          expect(await may(host.as(key.key.accessKey, key.secretKey).listBuckets())).toBe(false);
        },
      );
    }, 240_000);

    it("an owner is suspended, and resumed", async () => {
      await eachStep(
        someone,
        async ({ owner }) => {
          await host.do(suspendOwner, { id: owner, reason: "" });
          await host.module.settleOwner(owner);
        },
        async ({ owner, key }) => {
          const suspended = host.state.owners.get(owner)?.suspended !== undefined;
          expect(await may(host.with(key).listBuckets())).toBe(!suspended);
        },
      );
      await eachStep(
        async () => {
          const made = await someone();
          await host.do(suspendOwner, { id: made.owner, reason: "" });
          await host.module.settleOwner(made.owner);
          return made;
        },
        async ({ owner }) => {
          await host.do(resumeOwner, { id: owner });
          await host.module.settleOwner(owner);
        },
        async ({ owner, key }) => {
          const suspended = host.state.owners.get(owner)?.suspended !== undefined;
          expect(await may(host.with(key).listBuckets())).toBe(!suspended);
        },
      );
    }, 240_000);

    it("an owner leaves", async () => {
      const steps = await eachStep(
        someone,
        async ({ owner }) => {
          await host.do(deleteOwner, { id: owner, kind: "person" });
          await host.module.settleOwner(owner);
        },
        async ({ owner, bucket, key }) => {
          const hasLeft = !host.state.owners.has(owner);
          const works = await may(host.as(key.key.accessKey, key.secretKey).listBuckets());
          expect([hasLeft, works]).toEqual([hasLeft, !hasLeft]);
          expect(host.state.bucketKeys.has(key.key.id)).toBe(!hasLeft);
          // What is theirs is kept for as long as any that is deleted, and can be given on.
          const kept = host.state.buckets.get(bucket);
          expect(kept?.deleting !== undefined).toBe(hasLeft);
        },
      );
      expect(steps).toBeGreaterThan(3);
    }, 240_000);

    it("a bucket is taken out of use, and deleted when its time is over", async () => {
      await eachStep(someone, ({ bucket }) => host.remove(bucket));
      await eachStep(
        async () => {
          const made = await someone();
          await host.root.putObject(host.state.buckets.get(made.bucket)?.name ?? "", "x", "y");
          await host.remove(made.bucket);
          return made;
        },
        () => host.pass(8 * DAY_MS),
      );
    }, 240_000);
  });
});
