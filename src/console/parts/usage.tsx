import type { Owner } from "../../domain/entities.ts";
import type { Remedy } from "../forms.ts";
import { RemedyLink } from "./remedy-link.tsx";

/** How much of what there may be is there: in words, and as a bar. */
export function Usage({
  label,
  used,
  limit,
  words,
}: {
  /** What it is of, for those who do not see the bar. */
  label: string;
  used: number;
  limit: number;
  words: string;
}) {
  return (
    <span class="usage">
      <meter
        aria-label={label}
        min={0}
        max={Math.max(limit, 1)}
        // One of one is how it is meant, as with a name of one's own.
        high={limit > 1 ? limit * 0.9 : undefined}
        value={Math.min(used, Math.max(limit, 1))}
      />
      <span>{words}</span>
    </span>
  );
}

/** One kind of what an owner may have, and how much of it they use. */
export interface Allowance {
  /** `buckets` */
  readonly what: string;
  readonly used: number;
  readonly limit: number;
  /** Where more is asked for. */
  readonly remedy?: Remedy | undefined;
}

/** An owner's quota with what they use of it, and where they ask for more when it is used up. */
export function Allowances({ all }: { all: readonly Allowance[] }) {
  return (
    <ul class="allowances">
      {all.map(({ what, used, limit, remedy }) => (
        <li>
          <Usage label={what} used={used} limit={limit} words={`${used} of ${limit} ${what}`} />
          {used < limit ? null : <RemedyLink remedy={remedy} />}
        </li>
      ))}
    </ul>
  );
}

/** The limits of the visitor, and of those of their groups that have something, each under its name. */
export function OwnersLimits({
  owners,
  you,
  has,
  allowancesOf,
}: {
  owners: readonly Owner[];
  /** The visitor's id. */
  you: string;
  /** Whether a group has any of what is limited. */
  has: (owner: string) => boolean;
  allowancesOf: (owner: Owner) => readonly Allowance[];
}) {
  return (
    <section>
      <h2>How much you may have</h2>
      {owners
        .filter(({ id }) => id === you || has(id))
        .map((owner) => (
          <>
            {owners.length > 1 ? <h3>{owner.id === you ? "You" : owner.name}</h3> : null}
            <Allowances all={allowancesOf(owner)} />
          </>
        ))}
    </section>
  );
}
