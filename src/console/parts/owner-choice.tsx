import type { Owner } from "../../domain/entities.ts";

/** For whom something is made: the person, or one of their groups. Each leads to the form for them. */
export function OwnerChoice({
  owners,
  current,
  hrefFor,
}: {
  owners: readonly Owner[];
  current: Owner;
  hrefFor: (owner: Owner) => string;
}) {
  if (owners.length < 2) return null;
  return (
    <nav class="choices" aria-label="For whom">
      {owners.map((owner) => (
        <a href={hrefFor(owner)} aria-current={owner.id === current.id ? "page" : undefined}>
          {owner.name}
        </a>
      ))}
    </nav>
  );
}
