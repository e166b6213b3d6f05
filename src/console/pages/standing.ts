import type { Endpoint, Page } from "../../domain/entities.ts";
import type { PageStanding } from "../../traefik/page-standing.ts";
import type { Standing } from "../../traefik/table.ts";
import type { Delivery } from "../delivery.ts";
import type { Tone } from "../parts/badge.tsx";

/** A state as people are shown it. */
export interface Shown {
  readonly tone: Tone;
  readonly word: string;
  /** A sentence more: why, or what comes next. */
  readonly reason?: string | undefined;
}

/** How far something routed has come: stored, published, fetched by each Traefik that asks here. */
export function deliveredAs({ published, pollers }: Delivery, revision: number): Shown {
  if (published === null || published < revision) {
    return { tone: "wait", word: "Stored", reason: "It is being published." };
  }
  if (pollers.length === 0) {
    return { tone: "wait", word: "Published", reason: "No Traefik has asked for it yet." };
  }
  const late = pollers.filter((poller) => poller.revision < revision);
  if (late.length > 0) {
    return {
      tone: "wait",
      word: "Published",
      reason: `${namesOf(late)} has not fetched it yet.`,
    };
  }
  return { tone: "good", word: "Online", reason: `Fetched by ${namesOf(pollers)}.` };
}

function namesOf(pollers: Delivery["pollers"]): string {
  return pollers.map(({ name }) => name).join(", ");
}

const UNROUTED = {
  paused: { tone: "off", word: "Paused" },
  suspended: { tone: "bad", word: "Suspended" },
  "set-aside": { tone: "bad", word: "Not routed" },
} as const;

export function endpointShown(standing: Standing, endpoint: Endpoint, delivery: Delivery): Shown {
  if (standing.state === "routed") return deliveredAs(delivery, endpoint.revision);
  return { ...UNROUTED[standing.state], reason: standing.reason };
}

const PAGES = {
  shadowed: { tone: "off", word: "Shadowed" },
  conflict: { tone: "bad", word: "In conflict" },
  "not-deployed": { tone: "off", word: "Not deployed" },
  held: { tone: "wait", word: "Held" },
  "set-aside": { tone: "bad", word: "Not routed" },
  suspended: { tone: "bad", word: "Suspended" },
} as const;

export function pageShown({ state, reason }: PageStanding, page: Page, delivery: Delivery): Shown {
  if (state === "routed") return deliveredAs(delivery, page.revision);
  return { ...PAGES[state], reason: reason ?? undefined };
}
