import type { Grant } from "./storage.ts";

/*
 * The policies that accounts and buckets get at a storage that speaks the language of AWS's policies.
 * Buckets are named one by one: `alice-*` would be `alice-b`'s, too.
 */

const ON_BUCKET = {
  read: ["s3:GetBucketLocation", "s3:ListBucket"],
  write: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
};
const ON_OBJECTS = {
  read: ["s3:GetObject"],
  write: [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
  ],
};

interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
}

const arn = (name: string) => `arn:aws:s3:::${name}`;

/**
 * What a key may do. No key makes keys of its own, which would outlive it, nor buckets, which would
 * be in nobody's quota; that it may not list all buckets has the server list only those it may use.
 */
export function policyOf({ access, buckets }: Grant): { Version: string; Statement: Statement[] } {
  const names = [...buckets].toSorted();
  const allowed: Statement[] =
    names.length === 0
      ? []
      : [
          { Effect: "Allow", Action: ON_BUCKET[access], Resource: names.map(arn) },
          {
            Effect: "Allow",
            Action: ON_OBJECTS[access],
            Resource: names.map((name) => `${arn(name)}/*`),
          },
        ];
  return {
    Version: "2012-10-17",
    Statement: [...allowed, { Effect: "Deny", Action: ["admin:*"] }],
  };
}

/** What has everyone read the objects of a bucket, without listing them. */
export function publicPolicyOf(bucket: string): object {
  const all = { AWS: ["*"] };
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: all,
        Action: ["s3:GetObject"],
        Resource: [`${arn(bucket)}/*`],
      },
    ],
  };
}

/** One text for all spellings of a policy: servers write lists in any order, and one as it is. */
export function canonicalPolicy(policy: unknown): string {
  return JSON.stringify(canonical(policy ?? null));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => JSON.stringify(canonical(item))).toSorted();
    return items.length === 1 ? JSON.parse(items[0] ?? "") : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, one]) => one !== "" && one !== null)
    .map(([key, one]) => [key, canonical(one)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

/** The grant that a policy is, if it is one of `policyOf`. */
export function grantIn(policy: unknown): Grant | undefined {
  const text = canonicalPolicy(policy);
  const names = new Set(
    [...text.matchAll(/arn:aws:s3:::([a-z0-9.-]+)(?![a-z0-9.*/-])/g)].map(([, name]) => name ?? ""),
  );
  const buckets = [...names].toSorted();
  return (["read", "write"] as const)
    .map((access): Grant => ({ access, buckets }))
    .find((grant) => canonicalPolicy(policyOf(grant)) === text);
}
