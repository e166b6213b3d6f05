import type { Config, ConfigProblem } from "../config.ts";
import { ok, warning, wrong, type Part } from "../checks/check.ts";

const NAME = "Configuration";

/** The configuration in force, and what in it is likely not meant. */
export function configurationPart({ source, warnings }: Config): Part {
  return {
    name: NAME,
    look: async ({ tell }) => {
      const from = source.file === null ? "No file; defaults and environment" : source.file;
      tell("file", ok(`${from}: it is valid.`, { file: source.file }));
      for (const text of warnings) tell(...split(text, warning));
    },
  };
}

/** A configuration that no console can run with. */
export function brokenConfigurationPart(problems: readonly ConfigProblem[], format: Format): Part {
  return {
    name: NAME,
    look: async ({ tell }) => {
      for (const problem of problems) tell(problem.key, wrong(`${format(problem)}.`));
    },
  };
}

type Format = (problem: ConfigProblem) => string;

/** A warning begins with its key. */
function split(text: string, make: typeof warning): [what: string, found: ReturnType<typeof ok>] {
  const [, key = "setting", rest = text] = /^([\w.]+): (.*)$/s.exec(text) ?? [];
  return [key, make(rest)];
}
