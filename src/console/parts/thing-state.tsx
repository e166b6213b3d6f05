import type { StandingView } from "../../api/standing.ts";
import { Badge, type Tone } from "./badge.tsx";
import { Time } from "./time.tsx";

/** The states of what is in a real system, as people are told them. */
export const STATE_WORDS: Readonly<Record<StandingView["state"], readonly [Tone, string]>> = {
  creating: ["wait", "Being made"],
  ready: ["good", "Ready"],
  repairing: ["wait", "Being repaired"],
  suspended: ["bad", "Suspended"],
  deleting: ["off", "Being deleted"],
  stuck: ["bad", "Stuck"],
  conflict: ["bad", "In conflict"],
};

/** How a thing in a real system stands: in a word, why in a sentence, and when it is tried again. */
export function ThingState({
  standing,
  now,
  until,
}: {
  standing: StandingView;
  now: Date;
  /** Of something deleted: until when it is kept. */
  until?: string | undefined;
}) {
  const { state, why, retryAt } = standing;
  const [tone, word] = STATE_WORDS[state];
  // What stands right, or goes, may be looked at again later: that is no news.
  const isRetried = retryAt !== null && state !== "deleting" && state !== "ready";
  return (
    <span class="standing">
      <Badge tone={tone}>{word}</Badge>
      {state === "deleting" && until !== undefined && new Date(until) > now ? (
        <span class="why">
          Deleted for good <Time at={until} now={now} />. It can be had back until then.
        </span>
      ) : why === null && !isRetried ? null : (
        <span class="why">
          {why ?? ""}
          {isRetried ? (
            <>
              {" "}
              It is tried again <Time at={retryAt} now={now} />.
            </>
          ) : null}
        </span>
      )}
    </span>
  );
}

/** Whether it is on its way, so that whoever looks at it has something to wait for. */
export function isUnderway({ state }: StandingView): boolean {
  return state === "creating" || state === "repairing";
}

/** Told while a thing is on its way: a page without scripts does not follow by itself. */
export function Underway({ standing }: { standing: StandingView }) {
  if (!isUnderway(standing)) return null;
  return (
    <p class="underway">
      <progress aria-label="It is being done" />
      <span class="needs-script">This page shows when it is done.</span>
      <noscript>Load this page again to see how it goes.</noscript>
    </p>
  );
}

/** What was put right behind someone's back. */
export function Repairs({ standing, now }: { standing: StandingView; now: Date }) {
  if (standing.repaired.length === 0) return null;
  return (
    <section>
      <h2>Put right lately</h2>
      <ul>
        {standing.repaired.map(({ at, what }) => (
          <li>
            <Time at={at} now={now} />: {what}
          </li>
        ))}
      </ul>
    </section>
  );
}
