/** How soon it is looked again at what cannot be done now, and may be possible at any moment. */
const SOON_MS = 30_000;

/** When that is, ISO 8601. */
export function soonAfter(now: Date): string {
  return new Date(now.getTime() + SOON_MS).toISOString();
}

/** A moment for people, to the minute: `2026-12-07 20:00 (UTC)`. @param at ISO 8601, in UTC */
export function toTheMinute(at: string): string {
  return `${at.slice(0, 16).replace("T", " ")} (UTC)`;
}
