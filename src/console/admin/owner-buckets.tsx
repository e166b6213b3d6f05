import type { State } from "../../domain/state.ts";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import { Held } from "../pages/buckets.tsx";
import { ACCESS_WORDS, bucketsInWords } from "../pages/bucket-key-table.tsx";
import type { BucketView, KeyView } from "../pages/bucket-view.ts";

/** Of each kind; more is what an admin rarely has a look at. */
const SHOWN = 50;

/** An owner's buckets and keys with how they stand. */
export function Buckets({
  state,
  now,
  buckets,
  keys,
}: {
  state: State;
  now: Date;
  buckets: readonly BucketView[];
  keys: readonly KeyView[];
}) {
  return (
    <>
      <section id="buckets">
        <h2>Buckets</h2>
        {buckets.length === 0 ? (
          <p class="quiet-text">None.</p>
        ) : (
          <Table
            caption="Buckets"
            columns={["Bucket", "State", "Holds", "Read by"]}
            rows={buckets
              .slice(0, SHOWN)
              .map((view) => [
                <a href={`/buckets/${view.bucket.id}`}>{view.bucket.name}</a>,
                <ThingState
                  standing={view.standing}
                  now={now}
                  until={view.bucket.deleting?.until}
                />,
                <Held view={view} />,
                view.bucket.publicRead ? "Everyone" : "Keys",
              ])}
          />
        )}
      </section>
      <section id="bucket-keys">
        <h2>Keys to buckets</h2>
        {keys.length === 0 ? (
          <p class="quiet-text">None.</p>
        ) : (
          <Table
            caption="Keys to buckets"
            columns={["Key", "State", "May", "In", ""]}
            rows={keys.slice(0, SHOWN).map(({ key, standing }) => [
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
            ])}
          />
        )}
      </section>
    </>
  );
}
