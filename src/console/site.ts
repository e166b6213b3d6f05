import type { Config } from "../config.ts";

/** What every page knows of the console that it belongs to. */
export interface Site {
  /** The zone, which is the console's name for people. */
  readonly zone: string;
  /** Whether people reach it by HTTPS: cookies are then bound to that. */
  readonly secure: boolean;
  readonly now: () => Date;
}

export function siteOf(config: Pick<Config, "zone" | "publicUrl">, now: () => Date): Site {
  return { zone: config.zone, secure: config.publicUrl.startsWith("https:"), now };
}
