import type { Context, Decision } from "../domain/decision.ts";
import type { Owner } from "../domain/entities.ts";
import type { Change, State } from "../domain/state.ts";
import { suspended } from "./suspend.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const BATCH = 500;

/**
 * What time alone has made due, one decision at a time: memberships warned and ended, rests that
 * are over, tokens, passes, decided requests and kept answers that expired. Ask again until there is
 * nothing.
 */
export function sweep(state: State, context: Context): Decision<null> | undefined {
  return endOfMembership(state, context) ?? expired(state, context);
}

function endOfMembership(state: State, context: Context): Decision<null> | undefined {
  const now = context.now.getTime();
  const warnMs = context.rules.memberships.warnDays * DAY_MS;
  for (const owner of state.owners.values()) {
    const { membership } = owner;
    if (membership === undefined) continue;
    const endsAt = Date.parse(membership.endsAt);
    if (endsAt <= now) {
      if (!context.rules.memberships.suspend || owner.suspended !== undefined) continue;
      const next = suspended(context, owner, "The membership has ended.", "membership");
      return ownerDecision(next, "membership.ended", `the membership of ${owner.name} ended`);
    }
    if (membership.warnedAt === undefined && endsAt - now <= warnMs) {
      const warned = { ...membership, warnedAt: context.now.toISOString() };
      const next = { ...owner, revision: context.revision, membership: warned };
      return ownerDecision(
        next,
        "membership.ending",
        `the membership of ${owner.name} ends on ${membership.endsAt.slice(0, 10)}`,
      );
    }
  }
  return undefined;
}

function ownerDecision(owner: Owner, type: string, summary: string): Decision<null> {
  return {
    changes: [{ kind: owner.kind, id: owner.id, entity: owner } as Change],
    event: { type, summary, owners: [owner.id] },
    result: null,
  };
}

function expired(state: State, context: Context): Decision<null> | undefined {
  const now = context.now.getTime();
  const isOver = (time: string | undefined) => time !== undefined && Date.parse(time) <= now;
  const changes: Change[] = [];
  for (const { id, restsUntil } of state.labels.values()) {
    if (isOver(restsUntil)) changes.push({ kind: "label", id, entity: null });
  }
  for (const { id, restsUntil } of state.pageHosts.values()) {
    if (isOver(restsUntil)) changes.push({ kind: "pageHost", id, entity: null });
  }
  for (const { id, expiresAt } of state.tokens.values()) {
    if (isOver(expiresAt)) changes.push({ kind: "token", id, entity: null });
  }
  const keepMs = context.rules.requests.keepDays * DAY_MS;
  for (const { id, decided } of state.requests.values()) {
    if (decided !== undefined && Date.parse(decided.at) + keepMs <= now)
      changes.push({ kind: "request", id, entity: null });
  }
  for (const { id, expiresAt } of state.passes.values()) {
    if (isOver(expiresAt)) changes.push({ kind: "pass", id, entity: null });
  }
  for (const { id, expiresAt } of state.answers.values()) {
    if (isOver(expiresAt)) changes.push({ kind: "answer", id, entity: null });
  }
  if (changes.length === 0) return undefined;
  return {
    changes: changes.slice(0, BATCH),
    event: { type: "expired", summary: "what had expired was removed", owners: [] },
    result: null,
  };
}
