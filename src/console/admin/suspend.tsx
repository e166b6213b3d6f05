import { Hono, type Context } from "hono";
import { carryOut, preview, type Previewed } from "../../api/carry-out.ts";
import { lineField, type Owner } from "../../domain/entities.ts";
import {
  bucketKeysOf,
  bucketsOf,
  databaseAccountsOf,
  groupsOf,
  namespacesOf,
  tokensOf,
} from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { settleOwner } from "../../modules.ts";
import { resumeOwner, suspendOwner } from "../../owners/suspend.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, FormErrors, noErrors, revisionOf, statusOf } from "../forms.ts";
import { Confirmation } from "../parts/confirmation.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import type { PageEnv } from "../visitor.ts";
import { fieldsOf } from "../act.ts";
import { showAdmin } from "./nav.tsx";
import { backTo, ownerFor, pathOf } from "./owner-find.ts";
import type { AdminServices } from "./services.ts";
import { inOtherSystems } from "./other-systems.ts";
import { counted } from "../words.ts";

const HOSTS_SHOWN = 30;

/** `/admin/owners/{owner}/suspend` and `/resume`: each says first what it cuts, or gives back. */
export function suspensions(services: AdminServices): Hono<PageEnv> {
  const { site } = services;
  const app = new Hono<PageEnv>();

  const suspendPage = async (
    context: Context<PageEnv>,
    owner: Owner,
    { reason = "", errors = noErrors, refusal }: SuspendShown = {},
  ) => {
    const { actor } = context.get("visitor");
    const previewed = previewOrRefusal(() =>
      preview(services, actor, (state, decided) =>
        suspendOwner(state, decided, { id: owner.id, reason: "?" }),
      ),
    );
    if (previewed instanceof Refusal) return notPossible(context, owner, previewed);
    return showAdmin(
      context,
      services,
      {
        title: `Suspend ${owner.name}?`,
        place: "owners",
        back: backTo(owner),
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <Confirmation
          action={`${pathOf(owner)}/suspend`}
          label={`Suspend ${owner.name}`}
          cancel={pathOf(owner)}
          hidden={{ revision: String(owner.revision) }}
          danger
        >
          <h2>What this cuts at once</h2>
          <Cut {...await cutBy(services, owner, previewed)} />
          <h2>What it does not cut</h2>
          <ul>
            <li>
              Connections that are open: WebSockets outlive the removal of their route, until one
              end closes them. Stop the service itself if they must end now.
            </li>
            <li>Files and machines of theirs: they stay as they are, and come back with them.</li>
          </ul>
          <TextField
            name="reason"
            label="Why"
            hint="They and other admins read it; visitors do not."
            value={reason}
            errors={errors}
            maxlength={200}
            required
          />
        </Confirmation>
      </>,
    );
  };

  const notPossible = (context: Context<PageEnv>, owner: Owner, refusal: Refusal) => {
    leaveFlash(context, site, { tone: "bad", text: refusal.message });
    return context.redirect(pathOf(owner), 303);
  };

  /** Has their things in other systems follow now, and says what came of it. */
  const settled = async (context: Context<PageEnv>, owner: Owner, what: string) => {
    const parts = await settleOwner(services.modules(), owner.id);
    const text = `${owner.name} ${what}.${inOtherSystems(parts)}`;
    leaveFlash(context, site, { tone: "good", text });
    return context.redirect(pathOf(owner), 303);
  };

  app.get("/admin/owners/:owner/suspend", (context) =>
    suspendPage(context, ownerFor(services, context, "owner.administer")),
  );

  app.post("/admin/owners/:owner/suspend", async (context) => {
    const owner = ownerFor(services, context, "owner.administer");
    const fields = await fieldsOf(context);
    const ifMatch = revisionOf(fields("revision"));
    const parsed = lineField.min(1, "Say why, in a few words.").safeParse(fields("reason"));
    if (!parsed.success) {
      const message = parsed.error.issues[0]?.message ?? "This cannot be the reason.";
      const errors = new FormErrors([{ field: "reason", message }]);
      const refusal = new Refusal("invalid_input", message);
      return suspendPage(context, owner, { reason: fields("reason"), errors, refusal });
    }
    const reason = parsed.data;
    try {
      await carryOut(services, context.get("visitor").actor, (state, decided) =>
        suspendOwner(state, decided, { id: owner.id, reason, ifMatch }),
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const errors = errorsOf(error, { reason: "reason" });
      const newest = ownerFor(services, context, "owner.administer");
      return suspendPage(context, newest, { reason, errors, refusal: error });
    }
    return settled(context, owner, "is suspended");
  });

  const resumePage = (context: Context<PageEnv>, owner: Owner, refusal?: Refusal) => {
    const { actor } = context.get("visitor");
    const previewed = previewOrRefusal(() =>
      preview(services, actor, (state, decided) => resumeOwner(state, decided, { id: owner.id })),
    );
    if (previewed instanceof Refusal) return notPossible(context, owner, previewed);
    const hosts = hostsIn(previewed, "removed");
    const errors = refusal === undefined ? noErrors : errorsOf(refusal, {});
    return showAdmin(
      context,
      services,
      {
        title: `Resume ${owner.name}?`,
        place: "owners",
        back: backTo(owner),
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <Confirmation
          action={`${pathOf(owner)}/resume`}
          label={`Resume ${owner.name}`}
          cancel={pathOf(owner)}
          hidden={{ revision: String(owner.revision) }}
        >
          <p>They were suspended for: {owner.suspended?.reason}</p>
          <h2>What comes back</h2>
          <ul>
            <li>
              <Hosts hosts={hosts} none="No host." />
            </li>
            <li>Tokens that have not ended meanwhile let them in again.</li>
            <li>Sessions stay ended: they sign in anew.</li>
          </ul>
        </Confirmation>
      </>,
    );
  };

  app.get("/admin/owners/:owner/resume", (context) =>
    resumePage(context, ownerFor(services, context, "owner.administer")),
  );

  app.post("/admin/owners/:owner/resume", async (context) => {
    const owner = ownerFor(services, context, "owner.administer");
    const ifMatch = revisionOf((await fieldsOf(context))("revision"));
    try {
      await carryOut(services, context.get("visitor").actor, (state, decided) =>
        resumeOwner(state, decided, { id: owner.id, ifMatch }),
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      return resumePage(context, ownerFor(services, context), error);
    }
    return settled(context, owner, "is back");
  });

  return app;
}

interface SuspendShown {
  readonly reason?: string;
  readonly errors?: FormErrors;
  readonly refusal?: Refusal;
}

function previewOrRefusal<T>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal && error.code === "conflict") return error;
    throw error;
  }
}

/** What a suspension cuts. */
interface CutProps {
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
  /** Groups that nobody else manages. */
  readonly orphans: readonly string[];
}

async function cutBy(
  { ledger, sessions, site }: AdminServices,
  owner: Owner,
  previewed: Previewed<unknown>,
): Promise<CutProps> {
  const { state } = ledger;
  const now = site.now().getTime();
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
    orphans: groupsOf(state, owner.id)
      .filter((group) => group.kind === "group" && group.managers.length === 1)
      .map(({ name }) => name),
  };
}

/** The hosts that begin, or cease, to answer that they are suspended. */
function hostsIn(
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

function Cut(cut: CutProps) {
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
          Nobody else manages {orphans.slice(0, HOSTS_SHOWN).join(", ")}: the sites stay, and only
          admins can change them.
        </li>
      )}
    </ul>
  );
}

function Hosts({
  hosts,
  none,
  says = false,
}: {
  hosts: readonly string[];
  none: string;
  says?: boolean;
}) {
  if (hosts.length === 0) return <>{none}</>;
  const more = hosts.length - HOSTS_SHOWN;
  return (
    <>
      {counted(hosts.length, "host")}
      {says ? ", which answer that they are suspended" : ""}:{" "}
      {hosts.slice(0, HOSTS_SHOWN).join(", ")}
      {more > 0 ? `, and ${more} more` : ""}.
    </>
  );
}
