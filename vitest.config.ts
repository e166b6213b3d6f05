import { defineConfig } from "vitest/config";
import SlowFirst from "./test/support/slow-first.ts";

export default defineConfig({
  test: {
    globalSetup: ["test/support/summary.ts", "test/support/made-once.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // On a machine of two cores, and no more by much: real servers run beside the tests. The third
    // has something to do while others wait for those.
    maxWorkers: 3,
    // No file leaves anything behind in its process: loading all anew for each took longer than most tests.
    isolate: false,
    sequence: { sequencer: SlowFirst },
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    coverage: { provider: "v8", include: ["src/**"] },
  },
});
