import { ok, skipped, type Part, type Subject } from "../checks/check.ts";
import { clockFound } from "../checks/clock.ts";
import { listed } from "./words.ts";

/** A system that tells the time with each answer. */
export interface Clocked {
  readonly name: string;
  readonly url: string;
}

/**
 * This machine's clock against that of every system that is reached over HTTP. Those that are not
 * reached are told of elsewhere.
 */
export function clocksPart({ reach }: Subject, systems: readonly Clocked[]): Part {
  return {
    name: "Clock",
    look: async ({ tell, signal }) => {
      const agreeing: string[] = [];
      const facts: Record<string, number> = {};
      await Promise.all(
        systems.map(async ({ name, url }) => {
          const answer = await reach.get(`${url}/`, { signal, most: 1 }).catch(() => undefined);
          if (answer?.aheadBy === undefined) return;
          const found = clockFound(name, answer.aheadBy);
          facts[name] = Math.round(answer.aheadBy * 10) / 10;
          if (found.state === "ok") agreeing.push(name);
          else tell(name, found);
        }),
      );
      if (agreeing.length > 0) {
        const says = `It agrees with those of ${listed(agreeing.toSorted())}, within 5 s.`;
        tell("this machine", ok(says, facts));
      } else if (Object.keys(facts).length === 0) {
        tell("this machine", skipped("No system was reached that tells the time over HTTP."));
      }
    },
  };
}
