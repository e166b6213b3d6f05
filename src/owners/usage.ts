import type { Owner, Quota } from "../domain/entities.ts";
import { bucketsOf, type State } from "../domain/state.ts";
import { heldLabels } from "./labels.ts";

/** How much of what an owner may have is in use; limits that nothing adds up to are not in it. */
export type Usage = { readonly [K in (typeof COUNTED)[number]]: number };

/** The limits that things add up to. */
export const COUNTED = [
  "endpoints",
  "labels",
  "pages",
  "tokens",
  "namespaces",
  "databases",
  "databaseAccounts",
  "buckets",
  "bucketKeys",
  "bucketGigabytes",
] as const satisfies readonly (keyof Quota)[];

/** Counts what an owner has now, what is on its way out included. */
export function usageOf(state: State, owner: Owner, now: Date): Usage {
  const { id } = owner;
  const tokens = [...(state.tokensByOwner.get(id) ?? [])].filter(
    (token) => Date.parse(state.tokens.get(token)?.expiresAt ?? "") > now.getTime(),
  );
  return {
    endpoints: state.endpointsByOwner.get(id)?.size ?? 0,
    labels: heldLabels(state, id).length,
    pages: state.pagesByOwner.get(id)?.size ?? 0,
    tokens: tokens.length,
    namespaces: state.namespacesByOwner.get(id)?.size ?? 0,
    databases: state.databasesByOwner.get(id)?.size ?? 0,
    databaseAccounts: state.databaseAccountsByOwner.get(id)?.size ?? 0,
    buckets: state.bucketsByOwner.get(id)?.size ?? 0,
    bucketKeys: state.bucketKeysByOwner.get(id)?.size ?? 0,
    bucketGigabytes: bucketsOf(state, id).reduce((sum, one) => sum + one.gigabytes, 0),
  };
}
