import { StorageError } from "../../src/buckets/minio-admin/error.ts";
import type { Grant, ObjectStorage, StoredBucket } from "../../src/buckets/storage.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** An object storage in memory, for what does not depend on how the real one behaves. */
export class MemoryStorage implements ObjectStorage {
  readonly name = "MinIO";
  readonly stored = new Map<string, Writable<StoredBucket>>();
  readonly kept = new Map<
    string,
    { secretKey: string; enabled: boolean; listed: boolean; grant: Grant | "none" }
  >();
  /** What is in buckets, by name; nothing, where it says nothing. */
  readonly held = new Map<string, { bytes: number; objects: number }>();
  /** Whether it answers. */
  isAway = false;
  #made = 0;

  #here(): void {
    if (this.isAway) throw new StorageError("away", "The storage cannot be reached.");
  }

  #bucket(name: string): Writable<StoredBucket> {
    this.#here();
    const found = this.stored.get(name);
    if (found === undefined) throw new StorageError("missing", "no bucket", "NoSuchBucket");
    return found;
  }

  #account(accessKey: string) {
    this.#here();
    const found = this.kept.get(accessKey);
    if (found === undefined) throw new StorageError("missing", "no account");
    return found;
  }

  async version() {
    this.#here();
    return "memory";
  }
  async rights() {
    this.#here();
    return { missing: [], isRoot: false };
  }
  async usage() {
    this.#here();
    return new Map(
      [...this.stored].map(([name, { created, quotaBytes }]) => [
        name,
        { created, bytes: 0, objects: 0, quotaBytes, ...this.held.get(name) },
      ]),
    );
  }
  async bucket(name: string) {
    this.#here();
    const found = this.stored.get(name);
    return found === undefined ? undefined : { ...found };
  }
  async isEmpty(name: string) {
    this.#bucket(name);
    return (this.held.get(name)?.objects ?? 0) === 0;
  }
  async makeBucket(name: string) {
    this.#here();
    if (this.stored.has(name))
      throw new StorageError("refused", "there is one", "BucketAlreadyOwnedByYou");
    this.stored.set(name, {
      created: new Date(Date.parse("2026-01-01") + this.#made++).toISOString(),
      mark: null,
      exposure: "private",
      expireDays: null,
      quotaBytes: null,
    });
  }
  async mark(name: string, mark: string) {
    this.#bucket(name).mark = mark;
  }
  async setExposure(name: string, exposure: "private" | "read") {
    this.#bucket(name).exposure = exposure;
  }
  async setExpiry(name: string, days: number | null) {
    this.#bucket(name).expireDays = days;
  }
  async setQuota(name: string, bytes: number | null) {
    this.#bucket(name).quotaBytes = bytes;
  }
  async deleteBucket(name: string) {
    this.#here();
    this.stored.delete(name);
  }
  async deleteEmptyBucket(name: string) {
    if (this.stored.has(name) && !(await this.isEmpty(name)))
      throw new StorageError("refused", "not empty", "BucketNotEmpty");
    this.stored.delete(name);
  }
  async account(accessKey: string) {
    this.#here();
    const found = this.kept.get(accessKey);
    if (found === undefined) return undefined;
    const { enabled, listed, grant } = found;
    return { enabled, listed, grant };
  }
  async accounts() {
    this.#here();
    return new Set([...this.kept].filter(([, { listed }]) => listed).map(([key]) => key));
  }
  async makeAccount(accessKey: string, secretKey: string, enabled: boolean) {
    this.#here();
    this.kept.set(accessKey, { secretKey, enabled, listed: false, grant: "none" });
  }
  async listAccount(accessKey: string) {
    this.#account(accessKey).listed = true;
  }
  async setEnabled(accessKey: string, enabled: boolean) {
    this.#account(accessKey).enabled = enabled;
  }
  async grant(accessKey: string, grant: Grant) {
    this.#account(accessKey).grant = grant;
  }
  async removeAccount(accessKey: string) {
    this.#here();
    this.kept.delete(accessKey);
  }
}
