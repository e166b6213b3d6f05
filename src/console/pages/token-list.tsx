import type { Owner, Scope, Token } from "../../domain/entities.ts";
import { Empty } from "../parts/empty.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import type { Stretch } from "./start-of.ts";

/** What each scope lets a token do, for people. */
export const SCOPE_WORDS: Record<Scope, readonly [label: string, hint: string]> = {
  read: ["Read", "See everything that you see here."],
  endpoints: ["Services", "Add, change and remove services."],
  namespaces: ["Namespaces", "Make and delete namespaces, and ways into them."],
  databases: ["Databases", "Make and delete databases, and accounts at them."],
  buckets: ["Buckets", "Make and delete buckets, and keys to them."],
  owners: ["Names and groups", "Change managers of groups, give names back."],
  tokens: ["Tokens", "Make and revoke tokens."],
  admin: ["Admin", "Everything an admin may, as far as the others go."],
};

/** Tokens with whose they are, and the ways to more of them. */
export function TokenList({
  tokens: { shown, newer, older, says },
  now,
}: {
  tokens: Stretch<{ readonly token: Token; readonly owner: Owner }>;
  now: Date;
}) {
  return (
    <>
      <h2 id="tokens">API tokens</h2>
      {shown.length === 0 && newer === undefined ? (
        <Empty title="No tokens yet">
          A token lets a script or a CI job use the <a href="/api/docs">API</a> in your name. It is
          shown once, and ends by itself.
        </Empty>
      ) : (
        <Table
          caption="API tokens"
          columns={["Token", "Whose", "May", "Ends", ""]}
          rows={shown.map(({ token, owner }) => [
            token.name,
            owner.name,
            token.scopes.map((scope) => SCOPE_WORDS[scope][0]).join(", "),
            <Time at={token.expiresAt} now={now} />,
            <a href={`/access/tokens/${token.id}/revoke`}>
              Revoke<span class="unseen"> {token.name}</span>
            </a>,
          ])}
        />
      )}
      <Pager newer={newer} older={older} says={says} of="API tokens" />
    </>
  );
}
