import type { State } from "../../domain/state.ts";
import { ACCESS_WORDS, databasesInWords, openInWords } from "../pages/database-account-table.tsx";
import type { AccountView, DatabaseView } from "../pages/database-view.ts";
import { heldInWords } from "../pages/databases.tsx";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";

/** Of each kind; more is what an admin rarely has a look at. */
const SHOWN = 50;

/** An owner's databases and accounts with how they stand. */
export function Databases({
  state,
  now,
  databases,
  accounts,
  connectionsMax,
}: {
  state: State;
  now: Date;
  databases: readonly DatabaseView[];
  accounts: readonly AccountView[];
  /** That one account may have open. */
  connectionsMax: number;
}) {
  return (
    <>
      <section id="databases">
        <h2>Databases</h2>
        {databases.length === 0 ? (
          <p class="quiet-text">None.</p>
        ) : (
          <Table
            caption="Databases"
            columns={["Database", "State", "Holds"]}
            rows={databases
              .slice(0, SHOWN)
              .map((view) => [
                <a href={`/databases/${view.database.id}`}>{view.database.name}</a>,
                <ThingState
                  standing={view.standing}
                  now={now}
                  until={view.database.deleting?.until}
                />,
                heldInWords(view),
              ])}
          />
        )}
      </section>
      <section id="database-accounts">
        <h2>Accounts at databases</h2>
        {accounts.length === 0 ? (
          <p class="quiet-text">None.</p>
        ) : (
          <Table
            caption="Accounts at databases"
            columns={["Account", "State", "May", "In", "Connections", ""]}
            rows={accounts.slice(0, SHOWN).map(({ account, standing, connections }) => [
              <code>{account.name}</code>,
              <ThingState standing={standing} now={now} />,
              ACCESS_WORDS[account.access],
              databasesInWords(state, account),
              openInWords(connections, connectionsMax),
              account.deleting ? (
                ""
              ) : (
                <a href={`/database-accounts/${account.id}/end`}>
                  End<span class="unseen"> {account.name}</span>
                </a>
              ),
            ])}
          />
        )}
      </section>
    </>
  );
}
