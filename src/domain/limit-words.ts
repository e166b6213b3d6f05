import type { Quota } from "./fields.ts";

/** What there are limits of, one and several, in the words that people have for it. */
const WORDS: Readonly<Record<keyof Quota, readonly [one: string, more: string]>> = {
  endpoints: ["service", "services"],
  labels: ["name", "names"],
  pages: ["GitLab page", "GitLab pages"],
  tokens: ["API token", "API tokens"],
  namespaces: ["namespace", "namespaces"],
  databases: ["database", "databases"],
  databaseAccounts: ["account at databases", "accounts at databases"],
  buckets: ["bucket", "buckets"],
  bucketKeys: ["key to buckets", "keys to buckets"],
  bucketGigabytes: ["gigabyte in all buckets", "gigabytes in all buckets"],
  targetsPerEndpoint: ["target of one service", "targets of one service"],
  changesPerHour: ["change in an hour", "changes in an hour"],
};

/** What a limit is of, without an amount: `services`, `targets of one service`. */
export function limitOf(kind: keyof Quota): string {
  return WORDS[kind][1];
}

/** An amount of it: `40 services`, `1 name`. */
export function limitInWords(kind: keyof Quota, amount: number): string {
  return `${amount} ${WORDS[kind][amount === 1 ? 0 : 1]}`;
}
