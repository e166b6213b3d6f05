const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS = [
  [365 * DAY, "year"],
  [30 * DAY, "month"],
  [7 * DAY, "week"],
  [DAY, "day"],
  [HOUR, "hour"],
  [MINUTE, "minute"],
] as const;

/** A moment in words, as of now: `3 minutes ago`, `in 2 weeks`, `just now`. */
export function inWords(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const distance = Math.abs(seconds);
  const unit = UNITS.find(([length]) => distance >= length);
  if (unit === undefined) return seconds > 5 ? "in a moment" : "just now";
  const count = Math.floor(distance / unit[0]);
  const text = `${count} ${unit[1]}${count === 1 ? "" : "s"}`;
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

const EXACT = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: "UTC",
});

/** A moment exactly, for people everywhere: `30 Nov 2026, 20:41 UTC`. */
export function exactly(at: Date): string {
  return `${EXACT.format(at)} UTC`;
}

/** A moment in words, its exact time on hover. */
export function Time({ at, now }: { at: string | Date; now: Date }) {
  const date = new Date(at);
  return (
    <time datetime={date.toISOString()} title={exactly(date)}>
      {inWords(date, now)}
    </time>
  );
}
