import { Hono } from "hono";
import { markOf } from "../delivery.ts";
import { Badge } from "../parts/badge.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import { exactly } from "../parts/time.tsx";
import { Held } from "../pages/buckets.tsx";
import { keyViewsOf, viewsOf } from "../pages/bucket-view.ts";
import { startOf } from "../pages/start-of.ts";
import type { PageEnv } from "../visitor.ts";
import { showAdmin } from "./nav.tsx";
import { OwnerOf } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { wrongIn } from "./wrong.ts";

const SHOWN = 50;

/** `/admin/buckets`: what stands wrong, and what people left behind. */
export function bucketsForAdmins(services: AdminServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();
  app.get("/admin/buckets", async (context) => {
    const module = services.modules().buckets;
    if (module === undefined) return context.notFound();
    const from = startOf(context.req.query("from"));
    const [wrong, wrongKeys] = [
      await wrongIn(module.standings, "bucket", ledger.state.buckets),
      await wrongIn(module.standings, "bucketKey", ledger.state.bucketKeys),
    ];
    const { state } = ledger;
    const now = site.now();
    const buckets = await viewsOf(
      services,
      wrong.slice(from, from + SHOWN).flatMap((id) => state.buckets.get(id) ?? []),
    );
    const keys = await keyViewsOf(
      services,
      wrongKeys.slice(from, from + SHOWN).flatMap((id) => state.bucketKeys.get(id) ?? []),
    );
    const left = await viewsOf(
      services,
      [...state.buckets.values()]
        .filter(({ owner }) => !state.owners.has(owner))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .slice(from, from + SHOWN),
    );
    const more = Math.max(wrong.length, wrongKeys.length) > from + SHOWN || left.length === SHOWN;
    const { away } = module.system;
    const isNothing = wrong.length + wrongKeys.length + left.length === 0;
    return showAdmin(
      context,
      services,
      { title: "Buckets", place: "home", back: { href: "/admin", label: "Overview" } },
      <Live context={context} mark={markOf(state, services)}>
        {away === undefined ? null : (
          <div class="note bad" role="note">
            <p>
              {module.storage.name} is away: {away}
            </p>
          </div>
        )}
        {isNothing ? (
          <Empty title="Everything stands right">
            Each bucket and key at {module.storage.name} is as its owner asked for.
          </Empty>
        ) : null}
        {buckets.length === 0 ? null : (
          <section>
            <h2>Buckets that are not right</h2>
            <Table
              caption="Buckets that are not right"
              columns={["Bucket", "Whose", "State"]}
              rows={buckets.map(({ bucket, standing }) => [
                <a href={`/buckets/${bucket.id}`}>{bucket.name}</a>,
                <OwnerOf state={state} id={bucket.owner} />,
                <ThingState standing={standing} now={now} />,
              ])}
            />
          </section>
        )}
        {keys.length === 0 ? null : (
          <section>
            <h2>Keys that are not right</h2>
            <Table
              caption="Keys that are not right"
              columns={["Key", "Whose", "State"]}
              rows={keys.map(({ key, standing }) => [
                key.name,
                <OwnerOf state={state} id={key.owner} />,
                <ThingState standing={standing} now={now} />,
              ])}
            />
          </section>
        )}
        {left.length === 0 ? null : (
          <section>
            <h2>Left behind</h2>
            <p>
              Their owners have left. Until they are deleted, <code>POST /buckets/ID/restore</code>{" "}
              or <code>tardis-console buckets restore ID --owner NAME</code> gives one to somebody
              else.
            </p>
            <Table
              caption="Buckets whose owners have left"
              columns={["Bucket", "Holds", "Id", "Deleted"]}
              rows={left.map((view) => [
                <a href={`/buckets/${view.bucket.id}`}>{view.bucket.name}</a>,
                <Held view={view} />,
                <code>{view.bucket.id}</code>,
                view.bucket.deleting === undefined ? (
                  <Badge tone="bad">Not yet</Badge>
                ) : (
                  exactly(new Date(view.bucket.deleting.until))
                ),
              ])}
            />
          </section>
        )}
        <Pager
          newer={from > 0 ? `/admin/buckets?from=${Math.max(0, from - SHOWN)}` : undefined}
          older={more ? `/admin/buckets?from=${from + SHOWN}` : undefined}
          words={["Before", "More"]}
        />
      </Live>,
    );
  });
  return app;
}
