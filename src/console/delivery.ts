import type { Publisher } from "../publisher/publisher.ts";
import type { Pollers } from "../publisher/shared-pollers.ts";

/** How far a change has come on its way to Traefik, as far as this console knows. */
export interface Delivery {
  /** The revision of what pollers get; null before there is anything. */
  readonly published: number | null;
  /** Who polled lately, and which revision each has. */
  readonly pollers: readonly Fetched[];
  /** How often a thing in a real system was told to stand otherwise; without it, never. */
  readonly standings?: number;
}

export interface Fetched {
  readonly name: string;
  readonly revision: number;
  readonly at: Date;
}

/** Who has not asked for so long polls no more. */
const GONE_MS = 2 * 60_000;

/** @returns as of now */
export function deliveryOf(
  publisher: Pick<Publisher, "current">,
  known: Pick<Pollers, "pollers">,
  now: Date,
): Delivery {
  const { current } = publisher;
  const etags = new Set([current?.document.traefik.etag, current?.document.json.etag]);
  const pollers = known
    .pollers()
    .filter(({ at }) => now.getTime() - at.getTime() < GONE_MS)
    // Changes that leave the bytes as they are do not have to be fetched.
    .map(({ name, revision, etag, at }) => ({
      name,
      at,
      revision: etags.has(etag) ? Math.max(revision, current?.revision ?? 0) : revision,
    }));
  return { published: current?.revision ?? null, pollers };
}

/**
 * What a page that is open shows: a state, and how far it has come. A page with another mark than
 * that of now has missed something.
 */
export function markOf(
  { revision }: { readonly revision: number },
  { delivery }: { readonly delivery: () => Delivery },
): string {
  const { published, pollers, standings = 0 } = delivery();
  const fetched = pollers.map((poller) => poller.revision);
  const least = Math.min(revision, ...fetched);
  return [revision, published ?? 0, fetched.length, least, standings].join(".");
}
