import type { Quota } from "../../domain/entities.ts";
import { hasLimit, type Rules } from "../../domain/rules.ts";

/** What there are limits of, for people. */
export const LIMIT_NAMES: Readonly<Record<keyof Quota, string>> = {
  endpoints: "Endpoints (services)",
  labels: "Names",
  pages: "GitLab pages",
  tokens: "API tokens",
  namespaces: "Namespaces",
  databases: "Databases",
  databaseAccounts: "Accounts at databases",
  buckets: "Buckets",
  bucketKeys: "Keys to buckets",
  bucketGigabytes: "Gigabytes in all buckets",
  targetsPerEndpoint: "Targets of one endpoint",
  changesPerHour: "Changes in an hour",
};
export const LIMIT_KINDS = Object.keys(LIMIT_NAMES) as (keyof Quota)[];

/** The limits that mean something here: not those of parts that are off. */
export function limitsHere(rules: Pick<Rules, "modules">): (keyof Quota)[] {
  return LIMIT_KINDS.filter((kind) => hasLimit(rules, kind));
}
