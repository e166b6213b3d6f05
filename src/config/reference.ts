import type { Config } from "../config.ts";
import { configDefaults } from "./defaults.ts";
import { variableOf } from "./environment.ts";
import { setAt, valueAt } from "./merge.ts";
import { allLeaves } from "./schema.ts";

/** One key, as documentation shows it. */
export interface ReferenceRow {
  /** `http.port` */
  readonly path: string;
  /** `TARDIS_HTTP__PORT`; a secret is also read from the file that `…_FILE` names. */
  readonly env: string;
  readonly type: string;
  /** As one would write it in the file. */
  readonly default: string;
  readonly secret: boolean;
  readonly description: string;
}

const DERIVED: Record<string, string> = {
  publicUrl: "http://localhost:<http.port>",
  "traefik.consoleUrl": "http://127.0.0.1:<http.port>",
};

/** Every key of the configuration, in the order of the schema. */
export function configReference(): ReferenceRow[] {
  const defaults = configDefaults();
  return allLeaves().map(({ path, type, secret, description }) => {
    const name = path.join(".");
    const value = valueAt(defaults, path);
    return {
      path: name,
      env: variableOf(path),
      type,
      default: DERIVED[name] ?? (typeof value === "string" ? value : JSON.stringify(value)),
      secret,
      description,
    };
  });
}

/** A copy for logs and people: secrets that are set read `***`. */
export function redactConfig(config: Config): Config {
  const copy = structuredClone(config);
  for (const { path, secret } of allLeaves()) {
    if (secret && valueAt(copy, path) !== null) setAt({ ...copy }, path, "***");
  }
  return copy;
}
