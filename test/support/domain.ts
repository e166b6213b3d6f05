import { loadConfig, type Config } from "../../src/config.ts";
import type { Context, Decision, Verb } from "../../src/domain/decision.ts";
import { operator, type Actor } from "../../src/domain/policy.ts";
import { rulesFrom, type Rules } from "../../src/domain/rules.ts";
import { apply, emptyState, type State } from "../../src/domain/state.ts";
import { newId } from "../../src/store/ledger.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;
export const ZONE = "tardis.test";

/** The configuration of a host at `tardis.test`, with the settings given as `TARDIS_…` variables. */
export function testConfig(env: Record<string, string> = {}): Config {
  return loadConfig({
    env: { TARDIS_ZONE: ZONE, TARDIS_PUBLICURL: `https://console.${ZONE}`, ...env },
  });
}

/** A state with a clock, that verbs change one after the other, without a store. */
export class World {
  state: State = emptyState;
  now = new Date("2026-03-01T12:00:00.000Z");
  rules: Rules;

  constructor(env: Record<string, string> = {}) {
    this.rules = rulesFrom(testConfig(env));
  }

  context(actor: Actor = operator): Context {
    return {
      actor,
      now: this.now,
      rules: this.rules,
      revision: this.state.revision + 1,
      newId: (prefix) => newId(prefix, this.now),
      newSecret: () => newId("secret", this.now),
    };
  }

  /** Carries a verb out. @throws Refusal what the verb refuses; the state stays then */
  do<Input, Result>(verb: Verb<Input, Result>, input: Input, actor: Actor = operator): Result {
    return this.take(verb(this.state, this.context(actor), input));
  }

  take<Result>(decision: Decision<Result>): Result {
    if (decision.changes.length > 0) {
      this.state = apply(this.state, decision.changes, this.state.revision + 1);
    }
    return decision.result;
  }

  /** Moves the clock. */
  pass(milliseconds: number): void {
    this.now = new Date(this.now.getTime() + milliseconds);
  }
}

/** Someone who acts for an owner, with every scope that a member has. */
export function memberOf(owner: string): Actor {
  return {
    name: owner,
    owner,
    admin: false,
    scopes: new Set(["read", "endpoints", "owners", "tokens"]),
    token: null,
  };
}
