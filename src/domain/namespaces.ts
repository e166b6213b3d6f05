/** Namespaces at Kubernetes, and the kubeconfigs that open them. */
import { z } from "zod";
import { common, idField, lineField, timeField } from "./fields.ts";
import type { Hostname, Label } from "./names.ts";

/** A namespace's name at Kubernetes: one DNS label. */
export const namespaceNameField = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "not a namespace's name");

/** What all that runs in a namespace may use together. */
export const namespaceLimitsSchema = z.strictObject({
  /** In thousandths of a core. */
  cpu: z.number().int().min(1).max(10_000_000),
  /** In MiB. */
  memory: z.number().int().min(1).max(100_000_000),
  pods: z.number().int().min(0).max(10_000),
  /** Of volumes, in GiB. */
  storage: z.number().int().min(0).max(1_000_000),
});
export type NamespaceLimits = z.infer<typeof namespaceLimitsSchema>;

export const namespaceSchema = z.strictObject({
  ...common,
  kind: z.literal("namespace"),
  owner: idField,
  /** Never another one's before its end was seen, and this record with it gone. */
  name: namespaceNameField,
  /** Which namespace of this name it is: Kubernetes gives each its own. Unset: it was not seen yet. */
  uid: z.string().min(1).max(64).optional(),
  /** What an admin set for it, over the configuration's. */
  limits: namespaceLimitsSchema.partial().optional(),
  /** It is closed, and is deleted with all that is in it when the time is over. */
  deleting: z.strictObject({ at: timeField, until: timeField }).optional(),
});
export type Namespace = z.infer<typeof namespaceSchema>;

/** Names the secret at Kubernetes that a token hangs on: with it, the token ends. */
export const tokenHandleField = z.string().regex(/^[a-z2-7]{20}$/, "not a token's handle");

/** A way into a namespace for `kubectl`. Its token is shown once, in a kubeconfig, and kept nowhere. */
export const kubeconfigSchema = z.strictObject({
  ...common,
  kind: z.literal("kubeconfig"),
  owner: idField,
  namespace: idField,
  name: lineField.min(1),
  /** For how long it was asked, and is asked again when it is renewed. */
  days: z.number().int().min(1).max(365),
  handle: tokenHandleField,
  /** Which secret of this name the token hangs on: another one does not bring it back. */
  uid: z.string().min(1).max(64).optional(),
  /** Which account the token is of, in the same way. */
  accountUid: z.string().min(1).max(64).optional(),
  /** Whether someone was given the token; one that nobody has is taken away. */
  issued: z.boolean(),
  expiresAt: timeField.optional(),
  /** What is to take the place of `handle`, until someone was given its token. */
  next: tokenHandleField.optional(),
  /** Handles that it had, and whose secrets are to be removed. */
  retired: z.array(tokenHandleField).max(100),
  deleting: z.boolean(),
});
export type Kubeconfig = z.infer<typeof kubeconfigSchema>;

/**
 * Where ingresses of whoever holds a label may be, and below: `alice.on.tardis.ac`, so also
 * `x.alice.on.tardis.ac`. A label is one owner's alone and rests when it is given back; it has no dot in
 * it, so nothing below one label's host is ever spelt like another's.
 * @param below what all of them are below: `on`
 */
export function ingressHost(label: Label, below: string, zone: Hostname): Hostname {
  return `${label}.${below}.${zone}` as Hostname;
}
