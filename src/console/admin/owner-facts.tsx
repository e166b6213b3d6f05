import type { Owner, Quota } from "../../domain/entities.ts";
import { quotaOf } from "../../domain/rules.ts";
import type { State } from "../../domain/state.ts";
import { renewalOf } from "../../owners/renew.ts";
import { usageOf } from "../../owners/usage.ts";
import { Badge } from "../parts/badge.tsx";
import { limitName, limitsHere } from "../parts/limits.ts";
import { exactly, Time } from "../parts/time.tsx";
import { Table } from "../parts/table.tsx";
import { Identities } from "./identities.tsx";
import { pathOf } from "./owner-find.ts";
import { ownerStanding } from "./owner-state.ts";
import { kindOf } from "./owners.tsx";
import type { Part } from "./parts.tsx";
import { WaysIn } from "./passes.tsx";
import type { AdminServices } from "./services.ts";

/** What is shown of an owner. */
export interface OwnerView {
  readonly services: AdminServices;
  readonly state: State;
  readonly owner: Owner;
  readonly now: Date;
}

/** That an owner is suspended, why and since when; or the way to suspend them. */
export function Suspension({ owner, now }: OwnerView) {
  const { suspended } = owner;
  if (suspended === undefined) return null;
  return (
    <div class="note bad" role="note">
      <p>
        Suspended <Time at={suspended.at} now={now} />
        {suspended.cause === "membership" ? ", as the membership ended" : ""}: {suspended.reason}
      </p>
      {suspended.cause === "membership" ? null : (
        <a class="button quiet small" href={`${pathOf(owner)}/resume`}>
          Resume
        </a>
      )}
    </div>
  );
}

/** Who they are, and what an admin does with them as a whole. */
export function Facts({ services, owner, now }: OwnerView) {
  const { tone, word } = ownerStanding(owner, services.rules, now);
  const { membership } = owner;
  const canRenew = renewalOf({ rules: services.rules, now }, owner) !== null;
  return (
    <>
      <dl class="facts">
        <dt>Kind</dt>
        <dd>{kindOf(owner)}</dd>
        <dt>State</dt>
        <dd>
          <Badge tone={tone}>{word}</Badge>
        </dd>
        {owner.kind === "person" ? (
          <>
            <dt>Email</dt>
            <dd>{owner.email ?? "not known"}</dd>
            <dt>Signs in as</dt>
            <dd>
              <Identities person={owner} />
            </dd>
          </>
        ) : null}
        <dt>Membership</dt>
        <dd>
          {membership === undefined ? (
            "without an end"
          ) : (
            <>
              until {exactly(new Date(membership.endsAt))},{" "}
              <Time at={membership.endsAt} now={now} />
            </>
          )}
        </dd>
        <dt>Here since</dt>
        <dd>
          <Time at={owner.createdAt} now={now} />
        </dd>
        <dt>Id</dt>
        <dd>
          <code>{owner.id}</code>
        </dd>
      </dl>
      <div class="buttons">
        {canRenew ? <Renew owner={owner} /> : null}
        <WaysIn owner={owner} services={services} />
        {owner.suspended === undefined ? (
          <a class="button quiet" href={`${pathOf(owner)}/suspend`}>
            Suspend …
          </a>
        ) : null}
        <a class="button quiet" href={`/admin/audit?owner=${owner.id}`}>
          What happened
        </a>
      </div>
    </>
  );
}

/** A button that renews a membership by a term. */
export function Renew({ owner, to }: { owner: Owner; to?: "memberships" }) {
  return (
    <form method="post" action={`${pathOf(owner)}/renew`}>
      <input type="hidden" name="revision" value={String(owner.revision)} />
      {to === undefined ? null : <input type="hidden" name="to" value={to} />}
      <button type="submit" class="quiet">
        Renew<span class="unseen"> the membership of {owner.name}</span>
      </button>
    </form>
  );
}

/** What they may have, and how much of it they use. */
export function quotaPart({ services, state, owner, now }: OwnerView): Part {
  const limits = quotaOf(services.rules, owner);
  const own = owner.quota ?? {};
  const used: Partial<Record<keyof Quota, number>> = usageOf(state, owner, now);
  const kinds = limitsHere(services.rules);
  const over = kinds.filter((kind) => (used[kind] ?? 0) > limits[kind]).length;
  return {
    id: "quota",
    title: "Quota",
    isOpen: false,
    note: over === 0 ? null : <Badge tone="bad">{over} above the limit</Badge>,
    body: (
      <Table
        caption="Quota"
        slim
        columns={["What", "Used", "Limit", "Set"]}
        rows={kinds.map((kind) => [
          limitName(kind),
          <Used amount={used[kind]} limit={limits[kind]} />,
          String(limits[kind]),
          own[kind] === undefined ? "by default" : "for them",
        ])}
      />
    ),
  };
}

function Used({ amount, limit }: { amount: number | undefined; limit: number }) {
  if (amount === undefined) return <>—</>;
  if (amount < limit) return <>{String(amount)}</>;
  return <Badge tone={amount > limit ? "bad" : "wait"}>{amount}</Badge>;
}
