import type { DatabaseAccount } from "../../domain/entities.ts";
import type { State } from "../../domain/state.ts";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import type { AccountView } from "./database-view.ts";

export const ACCESS_WORDS: Readonly<Record<DatabaseAccount["access"], string>> = {
  write: "Read and write",
  read: "Read only",
};
const NAMES_SHOWN = 3;

/** Accounts at databases, with what is done with each. */
export function AccountTable({
  views,
  state,
  now,
  ofMany,
  connectionsMax,
}: {
  views: readonly AccountView[];
  state: State;
  now: Date;
  /** Whether they are of several owners. */
  ofMany: boolean;
  /** That one account may have open: see `connectionsOf`. */
  connectionsMax: number;
}) {
  return (
    <Table
      caption="Accounts"
      columns={["Account", ...(ofMany ? ["Whose"] : []), "State", "May", "In", "Connections", ""]}
      rows={views.map(({ account, standing, connections }) => [
        <code>{account.name}</code>,
        ...(ofMany ? [state.owners.get(account.owner)?.name ?? ""] : []),
        <ThingState standing={standing} now={now} />,
        ACCESS_WORDS[account.access],
        databasesInWords(state, account),
        openInWords(connections, connectionsMax),
        account.deleting ? "" : <AccountActions account={account} />,
      ])}
    />
  );
}

function AccountActions({ account: { id, name } }: { account: DatabaseAccount }) {
  const at = `/database-accounts/${id}`;
  return (
    <span class="actions">
      <a href={`${at}/edit`}>
        Change<span class="unseen"> {name}</span>
      </a>
      <a href={`${at}/password`}>
        New password<span class="unseen"> for {name}</span>
      </a>
      <a href={`${at}/end`}>
        End<span class="unseen"> {name}</span>
      </a>
    </span>
  );
}

/** How many connections an account may have open, at all nodes together. */
export function connectionsOf({
  connections,
  nodes,
}: {
  readonly connections: number;
  readonly nodes: readonly string[];
}): number {
  return connections * Math.max(1, nodes.length);
}

/** The connections that an account has open, in a few words. */
export function openInWords(connections: number | undefined, most: number): string {
  return connections === undefined ? `not known, at most ${most}` : `${connections} of ${most}`;
}

/** The databases that an account is for, in a few words. */
export function databasesInWords(
  state: State,
  { databases }: Pick<DatabaseAccount, "databases">,
): string {
  if (databases === null) return "all databases";
  const names = databases.flatMap((id) => state.databases.get(id)?.name ?? []);
  if (names.length === 0) return "no database any more";
  const more = names.length - NAMES_SHOWN;
  return names.slice(0, NAMES_SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
