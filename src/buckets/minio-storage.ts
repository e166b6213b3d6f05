import http from "node:http";
import https from "node:https";
import { Client, type ClientOptions } from "minio";
import { MinioAdmin } from "./minio-admin/client.ts";
import { StorageError } from "./minio-admin/error.ts";
import { refusal, unanswered } from "./minio-admin/transport.ts";
import { canonicalPolicy, grantIn, policyOf, publicPolicyOf } from "./policies.ts";
import { type AccountRights, rightsIn } from "./rights.ts";
import type { BucketUsage, Grant, ObjectStorage, StoredAccount, StoredBucket } from "./storage.ts";

export interface MinioOptions {
  readonly url: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The group that the console's accounts are in, and what its policies begin with. */
  readonly prefix: string;
  readonly onCall?: ((outcome: string) => void) | undefined;
}

const TAG = "tardis-console";
const RULE = "tardis-console-expiry";
/** Connections at once. */
const AT_ONCE = 8;

/** Buckets and keys at MinIO: buckets through its client, accounts and quotas by its admin protocol. */
export class MinioStorage implements ObjectStorage {
  readonly name = "MinIO";
  readonly #options: MinioOptions;
  readonly #admin: MinioAdmin;
  readonly #agent: http.Agent;

  constructor(options: MinioOptions) {
    this.#options = options;
    const { url, region, accessKey, secretKey, onCall } = options;
    this.#admin = new MinioAdmin({ url, region, credentials: { accessKey, secretKey }, onCall });
    const agent = { keepAlive: true, maxSockets: AT_ONCE };
    this.#agent = this.#isSecure ? new https.Agent(agent) : new http.Agent(agent);
  }

  get #isSecure(): boolean {
    return this.#options.url.startsWith("https:");
  }

  /** Closes connections that are kept. */
  close(): void {
    this.#agent.destroy();
    this.#admin.close();
  }

  version(signal: AbortSignal): Promise<string> {
    return this.#admin.version(signal);
  }

  async rights(signal: AbortSignal): Promise<AccountRights> {
    return rightsIn(await this.#admin.ownPolicy(signal));
  }

  async usage(signal: AbortSignal): Promise<ReadonlyMap<string, BucketUsage>> {
    const listed = await this.#admin.buckets(signal);
    return new Map(
      listed.map(({ name, created, ...rest }) => [
        name,
        { created: inMilliseconds(created), ...rest },
      ]),
    );
  }

  async bucket(
    name: string,
    signal: AbortSignal,
    listed?: BucketUsage,
  ): Promise<StoredBucket | undefined> {
    if (listed !== undefined)
      return this.#details(name, listed.created, signal, async () => listed.quotaBytes);
    const all = await this.#s3(signal, (client) => client.listBuckets());
    const found = all.find((bucket) => bucket.name === name);
    if (found === undefined) return undefined;
    return this.#details(name, found.creationDate.toISOString(), signal, () =>
      this.#admin.bucketQuota(name, signal),
    );
  }

  isEmpty(name: string, signal: AbortSignal): Promise<boolean> {
    return this.#s3(signal, async (client) => {
      const found = client.listObjects(name, "", true, { IncludeVersion: true });
      for await (const _one of found) return false;
      return true;
    });
  }

  makeBucket(name: string, signal: AbortSignal): Promise<void> {
    return this.#s3(signal, (client) => client.makeBucket(name, this.#options.region));
  }

  async mark(name: string, mark: string, signal: AbortSignal): Promise<void> {
    const tags = await this.#tags(name, signal);
    await this.#s3(signal, (client) => client.setBucketTagging(name, { ...tags, [TAG]: mark }));
  }

  async setExposure(
    name: string,
    exposure: "private" | "read",
    signal: AbortSignal,
  ): Promise<void> {
    const policy = exposure === "read" ? JSON.stringify(publicPolicyOf(name)) : "";
    await this.#s3(signal, (client) => client.setBucketPolicy(name, policy));
  }

  async setExpiry(name: string, days: number | null, signal: AbortSignal): Promise<void> {
    await this.#s3(signal, (client) =>
      days === null
        ? client.removeBucketLifecycle(name)
        : client.setBucketLifecycle(name, {
            Rule: [
              { ID: RULE, Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: days } },
            ],
          }),
    );
  }

  setQuota(name: string, bytes: number | null, signal: AbortSignal): Promise<void> {
    return this.#admin.setBucketQuota(name, bytes, signal);
  }

  deleteBucket(name: string, signal: AbortSignal): Promise<void> {
    return this.#admin.deleteBucketWithContent(name, signal);
  }

  async deleteEmptyBucket(name: string, signal: AbortSignal): Promise<void> {
    await this.#ask(signal, "NoSuchBucket", (client) => client.removeBucket(name));
  }

  async account(accessKey: string, signal: AbortSignal): Promise<StoredAccount | undefined> {
    const found = await this.#admin.account(accessKey, signal);
    if (found === undefined) return undefined;
    const { enabled, policies, groups } = found;
    const listed = groups.includes(this.#options.prefix);
    // What else it is in might let it do more.
    const isAlone = groups.length === (listed ? 1 : 0);
    return {
      enabled,
      listed,
      grant: isAlone ? await this.#grantOf(accessKey, policies, signal) : "other",
    };
  }

  async #grantOf(
    accessKey: string,
    policies: readonly string[],
    signal: AbortSignal,
  ): Promise<StoredAccount["grant"]> {
    if (policies.length === 0) return "none";
    const name = this.#policyName(accessKey);
    if (policies.length > 1 || policies[0] !== name) return "other";
    const policy = await this.#admin.policy(name, signal);
    return policy === undefined ? "none" : (grantIn(policy) ?? "other");
  }

  async accounts(signal: AbortSignal): Promise<ReadonlySet<string>> {
    return new Set(await this.#admin.groupMembers(this.#options.prefix, signal));
  }

  makeAccount(
    accessKey: string,
    secretKey: string,
    enabled: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#admin.addUser(accessKey, { secretKey, enabled }, signal);
  }

  listAccount(accessKey: string, signal: AbortSignal): Promise<void> {
    return this.#admin.addToGroup(this.#options.prefix, [accessKey], signal);
  }

  setEnabled(accessKey: string, enabled: boolean, signal: AbortSignal): Promise<void> {
    return this.#admin.setUserStatus(accessKey, enabled, signal);
  }

  async grant(accessKey: string, grant: Grant, signal: AbortSignal): Promise<void> {
    const name = this.#policyName(accessKey);
    await this.#admin.putPolicy(name, policyOf(grant), signal);
    await this.#admin.setUserPolicy(accessKey, name, signal);
  }

  async removeAccount(accessKey: string, signal: AbortSignal): Promise<void> {
    await this.#admin.removeUser(accessKey, signal);
    await this.#admin.removePolicy(this.#policyName(accessKey), signal);
  }

  #policyName(accessKey: string): string {
    return `${this.#options.prefix}-${accessKey}`;
  }

  /** Undefined when it goes away meanwhile. */
  async #details(
    name: string,
    created: string,
    signal: AbortSignal,
    quota: () => Promise<number | null>,
  ): Promise<StoredBucket | undefined> {
    try {
      const [tags, exposure, expireDays, quotaBytes] = await Promise.all([
        this.#tags(name, signal),
        this.#exposure(name, signal),
        this.#expiry(name, signal),
        quota(),
      ]);
      return { created, mark: tags[TAG] ?? null, exposure, expireDays, quotaBytes };
    } catch (error) {
      if (error instanceof StorageError && error.code === "NoSuchBucket") return undefined;
      throw error;
    }
  }

  async #tags(name: string, signal: AbortSignal): Promise<Record<string, string>> {
    const tags = await this.#ask(signal, "NoSuchTagSet", (client) => client.getBucketTagging(name));
    return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value]));
  }

  async #exposure(name: string, signal: AbortSignal): Promise<StoredBucket["exposure"]> {
    const text = await this.#ask(signal, "NoSuchBucketPolicy", (client) =>
      client.getBucketPolicy(name),
    );
    if (text === undefined || text === "") return "private";
    const found = canonicalPolicy(JSON.parse(text));
    return found === canonicalPolicy(publicPolicyOf(name)) ? "read" : "other";
  }

  async #expiry(name: string, signal: AbortSignal): Promise<StoredBucket["expireDays"]> {
    const config = await this.#ask(signal, "NoSuchLifecycleConfiguration", (client) =>
      client.getBucketLifecycle(name),
    );
    const rules = [config?.Rule ?? []].flat() as {
      ID?: string;
      Status?: string;
      Expiration?: { Days?: number | string };
    }[];
    if (rules.length === 0) return null;
    const [{ ID, Status, Expiration } = {}] = rules;
    const days = Number(Expiration?.Days);
    const isOurs = rules.length === 1 && ID === RULE && Status === "Enabled" && days > 0;
    return isOurs ? days : "other";
  }

  /** What there is; undefined where the storage says that there is none. */
  async #ask<T>(
    signal: AbortSignal,
    none: string,
    work: (client: Client) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await this.#s3(signal, work);
    } catch (error) {
      if (error instanceof StorageError && error.code === none) return undefined;
      throw error;
    }
  }

  /** The client knows no signals, so each call has one of its own whose requests end by it. */
  async #s3<T>(signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
    const { url, region, accessKey, secretKey, onCall } = this.#options;
    const { hostname, port } = new URL(url);
    const plain = this.#isSecure ? https : http;
    const request: typeof http.request = (...args: unknown[]) => {
      const [options, answered] = args as [
        http.RequestOptions,
        (from: http.IncomingMessage) => void,
      ];
      return plain.request({ ...options, signal }, answered);
    };
    const options: ClientOptions = {
      endPoint: hostname.replace(/^\[(.*)\]$/, "$1"),
      useSSL: this.#isSecure,
      ...(port === "" ? {} : { port: Number(port) }),
      accessKey,
      secretKey,
      region,
      transport: { ...plain, request },
      transportAgent: this.#agent,
      retryOptions: { disableRetry: true },
    };
    try {
      const answer = await work(new Client(options));
      onCall?.("2xx");
      return answer;
    } catch (error) {
      const failure = failureOf(error, signal);
      onCall?.(failure.code === undefined ? "failed" : "4xx");
      throw failure;
    }
  }
}

/** The client's own words may name keys and addresses: only its code is taken. */
function failureOf(error: unknown, signal: AbortSignal): StorageError {
  if (signal.aborted) return unanswered(error, signal);
  const { code, name } = error as { code?: unknown; name?: unknown };
  const isAnswer = name === "S3Error" && typeof code === "string" && /^[A-Z][A-Za-z]+$/.test(code);
  if (isAnswer) return refusal(STATUS[code] ?? 400, code);
  return unanswered(error, signal);
}

/** The client does not pass the status on, and only of these the code does not say enough. */
const STATUS: Readonly<Record<string, number>> = { InternalError: 500, UnknownError: 500 };

function inMilliseconds(time: string): string {
  return new Date(time).toISOString();
}
