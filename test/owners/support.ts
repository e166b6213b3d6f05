import { expect } from "vitest";
import { createEndpoint } from "../../src/endpoints/create.ts";
import { createGroup, createPerson } from "../../src/owners/create.ts";
import { Refusal, type RefusalCode } from "../../src/errors.ts";
import { sweep } from "../../src/owners/sweep.ts";
import { World } from "../support/domain.ts";

export { DAY_MS, memberOf } from "../support/domain.ts";

/** A world with alice and bob, and the games society that alice manages. */
export class Host extends World {
  readonly alice: string;
  readonly bob: string;
  readonly games: string;

  constructor(env: Record<string, string> = {}) {
    super({ TARDIS_TARGETS__NETWORKS: '[{"cidr":"10.0.0.0/8"}]', ...env });
    this.alice = this.do(createPerson, { username: "alice" }).id;
    this.bob = this.do(createPerson, { username: "bob" }).id;
    this.games = this.do(createGroup, { name: "games", managers: ["alice"] }).id;
  }

  endpoint(owner: string, label: string, path = "", actor = this.context().actor): string {
    const target = "http://10.0.0.1:80";
    return this.do(createEndpoint, { owner, label, path, targets: [target] }, actor).id;
  }

  /** Sweeps until nothing is due. @returns the types of what was done */
  sweep(): string[] {
    const done: string[] = [];
    for (;;) {
      const decision = sweep(this.state, this.context());
      if (decision === undefined) return done;
      if (decision.changes.length === 0) throw new Error("a sweep that changes nothing");
      if (done.length > 10_000) throw new Error("the sweep does not end");
      this.take(decision);
      done.push(decision.event.type);
    }
  }

  held(owner: string): string[] {
    return [...this.state.labels.values()]
      .filter((label) => label.owner === owner && label.restsUntil === undefined)
      .map(({ id }) => id)
      .toSorted();
  }
}

/** Expects a refusal, and that nothing has changed. */
export function refused(
  world: World,
  act: () => unknown,
  code: RefusalCode,
  field?: string,
): Refusal {
  const { state } = world;
  let refusal: unknown;
  try {
    act();
  } catch (error) {
    refusal = error;
  }
  if (!(refusal instanceof Refusal)) throw new Error(`not refused: ${String(refusal)}`);
  expect([refusal.code, refusal.field]).toEqual([code, field]);
  expect(world.state).toBe(state);
  return refusal;
}
