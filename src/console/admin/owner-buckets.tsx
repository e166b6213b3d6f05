import type { State } from "../../domain/state.ts";
import { listPart, type Part } from "./parts.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import { Held } from "../pages/buckets.tsx";
import { ACCESS_WORDS, bucketsInWords } from "../pages/bucket-key-table.tsx";
import type { BucketView, KeyView } from "../pages/bucket-view.ts";

/** Of each kind; more is what an admin rarely has a look at. */
const SHOWN = 50;

/** An owner's buckets and keys with how they stand. */
export function bucketParts({
  state,
  now,
  buckets,
  keys,
}: {
  state: State;
  now: Date;
  buckets: readonly BucketView[];
  keys: readonly KeyView[];
}): readonly Part[] {
  return [
    listPart({
      id: "buckets",
      title: "Buckets",
      none: "None.",
      columns: ["Bucket", "State", "Holds", "Read by"],
      items: buckets,
      row: (view) => [
        <a href={`/buckets/${view.bucket.id}`}>{view.bucket.name}</a>,
        <ThingState standing={view.standing} now={now} until={view.bucket.deleting?.until} />,
        <Held view={view} />,
        view.bucket.publicRead ? "Everyone" : "Keys",
      ],
      atMost: SHOWN,
    }),
    listPart({
      id: "bucket-keys",
      title: "Keys to buckets",
      none: "None.",
      columns: ["Key", "State", "May", "In", ""],
      items: keys,
      row: ({ key, standing }) => [
        key.name,
        <ThingState standing={standing} now={now} />,
        ACCESS_WORDS[key.access],
        bucketsInWords(state, key),
        key.deleting ? (
          ""
        ) : (
          <a href={`/bucket-keys/${key.id}/revoke`}>
            Revoke<span class="unseen"> {key.name}</span>
          </a>
        ),
      ],
      atMost: SHOWN,
    }),
  ];
}
