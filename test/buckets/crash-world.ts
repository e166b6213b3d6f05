import { expect } from "vitest";
import { grantOf } from "../../src/buckets/key-kind.ts";
import { MinioAdmin } from "../../src/buckets/minio-admin/client.ts";
import type { DrawnKey } from "../../src/buckets/verbs/keys.ts";
import { CrashProcesses } from "../support/crash-process.ts";
import type { MinioServer } from "../support/minio.ts";
import type { ACTS } from "./acts.ts";
import { DAY_MS, Host, may, REGION, type Place } from "./support.ts";

const { signal } = new AbortController();

export interface Someone {
  readonly owner: string;
  readonly bucket: string;
  readonly key: DrawnKey;
}

/** A host whose acts are done by processes that are killed, and a stranger's bucket beside it. */
export class CrashWorld {
  readonly host: Host;
  readonly #admin: MinioAdmin;
  readonly #processes: CrashProcesses<Place, keyof typeof ACTS>;
  #people = 0;

  private constructor(
    host: Host,
    admin: MinioAdmin,
    processes: CrashProcesses<Place, keyof typeof ACTS>,
  ) {
    this.host = host;
    this.#admin = admin;
    this.#processes = processes;
  }

  static async start(server: MinioServer): Promise<CrashWorld> {
    const host = await Host.start(server);
    await host.root.makeBucket("stranger.data", REGION);
    await host.root.putObject("stranger.data", "kept", "text");
    const { url, accessKey, secretKey } = server;
    const admin = new MinioAdmin({ url, region: REGION, credentials: { accessKey, secretKey } });
    const script = new URL("./crash-child.ts", import.meta.url);
    return new CrashWorld(host, admin, await CrashProcesses.of<Place, keyof typeof ACTS>(script));
  }

  async close(): Promise<void> {
    await this.#processes.close();
    await this.host.close();
  }

  person(): Promise<string> {
    return this.host.person(`p${++this.#people}`);
  }

  /** Someone new with a bucket and a key. */
  async someone(): Promise<Someone> {
    const owner = await this.person();
    const { done: bucket } = await this.host.bucket(owner, "a", { publicRead: true });
    const { done: key } = await this.host.key(owner);
    return { owner, bucket: bucket.id, key };
  }

  isSuspended(owner: string): boolean {
    return this.host.state.owners.get(owner)?.suspended !== undefined;
  }

  /** Everything at MinIO is as the store wants it, is said to be so, and nothing else of ours is there. */
  async expectRight(): Promise<void> {
    const { host } = this;
    const { state, module } = host;
    const listed = new Set((await host.root.listBuckets()).map(({ name }) => name));
    for (const bucket of state.buckets.values()) {
      const { id, name, owner, deleting } = bucket;
      const isOpen = bucket.publicRead && !this.isSuspended(owner) && deleting === undefined;
      expect(await module.storage.bucket(name, signal)).toMatchObject({
        mark: id,
        created: bucket.madeAt,
        exposure: isOpen ? "read" : "private",
        quotaBytes: bucket.gigabytes * 1e9,
      });
      const state = deleting ? "deleting" : this.isSuspended(owner) ? "suspended" : "ready";
      expect(await module.standings.get(`bucket/${id}`)).toMatchObject({ state, tries: 0 });
      listed.delete(name);
    }
    expect([...listed]).toEqual(["stranger.data"]);
    const accessKeys: string[] = [];
    for (const key of state.bucketKeys.values()) {
      expect(key).toMatchObject({ issued: true, retired: [], deleting: false });
      expect(key.next).toBeUndefined();
      const suspended = this.isSuspended(key.owner);
      expect(await module.storage.account(key.accessKey, signal)).toEqual({
        enabled: !suspended,
        listed: true,
        grant: grantOf(state, key),
      });
      const standing = suspended
        ? { state: "suspended", why: "Its owner is suspended." }
        : { state: "ready", why: null };
      expect(await module.standings.get(`bucketKey/${key.id}`)).toMatchObject(standing);
      accessKeys.push(key.accessKey);
    }
    expect([...(await module.storage.accounts(signal))].toSorted()).toEqual(accessKeys.toSorted());
    const policies = Object.keys(await this.#admin.policies(signal)).filter((name) =>
      name.startsWith(`${host.prefix}-`),
    );
    const expected = accessKeys.map((accessKey) => `${host.prefix}-${accessKey}`);
    expect(policies.toSorted()).toEqual(expected.toSorted());
    const kept = await host.root.statObject("stranger.data", "kept");
    expect(kept.size).toBe(4);
  }

  /** Takes everything away: one person's things at a time, or each check would look at more. */
  async clear(): Promise<void> {
    const { host } = this;
    for (const { id } of host.state.bucketKeys.values()) await host.revoke(id);
    for (const { id, deleting } of host.state.buckets.values())
      if (deleting === undefined) await host.remove(id);
    await host.pass(8 * DAY_MS);
    expect(host.state.buckets.size + host.state.bucketKeys.size).toBe(0);
  }

  /**
   * Has a process do an act, killed after each of its steps in turn; after each the next process must
   * put everything right by itself.
   * @param prepare gives the id of what it is done to
   * @param check what else holds then
   * @returns how many steps there are
   */
  eachStep(
    act: keyof typeof ACTS,
    prepare: () => Promise<string>,
    check: (id: string) => Promise<void>,
  ): Promise<number> {
    return this.#processes.eachStep(this.host, act, prepare, async (id) => {
      await this.expectRight();
      await check(id);
    });
  }

  /** Whatever was lost, there is a way to a key that works. */
  async expectAWay(id: string): Promise<DrawnKey> {
    const { done, outcome } = await this.host.rotate(id);
    expect(outcome).toMatchObject({ state: "ready", why: null });
    expect(await may(this.host.with(done).listBuckets())).toBe(true);
    return done;
  }
}
