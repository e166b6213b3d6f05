import type { Previewed } from "../../api/carry-out.ts";
import type { Owner } from "../../domain/entities.ts";
import {
  bucketKeysOf,
  bucketsOf,
  databaseAccountsOf,
  groupsOf,
  namespacesOf,
  tokensOf,
} from "../../domain/state.ts";
import { counted } from "../words.ts";
import type { AdminServices } from "./services.ts";

const SHOWN = 30;

/** What a suspension cuts. */
export interface CutProps {
  readonly hosts: readonly string[];
  readonly tokens: number;
  readonly sessions: number | undefined;
  /** Keys to buckets, and buckets that everyone may read. */
  readonly keys: number;
  readonly publicBuckets: number;
  /** Accounts at databases. */
  readonly accounts: number;
  /** Namespaces that are in use. */
  readonly namespaces: number;
  /** Groups that they manage. */
  readonly groups: readonly string[];
  /** Those of them that nobody else manages. */
  readonly orphans: readonly string[];
}

/** What suspending an owner would cut, as the preview of it and the state say. */
export async function cutBy(
  { ledger, sessions, site }: AdminServices,
  owner: Owner,
  previewed: Previewed<unknown>,
): Promise<CutProps> {
  const { state } = ledger;
  const now = site.now().getTime();
  const groups = groupsOf(state, owner.id);
  return {
    hosts: hostsIn(previewed, "added"),
    tokens: tokensOf(state, owner.id).filter(({ expiresAt }) => Date.parse(expiresAt) > now).length,
    sessions: owner.kind === "person" ? (await sessions.of(owner.id)).length : undefined,
    keys: bucketKeysOf(state, owner.id).filter((key) => !key.deleting).length,
    publicBuckets: bucketsOf(state, owner.id).filter(
      ({ publicRead, deleting }) => publicRead && deleting === undefined,
    ).length,
    accounts: databaseAccountsOf(state, owner.id).filter((account) => !account.deleting).length,
    namespaces: namespacesOf(state, owner.id).filter(({ deleting }) => deleting === undefined)
      .length,
    groups: groups.map(({ name }) => name),
    orphans: groups
      .filter((group) => group.kind === "group" && group.managers.length === 1)
      .map(({ name }) => name),
  };
}

/** The hosts that begin, or cease, to answer that they are suspended. */
export function hostsIn(
  { routes: { added, removed, changed } }: Previewed<unknown>,
  side: "added" | "removed",
): string[] {
  const views =
    side === "added"
      ? [...added, ...changed.map(({ after }) => after)]
      : [...removed, ...changed.map(({ before }) => before)];
  const hosts = views.filter(({ state }) => state === "suspended").map(({ host }) => host ?? "");
  return [...new Set(hosts)];
}

/** What a suspension cuts, as a list. */
export function Cut(cut: CutProps) {
  const { hosts, tokens, sessions, keys, publicBuckets, accounts, namespaces, orphans } = cut;
  return (
    <ul>
      <li>
        <Hosts hosts={hosts} none="No host: nothing of theirs is routed." says />
      </li>
      <li>
        {tokens === 0
          ? "No token: they have none in force."
          : `${counted(tokens, "token")}: refused until they are resumed.`}
      </li>
      {sessions === undefined ? null : (
        <li>
          {sessions === 0
            ? "No session: they are signed in nowhere. They cannot sign in, either."
            : `${counted(sessions, "session")}: signed out, for good. They cannot sign in, either.`}
        </li>
      )}
      {accounts === 0 ? null : (
        <li>
          {counted(accounts, "account")} at databases: locked until they are resumed, and what is
          open of them ended.
        </li>
      )}
      {keys === 0 ? null : (
        <li>{counted(keys, "key")} to buckets: refused until they are resumed.</li>
      )}
      {namespaces === 0 ? null : (
        <li>
          {counted(namespaces, "namespace")}: no way in, no network and nothing new until they are
          resumed. Pods that run go on without network until they end.
        </li>
      )}
      {publicBuckets === 0 ? null : (
        <li>{counted(publicBuckets, "public bucket")}: closed until they are resumed.</li>
      )}
      {orphans.length === 0 ? null : (
        <li>
          Nobody else manages {orphans.slice(0, SHOWN).join(", ")}: the sites stay, and only admins
          can change them.
        </li>
      )}
    </ul>
  );
}

/** What goes on in spite of a suspension, as a list. */
export function NotCut({ namespaces, groups }: Pick<CutProps, "namespaces" | "groups">) {
  return (
    <ul>
      <li>
        Connections that are open: WebSockets outlive the removal of their route, until one end
        closes them. Stop the service itself if they must end now.
      </li>
      {namespaces === 0 ? null : (
        <li>
          What somebody has open in a pod, as with <code>kubectl exec</code> or{" "}
          <code>kubectl logs -f</code>, until it ends.
        </li>
      )}
      {groups.length === 0 ? null : (
        <li>
          What they have seen of {groups.slice(0, SHOWN).join(", ")}: passwords, keys and
          kubeconfigs of these groups let them in until they are renewed.
        </li>
      )}
      <li>Files and machines of theirs: they stay as they are, and come back with them.</li>
    </ul>
  );
}

/** Some hosts in a sentence, the first of them by name. */
export function Hosts({
  hosts,
  none,
  says = false,
}: {
  hosts: readonly string[];
  none: string;
  says?: boolean;
}) {
  if (hosts.length === 0) return <>{none}</>;
  const more = hosts.length - SHOWN;
  return (
    <>
      {counted(hosts.length, "host")}
      {says ? ", which answer that they are suspended" : ""}: {hosts.slice(0, SHOWN).join(", ")}
      {more > 0 ? `, and ${more} more` : ""}.
    </>
  );
}
