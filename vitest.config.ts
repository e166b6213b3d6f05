import { configDefaults, defineConfig } from "vitest/config";
import SlowFirst from "./test/support/slow-first.ts";

/** What leaves nothing behind in its process shares one: loading it all anew takes longer than the tests. */
const together = [
  "api",
  "auth",
  "config",
  "domain",
  "gitlab-pages",
  "observability",
  "owners",
  "publisher",
  "reconcile",
  "requests",
  "traefik",
  "transfer",
].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ["test/support/summary.ts", "test/support/made-once.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // On a machine of two cores, and no more by much: real servers run beside the tests. The third
    // has something to do while others wait for those.
    maxWorkers: 3,
    sequence: { sequencer: SlowFirst },
    coverage: { provider: "v8", include: ["src/**"] },
    projects: [
      {
        extends: true,
        test: {
          name: "apart",
          include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
          exclude: [...configDefaults.exclude, ...together],
        },
      },
      { extends: true, test: { name: "together", include: together, isolate: false } },
    ],
  },
});
