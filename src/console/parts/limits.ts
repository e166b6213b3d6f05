import { quotaSchema, type Quota } from "../../domain/entities.ts";
import { limitOf } from "../../domain/limit-words.ts";
import { hasLimit, type Rules } from "../../domain/rules.ts";

export const LIMIT_KINDS = Object.keys(quotaSchema.shape) as (keyof Quota)[];

/** What a limit is of, at the head of a line: `Services`. */
export function limitName(kind: keyof Quota): string {
  const words = limitOf(kind);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The limits that mean something here: not those of parts that are off. */
export function limitsHere(rules: Pick<Rules, "modules">): (keyof Quota)[] {
  return LIMIT_KINDS.filter((kind) => hasLimit(rules, kind));
}
