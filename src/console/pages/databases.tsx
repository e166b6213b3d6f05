import { Hono } from "hono";
import type { Owner } from "../../domain/entities.ts";
import { databaseAccountsOf, databasesOf } from "../../domain/state.ts";
import { counted, size } from "../words.ts";
import { markOf } from "../delivery.ts";
import { show } from "../layout.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import { OwnersLimits } from "../parts/usage.tsx";
import type { PageEnv } from "../visitor.ts";
import { AccountTable, connectionsOf } from "./database-account-table.tsx";
import {
  accountViewsOf,
  allowancesOf,
  databaseViewsOf,
  type DatabaseView,
} from "./database-view.ts";
import { ownersFor } from "./picture.ts";
import type { PageServices } from "./services.ts";
import { startOf } from "./start-of.ts";

/** Of each kind, on one page. */
const SHOWN = 25;
const NEW_DATABASE = { href: "/databases/new", label: "Make a database" } as const;

/** `/databases`: the databases of the visitor and of their groups, and the accounts for them. */
export function databases(services: PageServices): Hono<PageEnv> {
  const { ledger, site, config } = services;
  const app = new Hono<PageEnv>();
  app.get("/databases", async (context) => {
    const { state } = ledger;
    const { person } = context.get("visitor");
    const owners = ownersFor(state, person);
    const from = startOf(context.req.query("from"));
    const accountsFrom = startOf(context.req.query("accounts"));
    const all = owners.flatMap(({ id }) => databasesOf(state, id).toSorted(byName));
    const accounts = owners.flatMap(({ id }) => databaseAccountsOf(state, id).toSorted(byName));
    const views = await databaseViewsOf(services, all.slice(from, from + SHOWN));
    const accountViews = await accountViewsOf(
      services,
      accounts.slice(accountsFrom, accountsFrom + SHOWN),
    );
    const at = (databasesAt: number, accountsAt: number) =>
      `/databases?${new URLSearchParams({ from: String(databasesAt), accounts: String(accountsAt) }).toString()}`;
    const now = site.now();
    const ofMany = owners.length > 1;
    const isNothing = all.length + accounts.length === 0;
    return show(
      context,
      site,
      {
        title: "Databases",
        section: "databases",
        lead: "At MySQL, for what your programs keep.",
        action: all.length === 0 ? undefined : NEW_DATABASE,
      },
      <Live context={context} mark={markOf(state, services)}>
        {all.length === 0 ? (
          <Empty title="You have no database yet" action={NEW_DATABASE}>
            Make one, then an account that a program logs in with. Any client for MySQL or MariaDB
            will do.
          </Empty>
        ) : (
          <DatabaseTable views={views} owners={owners} now={now} />
        )}
        <Pager
          newer={from > 0 ? at(Math.max(0, from - SHOWN), accountsFrom) : undefined}
          older={from + SHOWN < all.length ? at(from + SHOWN, accountsFrom) : undefined}
          words={["Previous databases", "More databases"]}
        />
        {isNothing ? null : (
          <section id="accounts">
            <h2>Accounts</h2>
            {accounts.length === 0 ? (
              <p>
                A program logs in with an account.{" "}
                <a href="/database-accounts/new">Make the first one</a>
              </p>
            ) : (
              <>
                <AccountTable
                  views={accountViews}
                  state={state}
                  now={now}
                  ofMany={ofMany}
                  connectionsMax={connectionsOf(config.databases)}
                />
                <Pager
                  newer={accountsFrom > 0 ? at(from, Math.max(0, accountsFrom - SHOWN)) : undefined}
                  older={
                    accountsFrom + SHOWN < accounts.length
                      ? at(from, accountsFrom + SHOWN)
                      : undefined
                  }
                  words={["Previous accounts", "More accounts"]}
                />
                <p class="buttons">
                  <a class="button quiet" href="/database-accounts/new">
                    Make an account
                  </a>
                </p>
              </>
            )}
          </section>
        )}
        {isNothing ? null : (
          <OwnersLimits
            owners={owners}
            you={person.id}
            has={(id) => state.databasesByOwner.has(id) || state.databaseAccountsByOwner.has(id)}
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

function DatabaseTable({
  views,
  owners,
  now,
}: {
  views: readonly DatabaseView[];
  owners: readonly Owner[];
  now: Date;
}) {
  const names = new Map(owners.map(({ id, name }) => [id, name]));
  const ofMany = owners.length > 1;
  return (
    <Table
      caption="Databases"
      columns={["Database", ...(ofMany ? ["Whose"] : []), "State", "Holds"]}
      rows={views.map((view) => {
        const { database, standing } = view;
        return [
          <a href={`/databases/${database.id}`}>{database.name}</a>,
          ...(ofMany ? [names.get(database.owner) ?? ""] : []),
          <ThingState standing={standing} now={now} until={database.deleting?.until} />,
          heldInWords(view),
        ];
      })}
    />
  );
}

/** How much is in a database. Nothing limits it. */
export function heldInWords({ usage }: DatabaseView): string {
  if (usage === undefined) return "not known";
  return `${size(usage.bytes)} in ${counted(usage.tables, "table")}`;
}
