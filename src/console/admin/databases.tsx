import { Hono } from "hono";
import { markOf } from "../delivery.ts";
import { Badge } from "../parts/badge.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import { exactly } from "../parts/time.tsx";
import { accountViewsOf, databaseViewsOf } from "../pages/database-view.ts";
import { heldInWords } from "../pages/databases.tsx";
import { startOf } from "../pages/start-of.ts";
import type { PageEnv } from "../visitor.ts";
import { showAdmin } from "./nav.tsx";
import { OwnerOf } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { wrongIn } from "./wrong.ts";

const SHOWN = 50;

/** `/admin/databases`: what stands wrong, and what people left behind. */
export function databasesForAdmins(services: AdminServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();
  app.get("/admin/databases", async (context) => {
    const module = services.modules().databases;
    if (module === undefined) return context.notFound();
    const from = startOf(context.req.query("from"));
    const { standings, system } = module;
    const wrong = await wrongIn(standings, "database", ledger.state.databases);
    const wrongAccounts = await wrongIn(
      standings,
      "databaseAccount",
      ledger.state.databaseAccounts,
    );
    const { state } = ledger;
    const now = site.now();
    const databases = await databaseViewsOf(
      services,
      wrong.slice(from, from + SHOWN).flatMap((id) => state.databases.get(id) ?? []),
    );
    const accounts = await accountViewsOf(
      services,
      wrongAccounts.slice(from, from + SHOWN).flatMap((id) => state.databaseAccounts.get(id) ?? []),
    );
    const left = await databaseViewsOf(
      services,
      [...state.databases.values()]
        .filter(({ owner }) => !state.owners.has(owner))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .slice(from, from + SHOWN),
    );
    const more =
      Math.max(wrong.length, wrongAccounts.length) > from + SHOWN || left.length === SHOWN;
    const isNothing = wrong.length + wrongAccounts.length + left.length === 0;
    return showAdmin(
      context,
      services,
      { title: "Databases", place: "home", back: { href: "/admin", label: "Overview" } },
      <Live context={context} mark={markOf(state, services)}>
        {system.away === undefined ? null : (
          <div class="note bad" role="note">
            <p>The database server is away: {system.away}</p>
          </div>
        )}
        {isNothing ? (
          <Empty title="Everything stands right">
            Each database and account is as its owner asked for.
          </Empty>
        ) : null}
        {databases.length === 0 ? null : (
          <section>
            <h2>Databases that are not right</h2>
            <Table
              caption="Databases that are not right"
              columns={["Database", "Whose", "State"]}
              rows={databases.map(({ database, standing }) => [
                <a href={`/databases/${database.id}`}>{database.name}</a>,
                <OwnerOf state={state} id={database.owner} />,
                <ThingState standing={standing} now={now} />,
              ])}
            />
          </section>
        )}
        {accounts.length === 0 ? null : (
          <section>
            <h2>Accounts that are not right</h2>
            <Table
              caption="Accounts that are not right"
              columns={["Account", "Whose", "State"]}
              rows={accounts.map(({ account, standing }) => [
                <code>{account.name}</code>,
                <OwnerOf state={state} id={account.owner} />,
                <ThingState standing={standing} now={now} />,
              ])}
            />
          </section>
        )}
        {left.length === 0 ? null : (
          <section>
            <h2>Left behind</h2>
            <p>
              Their owners have left. Until they are deleted,{" "}
              <code>POST /databases/ID/restore</code> or{" "}
              <code>tardis-console databases restore ID --owner NAME</code> gives one to somebody
              else.
            </p>
            <Table
              caption="Databases whose owners have left"
              columns={["Database", "Holds", "Id", "Deleted"]}
              rows={left.map((view) => [
                <a href={`/databases/${view.database.id}`}>{view.database.name}</a>,
                heldInWords(view),
                <code>{view.database.id}</code>,
                view.database.deleting === undefined ? (
                  <Badge tone="bad">Not yet</Badge>
                ) : (
                  exactly(new Date(view.database.deleting.until))
                ),
              ])}
            />
          </section>
        )}
        <Pager
          newer={from > 0 ? `/admin/databases?from=${Math.max(0, from - SHOWN)}` : undefined}
          older={more ? `/admin/databases?from=${from + SHOWN}` : undefined}
          words={["Before", "More"]}
        />
      </Live>,
    );
  });
  return app;
}
