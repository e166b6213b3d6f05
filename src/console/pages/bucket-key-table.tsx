import type { BucketKey } from "../../domain/entities.ts";
import type { State } from "../../domain/state.ts";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import type { KeyView } from "./bucket-view.ts";

export const ACCESS_WORDS: Readonly<Record<BucketKey["access"], string>> = {
  write: "Read and write",
  read: "Read only",
};
const NAMES_SHOWN = 3;

/** Keys to buckets, with what is done with each. */
export function KeyTable({
  views,
  state,
  now,
  ofMany,
}: {
  views: readonly KeyView[];
  state: State;
  now: Date;
  /** Whether they are of several owners. */
  ofMany: boolean;
}) {
  return (
    <Table
      caption="Keys"
      columns={["Key", ...(ofMany ? ["Whose"] : []), "State", "May", "In", "Access key", ""]}
      rows={views.map(({ key, standing }) => [
        key.name,
        ...(ofMany ? [state.owners.get(key.owner)?.name ?? ""] : []),
        <ThingState standing={standing} now={now} />,
        ACCESS_WORDS[key.access],
        bucketsInWords(state, key),
        <code>{key.accessKey}</code>,
        key.deleting ? (
          ""
        ) : (
          <span class="actions">
            <a href={`/bucket-keys/${key.id}/rotate`}>
              Rotate<span class="unseen"> {key.name}</span>
            </a>
            <a href={`/bucket-keys/${key.id}/revoke`}>
              Revoke<span class="unseen"> {key.name}</span>
            </a>
          </span>
        ),
      ])}
    />
  );
}

/** The buckets that a key is for, in a few words. */
export function bucketsInWords(state: State, { buckets }: Pick<BucketKey, "buckets">): string {
  if (buckets === null) return "all buckets";
  const names = buckets.flatMap((id) => state.buckets.get(id)?.name ?? []);
  if (names.length === 0) return "no bucket any more";
  const more = names.length - NAMES_SHOWN;
  return names.slice(0, NAMES_SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
