import type { Config } from "../config.ts";

/** What every page knows of the console that it belongs to. */
export interface Site {
  /** The zone, which is the console's name for people. */
  readonly zone: string;
  /** Whether people reach it by HTTPS: cookies are then bound to that. */
  readonly secure: boolean;
  readonly now: () => Date;
  /** The modules that are on, by the name of their section. */
  readonly modules: ReadonlySet<Module>;
}

/** What members may have in real systems, where the configuration says so. */
export const MODULES = ["buckets"] as const;
export type Module = (typeof MODULES)[number];

export function siteOf(config: Pick<Config, "zone" | "publicUrl" | Module>, now: () => Date): Site {
  const modules = new Set(MODULES.filter((module) => config[module].enabled));
  return { zone: config.zone, secure: config.publicUrl.startsWith("https:"), now, modules };
}
