import { z } from "zod";
import { StorageError } from "./error.ts";
import { seal } from "./seal.ts";
import { Transport, type Request, type TransportOptions } from "./transport.ts";

const BASE = "/minio/admin/v3";

const accountSchema = z.object({
  status: z.enum(["enabled", "disabled"]),
  policyName: z.string().optional(),
  memberOf: z.array(z.string()).nullish(),
});
/** An account as the server describes it, without its secret key. */
export interface Account {
  readonly enabled: boolean;
  /** The names of the policies that are attached to it. */
  readonly policies: readonly string[];
  readonly groups: readonly string[];
}

const tagsSchema = z
  .object({ tagSet: z.record(z.string(), z.string()).nullish() })
  .loose()
  .nullish();
const quotaSchema = z.object({ size: z.number().optional(), quota: z.number().optional() });
const bucketsSchema = z.object({
  Buckets: z
    .array(
      z.object({
        name: z.string(),
        created: z.string(),
        size: z.number().optional(),
        objects: z.number().optional(),
        details: z
          .object({
            locking: z.boolean().optional(),
            tags: tagsSchema,
            quota: quotaSchema.nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
});
const ownSchema = z.object({ Policy: z.unknown() });
const groupSchema = z.object({ members: z.array(z.string()).nullish() });
const infoSchema = z.object({
  servers: z.array(z.object({ version: z.string().optional() }).loose()).nullish(),
});

/** A bucket in the server's own list. */
export interface ListedBucket {
  readonly name: string;
  /** When it was made, as the server writes it: another bucket of this name has another. */
  readonly created: string;
  /** Bytes and objects as the scanner last counted them. */
  readonly bytes: number;
  readonly objects: number;
  readonly quotaBytes: number | null;
  readonly locked: boolean;
}

/**
 * MinIO's admin protocol, as far as it takes to give people keys for their buckets: the calls of
 * `minio/madmin-go` v3 by the same names, and what the server's `cmd/admin-handlers-users.go`
 * answers. Bodies that hold a secret are sealed with the caller's secret key. Answers that come
 * sealed are not read: whoever chooses the keys knows what is in them.
 *
 * No call is repeated here, and each says whether its repeat does harm: none does.
 */
export class MinioAdmin {
  readonly #transport: Transport;
  readonly #secretKey: string;

  constructor(options: TransportOptions) {
    this.#transport = new Transport(options);
    this.#secretKey = options.credentials.secretKey;
  }

  /** Closes connections that are kept. */
  close(): void {
    this.#transport.close();
  }

  /** The server's version, as it names it. */
  async version(signal: AbortSignal): Promise<string> {
    const info = await this.#read("info", {}, infoSchema, signal);
    return info.servers?.[0]?.version ?? "unknown";
  }

  /**
   * All buckets, with what the server counts and keeps of each, in one answer. It may be a second
   * old: the server answers it from a copy.
   */
  async buckets(signal: AbortSignal): Promise<readonly ListedBucket[]> {
    const { Buckets } = await this.#read("accountinfo", {}, bucketsSchema, signal);
    return (Buckets ?? []).map(({ name, created, size, objects, details }) => ({
      name,
      created,
      bytes: size ?? 0,
      objects: objects ?? 0,
      quotaBytes: quotaIn(details?.quota),
      locked: details?.locking === true,
    }));
  }

  /** What the caller's own account may do: its policies and those of its groups, in one. */
  async ownPolicy(signal: AbortSignal): Promise<unknown> {
    return (await this.#read("accountinfo", {}, ownSchema, signal)).Policy;
  }

  /** One account, or undefined where there is none. */
  async account(accessKey: string, signal: AbortSignal): Promise<Account | undefined> {
    try {
      const found = await this.#read("user-info", { accessKey }, accountSchema, signal);
      return {
        enabled: found.status === "enabled",
        policies: (found.policyName ?? "").split(",").filter((name) => name !== ""),
        groups: found.memberOf ?? [],
      };
    } catch (error) {
      return undefinedWhereMissing(error);
    }
  }

  /** Makes an account, or gives an old one this secret and status: without one it is disabled. */
  async addUser(
    accessKey: string,
    user: { readonly secretKey: string; readonly enabled: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const status = user.enabled ? "enabled" : "disabled";
    const body = JSON.stringify({ secretKey: user.secretKey, status });
    await this.#send(
      { method: "PUT", path: "add-user", query: { accessKey }, body: this.#seal(body) },
      signal,
    );
  }

  async setUserStatus(accessKey: string, enabled: boolean, signal: AbortSignal): Promise<void> {
    const query = { accessKey, status: enabled ? "enabled" : "disabled" };
    await this.#send({ method: "PUT", path: "set-user-status", query }, signal);
  }

  /** Removes an account with all sessions and keys that were made from it; it may be gone already. */
  async removeUser(accessKey: string, signal: AbortSignal): Promise<void> {
    await this.#send({ method: "DELETE", path: "remove-user", query: { accessKey } }, signal).catch(
      undefinedWhereMissing,
    );
  }

  /** Puts accounts into a group; the first one makes it. */
  async addToGroup(group: string, members: readonly string[], signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({ group, members, groupStatus: "enabled", isRemove: false });
    await this.#send(
      { method: "PUT", path: "update-group-members", body: Buffer.from(body) },
      signal,
    );
  }

  /** The accounts in a group: none, where there is no such group. */
  async groupMembers(group: string, signal: AbortSignal): Promise<readonly string[]> {
    try {
      return (await this.#read("group", { group }, groupSchema, signal)).members ?? [];
    } catch (error) {
      undefinedWhereMissing(error);
      return [];
    }
  }

  /** Writes a policy, in the place of one of this name. */
  async putPolicy(name: string, policy: object, signal: AbortSignal): Promise<void> {
    const body = Buffer.from(JSON.stringify(policy));
    await this.#send({ method: "PUT", path: "add-canned-policy", query: { name }, body }, signal);
  }

  /** A policy as the server has it, in its own spelling; undefined where there is none. */
  async policy(name: string, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#read("info-canned-policy", { name }, z.unknown(), signal);
    } catch (error) {
      return undefinedWhereMissing(error);
    }
  }

  /** All policies by name, in the server's own spelling. */
  policies(signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    return this.#read("list-canned-policies", {}, z.record(z.string(), z.unknown()), signal);
  }

  /** Removes a policy that no account has; it may be gone already. */
  async removePolicy(name: string, signal: AbortSignal): Promise<void> {
    await this.#send(
      { method: "DELETE", path: "remove-canned-policy", query: { name } },
      signal,
    ).catch(undefinedWhereMissing);
  }

  /** Gives an account exactly this policy, in the place of all that it had. */
  async setUserPolicy(accessKey: string, policyName: string, signal: AbortSignal): Promise<void> {
    const query = { policyName, userOrGroup: accessKey, isGroup: "false" };
    await this.#send({ method: "PUT", path: "set-user-or-group-policy", query }, signal);
  }

  /**
   * Sets how many bytes a bucket may hold; null: as many as fit. The server counts now and then, so
   * more may get in before it stops.
   */
  async setBucketQuota(bucket: string, bytes: number | null, signal: AbortSignal): Promise<void> {
    const size = bytes ?? 0;
    const quota = { quota: size, size, ...(bytes === null ? {} : { quotatype: "hard" }) };
    const body = Buffer.from(JSON.stringify(quota));
    await this.#send({ method: "PUT", path: "set-bucket-quota", query: { bucket }, body }, signal);
  }

  async bucketQuota(bucket: string, signal: AbortSignal): Promise<number | null> {
    return quotaIn(await this.#read("get-bucket-quota", { bucket }, quotaSchema, signal));
  }

  /**
   * Deletes a bucket with all that is in it, which is no call of S3's: MinIO does it for this header.
   * It may be gone already. A bucket whose objects are locked is refused.
   */
  async deleteBucketWithContent(bucket: string, signal: AbortSignal): Promise<void> {
    const headers = { "X-Minio-Force-Delete": "true" };
    await this.#transport
      .call({ method: "DELETE", path: `/${bucket}`, headers }, signal)
      .catch(undefinedWhereMissing);
  }

  #seal(text: string): Buffer {
    return seal(this.#secretKey, Buffer.from(text));
  }

  async #send(request: Request, signal: AbortSignal): Promise<Buffer> {
    return this.#transport.call({ ...request, path: `${BASE}/${request.path}` }, signal);
  }

  async #read<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const answer = await this.#send({ method: "GET", path, query }, signal);
    try {
      return schema.parse(JSON.parse(answer.toString()));
    } catch {
      // Half an answer is none: what is missing from it is not missing from the storage.
      throw new StorageError("away", "The storage's answer cannot be understood.");
    }
  }
}

function quotaIn(quota: z.infer<typeof quotaSchema> | null | undefined): number | null {
  const bytes = quota?.size || quota?.quota || 0;
  return bytes === 0 ? null : bytes;
}

function undefinedWhereMissing(error: unknown): undefined {
  if (error instanceof StorageError && error.failure === "missing") return undefined;
  throw error;
}
