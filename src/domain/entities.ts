/**
 * What the state is made of. Each record is stored as it stands here, with `v`, the version of its
 * form; `records.ts` lifts older ones. `revision` is the commit that last wrote the record: it is
 * the entity's ETag.
 */
import { z } from "zod";
import {
  common,
  emailField,
  hostnameField,
  idField,
  labelField,
  lineField,
  pathField,
  quotaSchema,
  revisionField,
  targetField,
  targetGrantSchema,
  timeField,
} from "./fields.ts";
import { databaseAccountSchema, databaseSchema } from "./databases.ts";
import { kubeconfigSchema, namespaceSchema } from "./namespaces.ts";
import { requestSchema } from "./requests.ts";

export type { AccountName, Database, DatabaseAccount, DatabaseName } from "./databases.ts";
export {
  emailField,
  hostnameField,
  idField,
  labelField,
  lineField,
  pathField,
  quotaSchema,
  targetGrantSchema,
  textField,
  type OwnTargetGrant,
  type Quota,
} from "./fields.ts";

const suspensionSchema = z.strictObject({
  at: timeField,
  reason: lineField,
  /** The membership's end suspends by itself, and its renewal resumes by itself. */
  cause: z.enum(["admin", "membership"]),
});
const membershipSchema = z.strictObject({ endsAt: timeField, warnedAt: timeField.optional() });

const ownerFields = {
  ...common,
  /** Also the owner's first label. */
  name: labelField,
  displayName: lineField.optional(),
  suspended: suspensionSchema.optional(),
  membership: membershipSchema.optional(),
  quota: quotaSchema.partial().optional(),
  targets: z.array(targetGrantSchema).max(100).optional(),
};

export const personSchema = z.strictObject({
  ...ownerFields,
  v: z.literal(3),
  kind: z.literal("person"),
  email: emailField.optional(),
  role: z.enum(["member", "admin"]),
  identities: z
    .array(z.strictObject({ issuer: z.url().max(500), subject: lineField.min(1) }))
    .max(20),
  /** Sessions that began before are dead, wherever they are kept. */
  signedOut: timeField.optional(),
});
export type Person = z.infer<typeof personSchema>;

export const groupSchema = z.strictObject({
  ...ownerFields,
  v: z.literal(2),
  kind: z.literal("group"),
  managers: z.array(idField).max(200),
});
export type Group = z.infer<typeof groupSchema>;

export type Owner = Person | Group;

/** A name under the zone that someone holds, or held until it was given back. */
export const labelSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal("label"),
  /** The label itself. */
  id: labelField,
  revision: revisionField,
  createdAt: timeField,
  /** Who holds it; at rest: who held it last, and alone may have it back. */
  owner: idField,
  /** Set while it rests: until then it answers 410, and nobody else may have it. */
  restsUntil: timeField.optional(),
});
export type LabelRecord = z.infer<typeof labelSchema>;

export const healthCheckSchema = z.strictObject({
  // Two slashes at its start would name another host; Traefik 3.7 fails every such check.
  path: z
    .string()
    .max(200)
    .regex(/^\/(?!\/)[A-Za-z0-9._~/-]*$/, "must be a path like /healthz"),
  intervalSeconds: z.number().int().min(1).max(3600),
  timeoutSeconds: z.number().int().min(1).max(60),
});
export type HealthCheck = z.infer<typeof healthCheckSchema>;

export const endpointSchema = z.strictObject({
  ...common,
  kind: z.literal("endpoint"),
  owner: idField,
  host: hostnameField,
  path: pathField,
  /** All of one scheme; URLs in canonical form. */
  targets: z.array(targetField).min(1).max(64),
  stripPrefix: z.boolean(),
  passHostHeader: z.boolean(),
  acceptSelfSigned: z.boolean(),
  healthCheck: healthCheckSchema.optional(),
  paused: z.boolean(),
});
export type Endpoint = z.infer<typeof endpointSchema>;

const gitlabId = z.number().int().positive();

/** What a page's record was last written for. */
export const PAGE_SOURCES = ["import", "sync", "hook", "watch", "request"] as const;
export type PageSource = (typeof PAGE_SOURCES)[number];

/** One place of a GitLab Pages site, as the last read of GitLab gave it. */
export const pageSchema = z.strictObject({
  ...common,
  v: z.literal(2),
  kind: z.literal("page"),
  /** GitLab's project id. */
  project: gitlabId,
  /** The project's path in GitLab, in its real case, for people. */
  projectPath: lineField.min(1),
  /** GitLab's id of the namespace at the top; null where GitLab was never asked. */
  namespace: gitlabId.nullable(),
  owner: idField.nullable(),
  host: hostnameField,
  path: pathField,
  /** The site asks visitors to sign in; the daemon then owns `/auth` on the host. */
  accessControl: z.boolean(),
  /** `redirect`: where the daemon sends visitors on to the domain that is the site's own. */
  serves: z.enum(["site", "redirect"]),
  /** Whether GitLab has a deployment of it; without one it is kept for people to see. */
  deployed: z.boolean(),
  source: z.enum(PAGE_SOURCES),
});
export type Page = z.infer<typeof pageSchema>;

/**
 * To which namespace or project in GitLab a host of pages was given first. Names change hands in
 * GitLab; a host does not, before its rest is over.
 */
export const pageHostSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal("pageHost"),
  /** The host itself. */
  id: hostnameField,
  revision: revisionField,
  createdAt: timeField,
  holder: z.strictObject({ kind: z.enum(["namespace", "project"]), id: gitlabId }),
  /** The holder's path in GitLab, for people. */
  name: lineField.min(1),
  owner: idField.nullable(),
  /** Set once the holder has left the name: until then it answers 410, and is nobody else's. */
  restsUntil: timeField.optional(),
});
export type PageHost = z.infer<typeof pageHostSchema>;

/** A domain outside the zone that someone gave to their GitLab Pages site. */
export const domainSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal("domain"),
  /** The domain itself. */
  id: hostnameField,
  revision: revisionField,
  createdAt: timeField,
  project: gitlabId,
  projectPath: lineField.min(1),
  owner: idField.nullable(),
  verified: z.boolean(),
  /** What GitLab wants to find in DNS. */
  verificationCode: lineField.nullable(),
  /** Until when GitLab serves it; null: it does not. */
  enabledUntil: timeField.nullable(),
  /** Whether GitLab gets its certificate by itself. */
  autoSsl: z.boolean(),
  certificateUntil: timeField.nullable(),
});
export type CustomDomain = z.infer<typeof domainSchema>;

/** A name that nobody may have, beside the configuration's own list. */
export const reservedSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal("reserved"),
  id: labelField,
  revision: revisionField,
  createdAt: timeField,
  reason: lineField,
});
export type Reserved = z.infer<typeof reservedSchema>;

/**
 * A bucket's name at the storage. Those that are made here are the owner's name, a dot, and their own;
 * one that was taken over may have any that a storage takes. Nothing in it means several buckets.
 */
export const bucketNameField = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "not a bucket's name");

/** A bucket at the object storage. */
export const bucketSchema = z.strictObject({
  ...common,
  kind: z.literal("bucket"),
  owner: idField,
  /** Never another one's before its deletion was seen complete, and this record with it gone. */
  name: bucketNameField,
  /**
   * `asked`: nobody has looked yet. `free`: it was seen that nobody has the name, so what is there
   * from now on, empty and with nothing set, is ours. `made`: it is there.
   */
  stage: z.enum(["asked", "free", "made"]),
  /** When the storage made it: another bucket of the same name has another. */
  madeAt: timeField.optional(),
  /** Everyone may read the objects, without a key. */
  publicRead: z.boolean(),
  /** Days after which objects are deleted; null: never. */
  expireDays: z.number().int().min(1).max(3650).nullable(),
  /** What it may hold, about: the storage counts now and then. */
  gigabytes: z.number().int().min(1).max(1_000_000),
  /** It cannot be used any more, and is deleted with all that is in it when the time is over. */
  deleting: z.strictObject({ at: timeField, until: timeField }).optional(),
});
export type Bucket = z.infer<typeof bucketSchema>;

/** Half of a key, and the name of its account. Knowing it may be enough to write: never guessable. */
export const accessKeyField = z.string().regex(/^[A-Z2-7]{20}$/, "not an access key");

/** A key to an owner's buckets. Its secret is shown once, and kept by the storage alone. */
export const bucketKeySchema = z.strictObject({
  ...common,
  kind: z.literal("bucketKey"),
  owner: idField,
  name: lineField.min(1),
  access: z.enum(["read", "write"]),
  /** The buckets it is for, by id; null: all that the owner has, new ones too. */
  buckets: z.array(idField).max(1000).nullable(),
  accessKey: accessKeyField,
  /** Whether someone was given its secret; one that nobody has is taken away. */
  issued: z.boolean(),
  /** What is to take the place of `accessKey`, until someone was given its secret. */
  next: accessKeyField.optional(),
  /** Access keys that it had, and whose accounts are to be removed. */
  retired: z.array(accessKeyField).max(100),
  deleting: z.boolean(),
});
export type BucketKey = z.infer<typeof bucketKeySchema>;

export const SCOPES = [
  "read",
  "endpoints",
  "namespaces",
  "databases",
  "buckets",
  "owners",
  "tokens",
  "admin",
] as const;
export type Scope = (typeof SCOPES)[number];

export const tokenSchema = z.strictObject({
  ...common,
  v: z.literal(2),
  kind: z.literal("token"),
  name: lineField.min(1),
  /** Whose token it is; null for an operator's, that belongs to no person. */
  owner: idField.nullable(),
  scopes: z.array(z.enum(SCOPES)).min(1),
  /** SHA-256 of the secret, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  expiresAt: timeField,
  /** The first admin token: dead once another admin token exists. */
  bootstrap: z.boolean(),
});
export type Token = z.infer<typeof tokenSchema>;

/** What a pass is for: to sign in once, or to say at the provider who one is, once. */
export const PASS_USES = ["sign-in", "invitation"] as const;
export type PassUse = (typeof PASS_USES)[number];

/** A code that lets somebody in as a person, once: a sign-in link, or an invitation. */
export const passSchema = z.strictObject({
  ...common,
  kind: z.literal("pass"),
  person: idField,
  use: z.enum(PASS_USES),
  /** SHA-256 of the code, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  expiresAt: timeField,
  /** Who made it, as the history says it. */
  by: lineField.min(1),
});
export type Pass = z.infer<typeof passSchema>;

/** The answer to a request that carried an `Idempotency-Key`, kept for its repeats. */
export const answerSchema = z.strictObject({
  ...common,
  kind: z.literal("answer"),
  /** Hash of method, path and body: a repeat with another request is refused. */
  fingerprint: z.string().max(100),
  status: z.number().int(),
  body: z.string().max(200_000),
  expiresAt: timeField,
});
export type Answer = z.infer<typeof answerSchema>;

export const entitySchemas = {
  person: personSchema,
  group: groupSchema,
  label: labelSchema,
  endpoint: endpointSchema,
  page: pageSchema,
  pageHost: pageHostSchema,
  domain: domainSchema,
  reserved: reservedSchema,
  token: tokenSchema,
  request: requestSchema,
  pass: passSchema,
  bucket: bucketSchema,
  bucketKey: bucketKeySchema,
  database: databaseSchema,
  databaseAccount: databaseAccountSchema,
  namespace: namespaceSchema,
  kubeconfig: kubeconfigSchema,
  answer: answerSchema,
} as const;

export type Kind = keyof typeof entitySchemas;
export type EntityOf<K extends Kind> = z.infer<(typeof entitySchemas)[K]>;
export type Entity = { [K in Kind]: EntityOf<K> }[Kind];

export const KINDS = Object.keys(entitySchemas) as readonly Kind[];
