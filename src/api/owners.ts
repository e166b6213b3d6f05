import { z } from "@hono/zod-openapi";
import { lineField, quotaSchema, targetGrantSchema, type Owner } from "../domain/entities.ts";
import type { Context } from "../domain/decision.ts";
import { quotaOf } from "../domain/rules.ts";
import { findOwner, type State } from "../domain/state.ts";
import { allOf, settleOwner } from "../modules.ts";
import { COUNTED, usageOf } from "../owners/usage.ts";
import { dryRunSchemaOf } from "./change.ts";
import { json } from "./contract.ts";
import { PART_KINDS } from "../reconcile/module.ts";
import { STATES } from "../reconcile/standing.ts";
import { Refusal } from "../errors.ts";
import { heldLabels } from "../owners/labels.ts";
import { renewalOf, renewMembership } from "../owners/renew.ts";
import { suspendOwner, resumeOwner } from "../owners/suspend.ts";
import type { Services } from "./services.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const LABELS_SHOWN = 100;

const countFields = Object.fromEntries(COUNTED.map((kind) => [kind, z.number().int()])) as Record<
  (typeof COUNTED)[number],
  z.ZodNumber
>;

/** What persons and groups have in common, as the contract describes it. */
export const ownerFields = {
  id: z.string().openapi({ example: "per-01k9zq3v8e7m4c5n6p2r1s0t9a" }),
  revision: z.number().int().openapi({ description: "The revision that last changed it." }),
  createdAt: z.string(),
  displayName: z.string().nullable(),
  labels: z
    .array(z.string())
    .openapi({ description: "Names they hold, the first 100; all of them are at /labels." }),
  suspended: z
    .object({ at: z.string(), reason: z.string(), cause: z.enum(["admin", "membership"]) })
    .nullable(),
  membershipEndsAt: z.string().nullable(),
  renewal: z.enum(["self", "request"]).nullable().openapi({
    description:
      "How the membership can be renewed now: by `renew`, or by a request to the admins. Null: not now.",
  }),
  warnings: z.array(
    z.object({ code: z.enum(["membership_ending", "membership_ended"]), message: z.string() }),
  ),
  // Made anew: the domain's schemas may be older than what gives schemas `openapi`.
  quota: z
    .object({ ...quotaSchema.shape })
    .openapi({ description: "What they may have, defaults included." }),
  used: z.object(countFields).openapi({ description: "How much of it is in use." }),
  targets: z
    .array(targetGrantSchema)
    .openapi({ description: "Targets that an admin granted to them alone." }),
};

/** What an admin may set of persons and groups alike. */
export const ownerUpdateFields = {
  displayName: lineField.optional(),
  quota: quotaSchema
    .partial()
    .nullable()
    .optional()
    .openapi({ description: "Admins. Exceptions from the defaults; null ends them." }),
  targets: z
    .array(targetGrantSchema)
    .max(100)
    .optional()
    .openapi({ description: "Admins. Targets granted to them alone." }),
  membershipEndsAt: z.iso
    .datetime()
    .nullable()
    .optional()
    .openapi({ description: "Admins. Null: without end." }),
};

export const suspendBody = z.strictObject({ reason: lineField.min(1) });

export function ownerView(services: Services, state: State, owner: Owner) {
  const held = heldLabels(state, owner.id).map((label) => label.id as string);
  return {
    id: owner.id,
    revision: owner.revision,
    createdAt: owner.createdAt,
    displayName: owner.displayName ?? null,
    labels: held.toSorted().slice(0, LABELS_SHOWN),
    suspended: owner.suspended ?? null,
    membershipEndsAt: owner.membership?.endsAt ?? null,
    renewal: renewalOf({ rules: services.rules, now: services.now() }, owner),
    warnings: warnings(services, owner),
    quota: quotaOf(services.rules, owner),
    used: usageOf(state, owner, services.now()),
    targets: [...(owner.targets ?? [])],
  };
}

function warnings(
  { rules, now }: Services,
  owner: Owner,
): { code: "membership_ending" | "membership_ended"; message: string }[] {
  if (owner.membership === undefined) return [];
  const day = owner.membership.endsAt.slice(0, 10);
  const left = Date.parse(owner.membership.endsAt) - now().getTime();
  if (left <= 0) return [{ code: "membership_ended", message: `The membership ended on ${day}.` }];
  if (left > rules.memberships.warnDays * DAY_MS) return [];
  return [{ code: "membership_ending", message: `The membership ends on ${day}.` }];
}

/** Refuses a group where a person is meant, and the other way round, like an owner who does not exist. */
function requireKind(state: State, kind: Owner["kind"], id: string): void {
  const owner = findOwner(state, id);
  if (owner !== undefined && owner.kind !== kind)
    throw new Refusal("not_found", "There is no such owner.");
}

/** What a suspension, its undoing or a removal came to in other systems, as the contract describes it. */
export const partsField = {
  parts: z
    .array(
      z.object({
        kind: z.enum(PART_KINDS),
        id: z.string(),
        name: z.string(),
        state: z.enum([...STATES, "gone", "busy"]),
        why: z.string().nullable(),
        unfinished: z.boolean().optional().openapi({
          description: "Something is left that cannot be done now; `why` says what.",
        }),
      }),
    )
    .optional()
    .openapi({
      description:
        "After a suspension, its undoing or a removal: how what they have in other systems stands now. What could not be reached is tried again by itself.",
    }),
};

const removedOwner = z.object({ id: z.string(), revision: z.number().int() });
/** What the removal of an owner answers, a dry run of it included. */
export const ownerRemoval = json(
  z.union([removedOwner.extend(partsField), dryRunSchemaOf(removedOwner)]),
  "The owner is gone, or what would happen (`dryRun`).",
);

/** Has everything of an owner's in other systems follow a suspension, its undoing or a removal now. */
export async function withParts<T extends { readonly id: string }>(services: Services, body: T) {
  const modules = services.modules();
  if (allOf(modules).length === 0) return body;
  return { ...body, parts: [...(await settleOwner(modules, body.id))] };
}

export interface OwnerAction {
  readonly id: string;
  readonly ifMatch: number | undefined;
}

/** Suspends an owner of this kind. */
export function suspendKind(kind: Owner["kind"], input: OwnerAction & { readonly reason: string }) {
  return (state: State, context: Context) => {
    requireKind(state, kind, input.id);
    return suspendOwner(state, context, input);
  };
}

/** Resumes an owner of this kind. */
export function resumeKind(kind: Owner["kind"], input: OwnerAction) {
  return (state: State, context: Context) => {
    requireKind(state, kind, input.id);
    return resumeOwner(state, context, input);
  };
}

/** Renews the membership of an owner of this kind. */
export function renewKind(kind: Owner["kind"], input: OwnerAction) {
  return (state: State, context: Context) => {
    requireKind(state, kind, input.id);
    return renewMembership(state, context, input);
  };
}
