import { Hono } from "hono";
import { clientName, examples } from "../../buckets/snippets.ts";
import { actsFor } from "../../domain/policy.ts";
import { bucketKeysOf } from "../../domain/state.ts";
import { counted } from "../words.ts";
import { markOf } from "../delivery.ts";
import { show } from "../layout.tsx";
import { Copyable } from "../parts/copyable.tsx";
import { Grace } from "../parts/grace.tsx";
import { Live } from "../parts/live.tsx";
import { Snippets } from "../parts/snippets.tsx";
import { Repairs, ThingState, Underway } from "../parts/thing-state.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { bucketFor, keyViewsOf, viewsOf } from "./bucket-view.ts";
import { Held } from "./buckets.tsx";
import { KeyTable } from "./bucket-key-table.tsx";
import type { PageServices } from "./services.ts";

const KEYS_SHOWN = 25;

/** `/buckets/{id}`: one bucket, how it stands, and what can be done with it. */
export function bucketPage(services: PageServices): Hono<PageEnv> {
  const { ledger, site, config } = services;
  const app = new Hono<PageEnv>();
  app.get("/buckets/:id", async (context) => {
    const { id } = bucketFor(services, context);
    // What is asked for outside the state takes time: all of the state is read after it.
    const [view] = await viewsOf(services, [bucketFor(services, context)]);
    const bucket = bucketFor(services, context);
    if (view === undefined) throw new Error("there is one of each");
    const { state } = ledger;
    const { standing, usage } = view;
    const visitor = context.get("visitor");
    // An admin who looks at another's comes from elsewhere.
    const back = actsFor(state, visitor.actor, bucket.owner)
      ? { href: "/buckets", label: "Buckets" }
      : state.owners.has(bucket.owner)
        ? { href: `/admin/owners/${bucket.owner}#buckets`, label: "Its owner" }
        : { href: "/admin/buckets", label: "Buckets" };
    const { name, deleting } = bucket;
    const now = site.now();
    const at = `/buckets/${id}`;
    const keys = bucketKeysOf(state, bucket.owner).filter(
      (key) => !key.deleting && (key.buckets === null || key.buckets.includes(id)),
    );
    const keyViews = await keyViewsOf(services, keys.slice(0, KEYS_SHOWN));
    const url = `${config.buckets.publicUrl}/${name}/`;
    const client = clientName(state, bucket.owner);
    const how = examples(client, name);
    // Nothing is done with what is another's.
    const isOurs = deleting === undefined && standing.state !== "conflict";
    return show(
      context,
      site,
      {
        title: name,
        section: "buckets",
        back,
        action: isOurs ? { href: `${at}/edit`, label: "Change it" } : undefined,
      },
      <Live context={context} mark={markOf(state, services)}>
        {deleting === undefined ? (
          <>
            <p>
              <ThingState standing={standing} now={now} />
            </p>
            <Underway standing={standing} />
          </>
        ) : (
          <Grace
            until={deleting.until}
            now={now}
            action={`${at}/restore`}
            handOn={state.owners.has(bucket.owner) ? undefined : `/admin/buckets/${id}/hand-on`}
          >
            Until then nobody can use it, and what is in it is kept.
          </Grace>
        )}
        <dl class="facts">
          <dt>Holds</dt>
          <dd>
            <Held view={view} />
            {usage === undefined ? null : (
              <p class="hint">
                {counted(usage.objects, "object")}, as the storage counted last. It counts now and
                then, so this lags behind.
              </p>
            )}
          </dd>
          <dt>Read by</dt>
          <dd>{bucket.publicRead ? "Everyone who knows an object's address" : "Keys alone"}</dd>
          <dt>Objects are deleted</dt>
          <dd>{expiryInWords(bucket.expireDays)}</dd>
          <dt>{bucket.publicRead ? "Addresses begin with" : "Address"}</dt>
          <dd>
            <Copyable text={url} />
          </dd>
          <dt>Belongs to</dt>
          <dd>{state.owners.get(bucket.owner)?.name ?? "someone who left"}</dd>
          <dt>Made</dt>
          <dd>
            <Time at={bucket.createdAt} now={now} />
          </dd>
        </dl>
        {deleting !== undefined ? null : (
          <>
            <div class="buttons">
              <a class="button quiet" href={`${at}/delete`}>
                Delete it …
              </a>
              <a href={`/activity?of=${bucket.owner}`}>What happened lately</a>
            </div>
            <section>
              <h2>Keys that reach it</h2>
              {keys.length === 0 ? (
                <p>
                  None yet.{" "}
                  <a href={`/bucket-keys/new?owner=${bucket.owner}&bucket=${id}`}>
                    Make a key to it
                  </a>
                </p>
              ) : (
                <KeyTable views={keyViews} state={state} now={now} ofMany={false} />
              )}
              {keys.length > KEYS_SHOWN ? <a href="/buckets#keys">All keys</a> : null}
            </section>
            {isOurs ? (
              <section>
                <h2>How files get in</h2>
                <p>
                  With a client that has a key under the name <code>{client}</code>; how it is given
                  one is shown together with the key’s secret.
                </p>
                <Snippets
                  all={[
                    ["mc", "MinIO's client", how.mc],
                    ["aws", "AWS's command line", how.aws],
                    ["rclone", "", how.rclone],
                  ]}
                />
              </section>
            ) : null}
          </>
        )}
        <Repairs standing={standing} now={now} />
      </Live>,
    );
  });
  return app;
}

/** When objects go by themselves, for people. */
export function expiryInWords(days: number | null): string {
  if (days === null) return "never by themselves";
  return `${days} ${days === 1 ? "day" : "days"} after they were put in`;
}
