import fc from "fast-check";
import { describe, it } from "vitest";
import { Life } from "./model/life.ts";
import { steps } from "./model/steps.ts";

// Lives of projects, their owners and their names, with hooks that get lost. More of them:
// TARDIS_FUZZ_RUNS=2000.
const RUNS = Number(process.env["TARDIS_FUZZ_RUNS"] ?? 300);
/** The same lives each time, unless others are asked for. */
const SEED = Number(process.env["TARDIS_FUZZ_SEED"] ?? 1731016604);
const STEPS = 60;
const TIMEOUT = 30_000 + RUNS * 300;

const kinds = fc.record({ graphql: fc.boolean(), guarded: fc.integer({ min: 0, max: 3 }) });

describe("whatever happens in GitLab", () => {
  it(
    "is routed after the next read as it is there, and until then nobody gets another's site for long",
    async () => {
      const life = fc.asyncProperty(kinds, steps(STEPS), async ({ graphql, guarded }, taken) => {
        const lived = new Life({ graphql, guarded: guarded === 0 });
        try {
          await lived.live(taken);
        } catch (error) {
          throw new Error(`${String(error)}\n${lived.story.join("\n")}`, { cause: error });
        }
      });
      await fc.assert(life, {
        numRuns: RUNS,
        seed: SEED,
        interruptAfterTimeLimit: TIMEOUT,
      });
    },
    TIMEOUT + 60_000,
  );
});
