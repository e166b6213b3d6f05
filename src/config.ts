import { resolve } from "node:path";
import { warningsFor } from "./config/checks.ts";
import { configDefaults, fillDerived } from "./config/defaults.ts";
import { readEnvironment } from "./config/environment.ts";
import { copySections, overlay, overlayAt } from "./config/merge.ts";
import { ConfigError, type ConfigProblem } from "./config/problems.ts";
import type { Settings } from "./config/schema.ts";
import { pathKey, readSource, type Source } from "./config/source.ts";
import { validate } from "./config/validate.ts";

export { ConfigError, formatProblem, type ConfigProblem } from "./config/problems.ts";
export { configReference, redactConfig, type ReferenceRow } from "./config/reference.ts";
export type { Settings } from "./config/schema.ts";

/** The configuration in force, every key with a value. */
export interface Config extends Settings {
  readonly source: {
    /** The file that was read, absolute. */
    readonly file: string | null;
    /** Whether this is the local default: no file, zone `localhost`, loopback granted to all. */
    readonly local: boolean;
  };
  /** What works and is likely not meant, a sentence each. */
  readonly warnings: readonly string[];
}

export interface LoadOptions {
  /** As given on the command line; without it `TARDIS_CONFIG` names the file, if any. */
  readonly file?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** What relative paths are relative to; the current folder by default. */
  readonly cwd?: string | undefined;
}

const EVERYONE = { ports: ["1-65535"], to: ["*"] };
const LOCAL_GRANTS = [
  { cidr: "127.0.0.0/8", ...EVERYONE },
  { cidr: "::1/128", ...EVERYONE },
];

/**
 * Reads the configuration: the defaults, over them the file, over it the environment.
 * @throws ConfigError with everything that is wrong, not only the first
 */
export function loadConfig(options: LoadOptions): Config {
  const cwd = options.cwd ?? process.cwd();
  const { overrides, problems } = readEnvironment(options.env, cwd);
  const { file, source } = readFile(options, cwd, problems);
  problems.push(...source.problems);
  // Values of a file that could not be read would be reported as missing or wrong.
  if (source.problems.length > 0) throw new ConfigError(problems);

  const { origins } = source;
  const merged = copySections(configDefaults());
  overlay(merged, source.value);
  for (const { variable, path, value } of overrides) {
    overlayAt(merged, { variable, path }, value, origins);
  }
  const local = file === null && merged["zone"] === "localhost";
  const isGiven = (...path: string[]) => origins.has(pathKey(path));
  if (local && !isGiven("targets", "loopback")) {
    overlay(merged, { targets: { loopback: LOCAL_GRANTS } });
  }
  const givenPublicUrl = merged["publicUrl"] !== null;
  fillDerived(merged);

  const standIns = copySections(configDefaults());
  fillDerived(standIns);
  const checked = validate(merged, origins, standIns);
  if ("problems" in checked) problems.push(...checked.problems);
  if (problems.length > 0 || !("settings" in checked)) throw new ConfigError(problems);
  const { settings } = checked;
  return {
    ...settings,
    data: resolve(cwd, settings.data),
    source: { file, local },
    warnings: warningsFor(settings, { publicUrl: givenPublicUrl, local }),
  };
}

function readFile(
  { file, env }: LoadOptions,
  cwd: string,
  problems: ConfigProblem[],
): { file: string | null; source: Source } {
  const named = file ?? env["TARDIS_CONFIG"];
  const variable = file === undefined ? "TARDIS_CONFIG" : undefined;
  if (named === undefined || named === "") {
    if (named === "") {
      problems.push({ key: variable ?? "--config", message: "must name a file" });
    }
    return { file: null, source: { value: {}, origins: new Map(), problems: [] } };
  }
  return { file: resolve(cwd, named), source: readSource(named, cwd, variable) };
}

/** Whether other replicas may write the same store. */
export function isShared({ store }: Pick<Config, "store">): boolean {
  return store === "redis";
}

/**
 * The configuration with the port that the public listener got, in place of the 0 that asked for
 * any free one.
 */
export function withHttpPort(config: Config, port: number): Config {
  const filled = (origin: string) => origin.replace(/:0$/, `:${port}`);
  return {
    ...config,
    publicUrl: filled(config.publicUrl),
    http: { ...config.http, port },
    traefik: { ...config.traefik, consoleUrl: filled(config.traefik.consoleUrl) },
  };
}
