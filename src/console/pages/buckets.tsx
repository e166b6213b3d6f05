import { Hono } from "hono";
import { GIGABYTE } from "../../buckets/bucket-kind.ts";
import type { Owner } from "../../domain/entities.ts";
import { bucketKeysOf, bucketsOf } from "../../domain/state.ts";
import { size } from "../words.ts";
import { markOf } from "../delivery.ts";
import { show } from "../layout.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import { OwnersLimits, Usage } from "../parts/usage.tsx";
import type { PageEnv } from "../visitor.ts";
import { KeyTable } from "./bucket-key-table.tsx";
import { allowancesOf, keyViewsOf, viewsOf, type BucketView } from "./bucket-view.ts";
import { ownersFor } from "./picture.ts";
import type { PageServices } from "./services.ts";
import { startOf } from "./start-of.ts";

/** Of each kind, on one page. */
const SHOWN = 25;
const NEW_BUCKET = { href: "/buckets/new", label: "Make a bucket" } as const;

/** `/buckets`: the buckets and keys of the visitor and of their groups. */
export function buckets(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();
  app.get("/buckets", async (context) => {
    const { state } = ledger;
    const { person } = context.get("visitor");
    const owners = ownersFor(state, person);
    const from = startOf(context.req.query("from"));
    const keysFrom = startOf(context.req.query("keys"));
    const all = owners.flatMap((owner) => bucketsOf(state, owner.id).toSorted(byName));
    const keys = owners.flatMap((owner) => bucketKeysOf(state, owner.id).toSorted(byName));
    const views = await viewsOf(services, all.slice(from, from + SHOWN));
    const keyViews = await keyViewsOf(services, keys.slice(keysFrom, keysFrom + SHOWN));
    const at = (bucketsAt: number, keysAt: number) =>
      `/buckets?${new URLSearchParams({ from: String(bucketsAt), keys: String(keysAt) }).toString()}`;
    const now = site.now();
    const ofMany = owners.length > 1;
    return show(
      context,
      site,
      {
        title: "Buckets",
        section: "buckets",
        lead: "Room for files: backups, pictures, what a site serves.",
        action: all.length === 0 ? undefined : NEW_BUCKET,
      },
      <Live context={context} mark={markOf(state, services)}>
        {all.length === 0 ? (
          <Empty title="You have no bucket yet" action={NEW_BUCKET}>
            A bucket holds as many files as fit. Make one, then a key to it, and put files in with
            any client for S3: mc, aws, rclone and many programs that make backups.
          </Empty>
        ) : (
          <BucketTable views={views} owners={owners} now={now} />
        )}
        <Pager
          newer={from > 0 ? at(Math.max(0, from - SHOWN), keysFrom) : undefined}
          older={from + SHOWN < all.length ? at(from + SHOWN, keysFrom) : undefined}
          words={["Previous buckets", "More buckets"]}
        />
        {all.length + keys.length === 0 ? null : (
          <section id="keys">
            <h2>Keys</h2>
            {keys.length === 0 ? (
              <p>
                A program reaches your buckets with a key.{" "}
                <a href="/bucket-keys/new">Make the first one</a>
              </p>
            ) : (
              <>
                <KeyTable views={keyViews} state={state} now={now} ofMany={ofMany} />
                <Pager
                  newer={keysFrom > 0 ? at(from, Math.max(0, keysFrom - SHOWN)) : undefined}
                  older={keysFrom + SHOWN < keys.length ? at(from, keysFrom + SHOWN) : undefined}
                  words={["Previous keys", "More keys"]}
                />
                <p class="buttons">
                  <a class="button quiet" href="/bucket-keys/new">
                    Make a key
                  </a>
                </p>
              </>
            )}
          </section>
        )}
        {all.length + keys.length === 0 ? null : (
          <OwnersLimits
            owners={owners}
            you={person.id}
            has={(id) => state.bucketsByOwner.has(id) || state.bucketKeysByOwner.has(id)}
            allowancesOf={(owner) => allowancesOf(services, owner)}
          />
        )}
      </Live>,
    );
  });
  return app;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function BucketTable({
  views,
  owners,
  now,
}: {
  views: readonly BucketView[];
  owners: readonly Owner[];
  now: Date;
}) {
  const names = new Map(owners.map(({ id, name }) => [id, name]));
  const ofMany = owners.length > 1;
  return (
    <Table
      caption="Buckets"
      columns={["Bucket", ...(ofMany ? ["Whose"] : []), "State", "Holds", "Read by"]}
      rows={views.map((view) => {
        const { bucket, standing } = view;
        return [
          <a href={`/buckets/${bucket.id}`}>{bucket.name}</a>,
          ...(ofMany ? [names.get(bucket.owner) ?? ""] : []),
          <ThingState standing={standing} now={now} until={bucket.deleting?.until} />,
          <Held view={view} />,
          bucket.publicRead && bucket.deleting === undefined ? "Everyone" : "Keys",
        ];
      })}
    />
  );
}

/** How much a bucket holds of what it may. */
export function Held({ view: { bucket, usage } }: { view: BucketView }) {
  const most = `${bucket.gigabytes} GB`;
  if (usage === undefined) return <>not counted yet, at most {most}</>;
  return (
    <Usage
      label={`${bucket.name} holds`}
      used={usage.bytes}
      limit={bucket.gigabytes * GIGABYTE}
      words={`${size(usage.bytes)} of ${most}`}
    />
  );
}
