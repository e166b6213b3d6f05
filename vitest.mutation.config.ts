import { defineConfig } from "vitest/config";

/** The tests that need no other process: mutation testing runs them thousands of times. */
export default defineConfig({
  test: {
    include: ["test/domain/**/*.test.ts", "test/traefik/**/*.test.ts", "test/owners/**/*.test.ts"],
  },
});
