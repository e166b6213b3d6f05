import type { AccountRights } from "./rights.ts";

/** What a bucket is like at the storage. */
export interface StoredBucket {
  /** When it was made, ISO 8601: another bucket of the same name has another. */
  readonly created: string;
  /** The mark that `mark` put on it; null: none. */
  readonly mark: string | null;
  /** `read`: everyone may read the objects. `other`: it is set in a way that the console never does. */
  readonly exposure: "private" | "read" | "other";
  /** Days after which objects are deleted; null: never; `other`: rules that the console never makes. */
  readonly expireDays: number | null | "other";
  readonly quotaBytes: number | null;
}

/** How much is in a bucket, as the storage counted it last. */
export interface BucketUsage {
  readonly created: string;
  readonly bytes: number;
  readonly objects: number;
  readonly quotaBytes: number | null;
}

/** What a key may do: read or write in exactly these buckets. */
export interface Grant {
  readonly access: "read" | "write";
  /** Names, in ascending order. */
  readonly buckets: readonly string[];
}

/** A key at the storage, without its secret. */
export interface StoredAccount {
  readonly enabled: boolean;
  /** `other`: what the console never gives. */
  readonly grant: Grant | "none" | "other";
  /** Whether it is listed among the console's own. */
  readonly listed: boolean;
}

/**
 * An object storage, as far as the console needs it: buckets and the keys to them. Each method is one
 * step, may be done again, and ends by its signal. It throws `StorageError`.
 */
export interface ObjectStorage {
  /** As people know it: `MinIO`. */
  readonly name: string;
  version(signal: AbortSignal): Promise<string>;
  /** What the console's own account may do. */
  rights(signal: AbortSignal): Promise<AccountRights>;

  /** Every bucket there is, ours or not, by name. It may be a second old. */
  usage(signal: AbortSignal): Promise<ReadonlyMap<string, BucketUsage>>;
  /** @param listed what `usage` told of it: that is not asked for again */
  bucket(
    name: string,
    signal: AbortSignal,
    listed?: BucketUsage,
  ): Promise<StoredBucket | undefined>;
  /** Whether nothing is in it: no object, no older version of one, and no mark of one that was deleted. */
  isEmpty(name: string, signal: AbortSignal): Promise<boolean>;
  /** @throws StorageError `refused` when there is one of this name already, whoever made it */
  makeBucket(name: string, signal: AbortSignal): Promise<void>;
  /** Marks it as the console's; it keeps what other marks it has. */
  mark(name: string, mark: string, signal: AbortSignal): Promise<void>;
  setExposure(name: string, exposure: "private" | "read", signal: AbortSignal): Promise<void>;
  setExpiry(name: string, days: number | null, signal: AbortSignal): Promise<void>;
  setQuota(name: string, bytes: number | null, signal: AbortSignal): Promise<void>;
  /** With all that is in it. It may be gone already. */
  deleteBucket(name: string, signal: AbortSignal): Promise<void>;
  /** It may be gone already. @throws StorageError `refused` when anything is in it */
  deleteEmptyBucket(name: string, signal: AbortSignal): Promise<void>;

  account(accessKey: string, signal: AbortSignal): Promise<StoredAccount | undefined>;
  /** The accounts that the console has made. */
  accounts(signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Makes it, or gives it this secret. It may do nothing before `grant`. */
  makeAccount(
    accessKey: string,
    secretKey: string,
    enabled: boolean,
    signal: AbortSignal,
  ): Promise<void>;
  /** Lists it among the console's own. */
  listAccount(accessKey: string, signal: AbortSignal): Promise<void>;
  setEnabled(accessKey: string, enabled: boolean, signal: AbortSignal): Promise<void>;
  /** In the place of what it might do before. */
  grant(accessKey: string, grant: Grant, signal: AbortSignal): Promise<void>;
  /** With all sessions made from it. It may be gone already. */
  removeAccount(accessKey: string, signal: AbortSignal): Promise<void>;
}
