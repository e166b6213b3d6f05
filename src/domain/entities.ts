/**
 * What the state is made of. Each record is stored as it stands here, with `v`, the version of its
 * form; `records.ts` lifts older ones. `revision` is the commit that last wrote the record: it is
 * the entity's ETag.
 */
import { z } from "zod";
import { Refusal } from "../errors.ts";
import {
  parseHostname,
  parseLabel,
  parsePathPrefix,
  type Hostname,
  type Label,
  type PathPrefix,
} from "./names.ts";
import { parseTarget, targetUrl } from "./targets.ts";

/** A zod type whose values come out of a domain parser, so that no other text can pass. */
function parsed<T extends string>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  });
}

export const labelField = parsed<Label>((text) => parseLabel(text, { allowPunycode: true }));
export const hostnameField = parsed<Hostname>((text) => parseHostname(text));
export const pathField = parsed<PathPrefix>((text) => parsePathPrefix(text));
const targetField = parsed((text) => targetUrl(parseTarget(text)));

/** Ids become router names, so they are of one narrow alphabet. */
export const idField = z.string().regex(/^[a-z]{2,5}-[a-z0-9]{1,40}$/, "not an id");
const timeField = z.iso.datetime();
const revisionField = z.number().int().nonnegative();
// oxlint-disable-next-line no-control-regex -- control characters are what is kept out
const LINE = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/;

/** Text for people: one line, without control characters. */
export const lineField = z.string().trim().max(200).regex(LINE, "must be one line of text");
export const emailField = z.email().max(254);

const common = { v: z.literal(1), id: idField, revision: revisionField, createdAt: timeField };

export const quotaSchema = z.strictObject({
  endpoints: z.number().int().min(0).max(100_000),
  labels: z.number().int().min(0).max(10_000),
  pages: z.number().int().min(0).max(100_000),
  tokens: z.number().int().min(0).max(10_000),
  targetsPerEndpoint: z.number().int().min(1).max(64),
  changesPerHour: z.number().int().min(1).max(1_000_000),
});
export type Quota = z.infer<typeof quotaSchema>;

/** Networks, or name suffixes, that an admin granted to one owner. */
export const targetGrantSchema = z.union([
  z.strictObject({
    network: z.union([z.cidrv4(), z.cidrv6()]),
    ports: z
      .array(z.string().regex(/^\d{1,5}(-\d{1,5})?$/))
      .min(1)
      .max(20),
  }),
  z.strictObject({
    suffix: z
      .string()
      .regex(/^(\.[a-z0-9-]+)+$/)
      .max(200),
    ports: z
      .array(z.string().regex(/^\d{1,5}(-\d{1,5})?$/))
      .min(1)
      .max(20),
  }),
]);
export type OwnTargetGrant = z.infer<typeof targetGrantSchema>;

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
  v: z.literal(2),
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

export const SCOPES = ["read", "endpoints", "owners", "tokens", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export const tokenSchema = z.strictObject({
  ...common,
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
  answer: answerSchema,
} as const;

export type Kind = keyof typeof entitySchemas;
export type EntityOf<K extends Kind> = z.infer<(typeof entitySchemas)[K]>;
export type Entity = { [K in Kind]: EntityOf<K> }[Kind];

export const KINDS = Object.keys(entitySchemas) as readonly Kind[];
