import fc from "fast-check";
import { describe, it } from "vitest";
import { Life } from "./model/life.ts";
import { type Act, steps } from "./model/steps.ts";

// Lives of projects, their owners and their names, with hooks that get lost. More of them:
// TARDIS_FUZZ_RUNS=2000.
const RUNS = Number(process.env["TARDIS_FUZZ_RUNS"] ?? 300);
/** The same lives each time, unless others are asked for. */
const SEED = Number(process.env["TARDIS_FUZZ_SEED"] ?? 1731016604);
const STEPS = 60;
const TIMEOUT = 30_000 + RUNS * 300;

const kinds = fc.record({ graphql: fc.boolean(), guarded: fc.integer({ min: 0, max: 3 }) });

/** Lives that once went wrong, each step an act and its numbers. */
const lived: readonly [
  what: string,
  graphql: boolean,
  ...steps: [Act, number, number, number][],
][] = [
  [
    "a read begins during one that began during another, and a group is renamed then",
    false,
    ["publish", 0, 0, 0],
    ["transferProject", 0, 0, 0],
    ["createGroup", 0, 0, 0],
    ["setAccess", 0, 0, 0],
    ["disturb", 0, 21, 37],
    ["disturb", 86, 31, 65],
    ["renameUser", 0, 0, 0],
    ["transferProject", 0, 0, 0],
    ["deleteProject", 0, 0, 0],
    ["publish", 0, 0, 0],
    ["deleteProject", 0, 0, 9],
    ["disturb", 76, 93, 0],
    ["renameUser", 0, 0, 0],
    ["renameUser", 0, 0, 0],
    ["deliverAll", 0, 0, 0],
  ],
];

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

  it.each(lived)("is so where %s", async (_what, graphql, ...taken) => {
    const life = new Life({ graphql, guarded: true });
    await life.live(taken.map(([act, a, b, c]) => ({ act, a, b, c })));
  });
});
