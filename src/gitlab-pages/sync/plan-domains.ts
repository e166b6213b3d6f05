import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../domain/decision.ts";
import { domainSchema, type CustomDomain } from "../../domain/entities.ts";
import type { Change, State } from "../../domain/state.ts";
import type { Steps } from "../../turns.ts";
import type { DomainRead } from "./snapshot.ts";

export interface ProjectFacts {
  readonly ownerOf: (project: number) => string | null;
  readonly pathOf: (project: number) => string | undefined;
}

/** Domains between two pauses: below a millisecond. */
const STEP = 16;

/** What to change so that the custom domains are those that GitLab listed. */
export function* planDomains(
  state: State,
  context: Context,
  read: readonly DomainRead[],
  facts: ProjectFacts,
): Steps<Change[]> {
  const changes: Change[] = [];
  const listed = new Set<string>();
  let looked = 0;
  for (const one of read) {
    if (++looked % STEP === 0) yield;
    const id = one.domain.toLowerCase().replace(/\.$/, "");
    const before = state.domains.get(id);
    const known = before?.project === one.project ? before.projectPath : undefined;
    const record = domainSchema.safeParse({
      v: 1,
      kind: "domain",
      id,
      revision: context.revision,
      createdAt: before?.createdAt ?? context.now.toISOString(),
      project: one.project,
      projectPath: facts.pathOf(one.project) ?? known ?? `project ${one.project}`,
      owner: facts.ownerOf(one.project),
      verified: one.verified,
      verificationCode: one.verificationCode,
      enabledUntil: timeOf(one.enabledUntil),
      autoSsl: one.autoSsl,
      certificateUntil: timeOf(one.certificateUntil),
    });
    // A domain that no DNS can carry is nobody's concern here.
    if (!record.success) continue;
    listed.add(id);
    if (before !== undefined && isSame(before, record.data)) continue;
    changes.push({ kind: "domain", id, entity: record.data });
  }
  for (const id of state.domains.keys()) {
    if (!listed.has(id)) changes.push({ kind: "domain", id, entity: null });
  }
  return changes;
}

function isSame(before: CustomDomain, after: CustomDomain): boolean {
  return isDeepStrictEqual({ ...before, revision: 0 }, { ...after, revision: 0 });
}

function timeOf(text: string | null): string | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
