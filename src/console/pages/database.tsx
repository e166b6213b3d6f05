import { Hono } from "hono";
import { prompting } from "../../databases/snippets.ts";
import { actsFor } from "../../domain/policy.ts";
import { databaseAccountsOf } from "../../domain/state.ts";
import { markOf } from "../delivery.ts";
import { show } from "../layout.tsx";
import { Copyable } from "../parts/copyable.tsx";
import { Grace } from "../parts/grace.tsx";
import { Live } from "../parts/live.tsx";
import { Snippets } from "../parts/snippets.tsx";
import { Repairs, ThingState, Underway } from "../parts/thing-state.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { AccountTable, connectionsOf } from "./database-account-table.tsx";
import { accountViewsOf, databaseFor, databaseViewsOf } from "./database-view.ts";
import { heldInWords } from "./databases.tsx";
import type { PageServices } from "./services.ts";

const ACCOUNTS_SHOWN = 25;

/** `/databases/{id}`: one database, how it stands, and what can be done with it. */
export function databasePage(services: PageServices): Hono<PageEnv> {
  const { ledger, site, config } = services;
  const app = new Hono<PageEnv>();
  app.get("/databases/:id", async (context) => {
    const { id } = databaseFor(services, context);
    // What is asked for outside the state takes time: all of the state is read after it.
    const [view] = await databaseViewsOf(services, [databaseFor(services, context)]);
    const database = databaseFor(services, context);
    if (view === undefined) throw new Error("there is one of each");
    const accounts = databaseAccountsOf(ledger.state, database.owner).filter(
      (account) =>
        !account.deleting && (account.databases === null || account.databases.includes(id)),
    );
    const accountViews = await accountViewsOf(services, accounts.slice(0, ACCOUNTS_SHOWN));
    const { state } = ledger;
    const { standing } = view;
    // An admin who looks at another's comes from elsewhere.
    const back = actsFor(state, context.get("visitor").actor, database.owner)
      ? { href: "/databases", label: "Databases" }
      : state.owners.has(database.owner)
        ? { href: `/admin/owners/${database.owner}#databases`, label: "Its owner" }
        : { href: "/admin/databases", label: "Databases" };
    const { name, deleting } = database;
    const address = config.databases.publicAddress;
    const now = site.now();
    const at = `/databases/${id}`;
    const first = accounts.find(({ stage }) => stage === "issued");
    return show(
      context,
      site,
      { title: name, section: "databases", back },
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
            handOn={state.owners.has(database.owner) ? undefined : `/admin/databases/${id}/hand-on`}
          >
            Until then no account gets into it, and what is in it is kept.
          </Grace>
        )}
        <dl class="facts">
          <dt>Holds</dt>
          <dd>
            {heldInWords(view)}
            {view.usage === undefined ? null : (
              <p class="hint">The server’s own estimate, a minute old at most.</p>
            )}
          </dd>
          <dt>Server</dt>
          <dd>
            <Copyable text={address} />
          </dd>
          <dt>Name there</dt>
          <dd>
            <Copyable text={name} />
          </dd>
          <dt>Belongs to</dt>
          <dd>{state.owners.get(database.owner)?.name ?? "someone who left"}</dd>
          <dt>Made</dt>
          <dd>
            <Time at={database.createdAt} now={now} />
          </dd>
        </dl>
        {deleting !== undefined ? null : (
          <>
            <div class="buttons">
              <a class="button quiet" href={`${at}/delete`}>
                Delete it …
              </a>
              <a href={`/activity?of=${database.owner}`}>What happened lately</a>
            </div>
            <section>
              <h2>Accounts that reach it</h2>
              {accounts.length === 0 ? (
                <p>
                  None yet.{" "}
                  <a href={`/database-accounts/new?owner=${database.owner}&database=${id}`}>
                    Make an account for it
                  </a>
                </p>
              ) : (
                <AccountTable
                  views={accountViews}
                  state={state}
                  now={now}
                  ofMany={false}
                  connectionsMax={connectionsOf(config.databases)}
                />
              )}
              {accounts.length > ACCOUNTS_SHOWN ? (
                <a href="/databases#accounts">All accounts</a>
              ) : null}
            </section>
            {first === undefined || standing.state === "conflict" ? null : (
              <section>
                <h2>How it is opened</h2>
                <p>
                  The password is asked for. How other clients connect is shown together with an
                  account’s password.
                </p>
                <Snippets
                  all={[
                    [
                      "mysql",
                      "in a terminal",
                      prompting({ address, user: first.name, database: name }),
                    ],
                  ]}
                />
              </section>
            )}
          </>
        )}
        <Repairs standing={standing} now={now} />
      </Live>,
    );
  });
  return app;
}
