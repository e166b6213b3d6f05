import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The files that take longest, those that wait among those that keep a core busy. Without having
 * measured them, vitest begins with the largest files, and at the end one long one runs alone.
 */
const SLOW = [
  "test/e2e/chaos.test.ts",
  "test/console/every-page/policy.test.ts",
  "test/console/every-page/barriers.test.ts",
  "test/cli/commands.test.ts",
  "test/console/every-page/barriers-more.test.ts",
  "test/namespaces/crash.test.ts",
  "test/databases/cluster-trouble.test.ts",
  "test/databases/trouble.test.ts",
  "test/namespaces/trouble.test.ts",
  "test/e2e/recovery.test.ts",
  "test/cli/adoption.test.ts",
  "test/e2e/secrets.test.ts",
  "test/buckets/crash.test.ts",
  "test/e2e/replicas.test.ts",
  "test/console/pages.test.ts",
  "test/console/admin/stories.test.ts",
  "test/buckets/trouble.test.ts",
  "test/namespaces/life.test.ts",
  "test/e2e/cookies-browser.test.ts",
  "test/databases/crash.test.ts",
  "test/console/namespaces.test.ts",
  "test/e2e/traefik-facts-document.test.ts",
  "test/console/databases.test.ts",
  "test/console/buckets.test.ts",
];

/** Lets the slow files begin first, and leaves the others in vitest's own order. */
export default class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const rank = SLOW.findIndex((name) => moduleId.endsWith(`/${name}`));
      return rank === -1 ? SLOW.length : rank;
    };
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
