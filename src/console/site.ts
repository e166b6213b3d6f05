import type { Config } from "../config.ts";
import type { Module, Rules } from "../domain/rules.ts";

/** What every page knows of the console that it belongs to. */
export interface Site {
  /** The zone, which is the console's name for people. */
  readonly zone: string;
  /** Whether people reach it by HTTPS: cookies are then bound to that. */
  readonly secure: boolean;
  readonly now: () => Date;
  /** The parts that are on. */
  readonly modules: ReadonlySet<Module>;
}

export function siteOf(
  config: Pick<Config, "zone" | "publicUrl">,
  { modules }: Pick<Rules, "modules">,
  now: () => Date,
): Site {
  return { zone: config.zone, secure: config.publicUrl.startsWith("https:"), now, modules };
}
