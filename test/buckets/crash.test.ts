import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DrawnKey } from "../../src/buckets/verbs/keys.ts";
import { type MinioServer, startMinio } from "../support/minio.ts";
import { describeWithService } from "../support/services.ts";
import { ACTS } from "./acts.ts";
import { CrashWorld, type Someone } from "./crash-world.ts";
import { DAY_MS, type Host, may } from "./support.ts";

const LIMIT_MS = 600_000;

describeWithService("minio", "a process that is killed after any single step", () => {
  let server: MinioServer;
  let world: CrashWorld;
  let host: Host;
  beforeAll(async () => {
    server = await startMinio();
    world = await CrashWorld.start(server);
    host = world.host;
  }, 60_000);
  // One test's things at a time, or each look would be at more.
  afterEach(() => world.clear(), 60_000);
  afterAll(async () => {
    await world?.close();
    await server?.destroy();
  });

  describe(
    "leaves nothing that the next one does not put right, while",
    { timeout: LIMIT_MS },
    () => {
      it("a bucket is made", async () => {
        const steps = await world.eachStep(
          "makeBucket",
          () => world.person(),
          async (owner) => {
            expect([...host.state.buckets.values()]).toMatchObject([{ owner, stage: "made" }]);
            await world.clear();
          },
        );
        expect(steps).toBeGreaterThan(8);
      });

      it("a key is made", async () => {
        const owner = await world.person();
        await host.bucket(owner, "a");
        const steps = await world.eachStep(
          "makeKey",
          async () => owner,
          async () => {
            for (const { id } of host.state.bucketKeys.values()) {
              await world.expectAWay(id);
              await host.revoke(id);
            }
          },
        );
        expect(steps).toBeGreaterThan(5);
      });

      it("a key is rotated", async () => {
        let { key } = await world.someone();
        const steps = await world.eachStep(
          "rotateKey",
          async () => key.key.id,
          async (id) => {
            const { accessKey } = host.state.bucketKeys.get(id) ?? {};
            // Either the old one still works, or the new one has taken its place.
            const before = key.key.next ?? key.key.accessKey;
            const works = await may(host.as(before, key.secretKey).listBuckets());
            expect(works).toBe(accessKey === before);
            key = await world.expectAWay(id);
          },
        );
        expect(steps).toBeGreaterThan(8);
      });

      it("a key is revoked", async () => {
        const owner = await world.person();
        await host.bucket(owner, "a");
        let key: DrawnKey;
        const steps = await world.eachStep(
          "revokeKey",
          async () => {
            key = (await host.key(owner)).done;
            return key.key.id;
          },
          async (id) => {
            expect(host.state.bucketKeys.has(id)).toBe(false);
            const works = await may(host.as(key.key.accessKey, key.secretKey).listBuckets());
            expect(works).toBe(false);
          },
        );
        expect(steps).toBeGreaterThan(3);
      });

      it("an owner is suspended, and resumed", async () => {
        const { owner, key } = await world.someone();
        const put = (act: "suspend" | "resume") => async () => {
          if (world.isSuspended(owner) !== (act === "resume"))
            await ACTS[act === "resume" ? "suspend" : "resume"](host, owner);
          return owner;
        };
        const check = async () => {
          expect(await may(host.with(key).listBuckets())).toBe(!world.isSuspended(owner));
        };
        expect(await world.eachStep("suspend", put("suspend"), check)).toBeGreaterThan(2);
        expect(await world.eachStep("resume", put("resume"), check)).toBeGreaterThan(1);
      });

      it("an owner leaves", async () => {
        let one: Someone;
        const steps = await world.eachStep(
          "leave",
          async () => {
            one = await world.someone();
            return one.owner;
          },
          async (owner) => {
            const { bucket, key } = one;
            expect(host.state.owners.has(owner)).toBe(false);
            const works = await may(host.as(key.key.accessKey, key.secretKey).listBuckets());
            expect(works).toBe(false);
            expect(host.state.bucketKeys.has(key.key.id)).toBe(false);
            // What is theirs is kept for as long as any that is deleted, and can be given on.
            expect(host.state.buckets.get(bucket)?.deleting).toBeDefined();
            await world.clear();
          },
        );
        expect(steps).toBeGreaterThan(3);
      });

      it("a bucket is taken out of use, and put back", async () => {
        const { bucket, key } = await world.someone();
        const isUsed = () => host.state.buckets.get(bucket)?.deleting === undefined;
        const put = (used: boolean) => async () => {
          if (isUsed() !== used) await (used ? host.restore(bucket) : host.remove(bucket));
          return bucket;
        };
        const name = host.state.buckets.get(bucket)?.name ?? "";
        const check = async () => {
          expect(await may(host.with(key).putObject(name, "x", "y"))).toBe(isUsed());
        };
        expect(await world.eachStep("removeBucket", put(true), check)).toBeGreaterThan(3);
        expect(await world.eachStep("restoreBucket", put(false), check)).toBeGreaterThan(1);
      });

      it("a bucket is deleted when its time is over", async () => {
        const { owner } = await world.someone();
        const steps = await world.eachStep(
          "look",
          async () => {
            const { done } = await host.bucket(owner, "old");
            await host.root.putObject(done.name, "x", "y");
            await host.remove(done.id);
            host.wait(8 * DAY_MS);
            return done.id;
          },
          async (id) => expect(host.state.buckets.has(id)).toBe(false),
        );
        expect(steps).toBeGreaterThan(1);
      });
    },
  );
});
