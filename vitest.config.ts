import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    globalSetup: ["test/support/summary.ts", "test/support/made-once.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real servers run beside the tests, on a machine of two cores.
    maxWorkers: 2,
    coverage: { provider: "v8", include: ["src/**"] },
  },
});
