import { Refusal } from "../errors.ts";
import type { Context, Decision } from "../domain/decision.ts";
import { quotaSchema, type Owner, type OwnTargetGrant } from "../domain/entities.ts";
import { limitInWords, limitOf } from "../domain/limit-words.ts";
import type { RequestRecord, Wish } from "../domain/requests.ts";
import { hasLimit, quotaOf } from "../domain/rules.ts";
import type { State } from "../domain/state.ts";
import { grantLabel } from "../owners/labels.ts";
import { renewMembership } from "../owners/renew.ts";
import { updateGroup, updatePerson, type AdminFields } from "../owners/update.ts";

const TARGETS_MAX = 100;

/** The field of a wish that a refusal is about. */
const FIELDS = { label: "label", quota: "amount", target: "grant", renewal: "kind" } as const;

/**
 * What a wish comes to: the verb that an admin would call for it by hand, as whoever acts now.
 * @throws Refusal what that verb refuses, or `conflict` when it would change nothing
 */
export function fulfil(
  state: State,
  context: Context,
  owner: Owner,
  wish: Wish,
): Decision<unknown> {
  const { id } = owner;
  switch (wish.kind) {
    case "label":
      return grantLabel(state, context, { label: wish.label, owner: id });
    case "quota":
      return update(state, context, owner, { quota: withLimit(context, owner, wish) });
    case "target":
      return update(state, context, owner, { targets: withGrant(owner, wish.grant) });
    case "renewal":
      return renewMembership(state, context, { id });
  }
}

/** A refusal of what was wished for, with its field as the one who asks has it. */
export function inWish(error: unknown, wish: Wish): unknown {
  if (!(error instanceof Refusal)) return error;
  return new Refusal(error.code, error.message, { field: `wish.${FIELDS[wish.kind]}` });
}

function update(
  state: State,
  context: Context,
  { id, kind }: Owner,
  fields: AdminFields,
): Decision<unknown> {
  return kind === "person"
    ? updatePerson(state, context, { id, ...fields })
    : updateGroup(state, context, { id, ...fields });
}

function withLimit(
  context: Context,
  owner: Owner,
  { of, amount }: Extract<Wish, { kind: "quota" }>,
): Owner["quota"] {
  if (!hasLimit(context.rules, of))
    throw new Refusal("conflict", `There are none here: ${limitOf(of)} cannot be asked for.`);
  if (!quotaSchema.shape[of].safeParse(amount).success)
    throw new Refusal("invalid_input", `Nobody may have ${limitInWords(of, amount)}.`);
  const limit = quotaOf(context.rules, owner)[of];
  if (amount <= limit)
    throw new Refusal("conflict", `${owner.name} may have ${limitInWords(of, limit)} already.`);
  return { ...owner.quota, [of]: amount };
}

function withGrant(owner: Owner, grant: OwnTargetGrant): OwnTargetGrant[] {
  const present = owner.targets ?? [];
  if (present.some((one) => JSON.stringify(one) === JSON.stringify(grant)))
    throw new Refusal("conflict", `${owner.name} may target this already.`);
  if (present.length >= TARGETS_MAX)
    throw new Refusal(
      "conflict",
      `${owner.name} has ${TARGETS_MAX} grants, which is all there is.`,
    );
  return [...present, grant];
}

/** A wish as it stands in a sentence: `the name wiki`, `40 services`. */
export function wishInWords(wish: Wish): string {
  switch (wish.kind) {
    case "label":
      return `the name ${wish.label}`;
    case "quota":
      return limitInWords(wish.of, wish.amount);
    case "target": {
      const { grant } = wish;
      const where = "network" in grant ? grant.network : `names under ${grant.suffix}`;
      return `the target ${where}, ports ${grant.ports.join(", ")}`;
    }
    case "renewal":
      return "another term of membership";
  }
}

/** A request as it stands in a sentence: `alice's request for the name wiki for games`. */
export function requestInWords(state: State, request: RequestRecord): string {
  const { asker, owner } = request;
  const names = { asker: nameOf(state, asker), owner: nameOf(state, owner) };
  const whose = names.asker === undefined ? "a request" : `${names.asker}'s request`;
  const whom = asker === owner || names.owner === undefined ? "" : ` for ${names.owner}`;
  return `${whose} for ${wishInWords(request.wish)}${whom}`;
}

function nameOf(state: State, id: string | null): string | undefined {
  return id === null ? undefined : state.owners.get(id)?.name;
}
