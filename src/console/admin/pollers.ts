import type { AdminServices } from "./services.ts";
import type { Tone } from "../parts/badge.tsx";

/** One who polls, and how far behind it is. */
export interface PollerShown {
  readonly name: string;
  readonly revision: number;
  readonly at: Date;
  /** The other console that answered it last; undefined for this one. */
  readonly replica: string | undefined;
  readonly tone: Tone;
  readonly word: string;
}

/** Held polls come back within a minute; one that does not is gone. */
const GONE_MS = 2 * 60_000;

/** Who polled, the latest first. */
export function pollersShown(
  { system }: Pick<AdminServices, "system">,
  now: Date,
): readonly PollerShown[] {
  const current = system.publication();
  const tags = new Set([current?.document.traefik.etag, current?.document.json.etag]);
  return system
    .pollers()
    .toReversed()
    .map(({ name, revision, etag, at, replica }) => {
      // Changes that leave the bytes as they are need not be fetched.
      const isNewest = tags.has(etag);
      const known = {
        name,
        at,
        replica,
        revision: isNewest ? (current?.revision ?? revision) : revision,
      };
      if (now.getTime() - at.getTime() > GONE_MS) return { ...known, tone: "off", word: "Gone" };
      return isNewest
        ? { ...known, tone: "good", word: "Up to date" }
        : { ...known, tone: "wait", word: "Behind" };
    });
}
