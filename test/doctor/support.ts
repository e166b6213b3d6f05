import type { Part, Subject } from "../../src/checks/check.ts";
import { Reach, type ReachOptions } from "../../src/checks/reach.ts";
import { loadConfig, type Config } from "../../src/config.ts";
import type { CheckLine } from "../../src/doctor/report.ts";
import { examine } from "../../src/doctor/run.ts";

/** A configuration from variables, without their `TARDIS_`, for the zone tardis.test. */
export function configFrom(env: Readonly<Record<string, string>> = {}): Config {
  const given = Object.entries({ ZONE: "tardis.test", ...env });
  return loadConfig({
    env: Object.fromEntries(given.map(([key, text]) => [`TARDIS_${key}`, text])),
  });
}

/** A console to be looked at, of which nothing is stored. */
export function subjectOf(
  config: Config,
  more: Partial<Subject> & { net?: ReachOptions } = {},
): Subject {
  const { net, ...rest } = more;
  return {
    config,
    now: () => new Date(),
    reach: new Reach(net),
    state: async () => undefined,
    volatile: () => undefined,
    ...rest,
  };
}

/** What a look at some parts found. */
export async function lookAt(...parts: readonly Part[]): Promise<readonly CheckLine[]> {
  return (await examine(parts, { by: "command" })).checks;
}

/** A line for each finding that is not right: `wrong version: Traefik …`. */
export function faultsIn(lines: readonly CheckLine[]): string[] {
  return lines
    .filter(({ state }) => state !== "ok" && state !== "skipped")
    .map(({ state, what, says }) => `${state} ${what}: ${says}`);
}

/** What was said of one thing, with its state. */
export function saidOf(lines: readonly CheckLine[], what: string): string | undefined {
  const found = lines.find((line) => line.what === what);
  return found === undefined ? undefined : `${found.state}: ${found.says}`;
}
