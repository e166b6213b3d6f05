import type { State } from "../../domain/state.ts";
import { ACCESS_WORDS, databasesInWords, openInWords } from "../pages/database-account-table.tsx";
import type { AccountView, DatabaseView } from "../pages/database-view.ts";
import { heldInWords } from "../pages/databases.tsx";
import { listPart, type Part } from "./parts.tsx";
import { ThingState } from "../parts/thing-state.tsx";

/** Of each kind; more is what an admin rarely has a look at. */
const SHOWN = 50;

/** An owner's databases and accounts with how they stand. */
export function databaseParts({
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
}): readonly Part[] {
  return [
    listPart({
      id: "databases",
      title: "Databases",
      none: "None.",
      columns: ["Database", "State", "Holds"],
      items: databases,
      row: (view) => [
        <a href={`/databases/${view.database.id}`}>{view.database.name}</a>,
        <ThingState standing={view.standing} now={now} until={view.database.deleting?.until} />,
        heldInWords(view),
      ],
      atMost: SHOWN,
    }),
    listPart({
      id: "database-accounts",
      title: "Accounts at databases",
      none: "None.",
      columns: ["Account", "State", "May", "In", "Connections", ""],
      items: accounts,
      row: ({ account, standing, connections }) => [
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
      ],
      atMost: SHOWN,
    }),
  ];
}
