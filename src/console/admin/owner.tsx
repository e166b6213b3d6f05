import { Hono, type Context } from "hono";
import type { Owner } from "../../domain/entities.ts";
import {
  bucketKeysOf,
  bucketsOf,
  databaseAccountsOf,
  databasesOf,
  kubeconfigsOf,
  namespacesOf,
} from "../../domain/state.ts";
import { renewMembership } from "../../owners/renew.ts";
import { Refusal } from "../../errors.ts";
import { revokeToken } from "../../owners/tokens.ts";
import { freeLabel, grantLabel } from "../../owners/labels.ts";
import { endSession } from "../../api/end-session.ts";
import { carryOut } from "../../api/carry-out.ts";
import { markOf } from "../delivery.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, revisionOf, statusOf, type FormErrors } from "../forms.ts";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { Live } from "../parts/live.tsx";
import { exactly } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { act, doing, fieldsOf } from "../act.ts";
import { showAdmin } from "./nav.tsx";
import { ownerFor, pathOf } from "./owner-find.ts";
import { sessionsPart, tokensPart } from "./owner-access.tsx";
import { bucketParts } from "./owner-buckets.tsx";
import { databaseParts } from "./owner-databases.tsx";
import { connectionsOf } from "../pages/database-account-table.tsx";
import { accountViewsOf, databaseViewsOf } from "../pages/database-view.ts";
import { namespaceParts } from "./owner-namespaces.tsx";
import { kubeconfigViewsOf, namespaceViewsOf } from "../pages/namespace-view.ts";
import { keyViewsOf, viewsOf } from "../pages/bucket-view.ts";
import { startOf } from "../pages/start-of.ts";
import { Facts, quotaPart, Suspension } from "./owner-facts.tsx";
import {
  domainsPart,
  groupsPart,
  namesPart,
  pagesPart,
  servicesPart,
  targetsPart,
} from "./owner-things.tsx";
import { Parts } from "./parts.tsx";
import type { AdminServices } from "./services.ts";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** `/admin/owners/{owner}`: everything of a person's or a group's. */
export function ownerPage(services: AdminServices): Hono<PageEnv> {
  const { ledger, site, sessions } = services;
  const app = new Hono<PageEnv>();

  const page = async (
    context: Context<PageEnv>,
    owner: Owner,
    shown: { errors?: FormErrors; label?: string; status?: ContentfulStatusCode } = {},
  ) => {
    const { errors = noErrors, label = "", status = 200 } = shown;
    const { state } = ledger;
    const mark = markOf(state, services);
    const buckets = await viewsOf(services, bucketsOf(state, owner.id));
    const keys = await keyViewsOf(services, bucketKeysOf(state, owner.id));
    const databases = await databaseViewsOf(services, databasesOf(state, owner.id));
    const accounts = await accountViewsOf(services, databaseAccountsOf(state, owner.id));
    const namespaces = await namespaceViewsOf(services, namespacesOf(state, owner.id));
    const kubeconfigs = await kubeconfigViewsOf(services, kubeconfigsOf(state, owner.id));
    const view = { services, state, owner, now: site.now() };
    const signedIn = owner.kind === "person" ? await sessions.of(owner.id) : [];
    const { modules } = services.site;
    const parts = [
      quotaPart(view),
      namesPart({ ...view, errors, typed: label }),
      servicesPart(view),
      pagesPart(view),
      domainsPart(view),
      targetsPart(view),
      groupsPart(view),
      ...(modules.has("namespaces") ? namespaceParts({ ...view, namespaces, kubeconfigs }) : []),
      ...(modules.has("buckets") ? bucketParts({ ...view, buckets, keys }) : []),
      ...(modules.has("databases")
        ? databaseParts({
            ...view,
            databases,
            accounts,
            connectionsMax: connectionsOf(services.config.databases),
          })
        : []),
      tokensPart({ ...view, start: startOf(context.req.query("tokens")) }),
      owner.kind === "person"
        ? sessionsPart({
            ...view,
            sessions: signedIn,
            start: startOf(context.req.query("sessions")),
          })
        : undefined,
    ].filter((part) => part !== undefined);
    const all = (
      <>
        <Suspension {...view} />
        <Facts {...view} />
        <Parts parts={parts} />
      </>
    );
    return showAdmin(
      context,
      services,
      {
        title: owner.name,
        place: "owners",
        lead: owner.displayName,
        back: { href: "/admin/owners", label: "Owners" },
        action: { href: `${pathOf(owner)}/edit`, label: "Change" },
        status,
      },
      <>
        <ErrorSummary errors={errors} />
        {/* What is wrong with what was typed would be gone with the first change. */}
        {errors.none ? (
          <Live context={context} mark={mark}>
            {all}
          </Live>
        ) : (
          all
        )}
      </>,
    );
  };

  app.get("/admin/owners/:owner", (context) => page(context, ownerFor(services, context)));

  app.post("/admin/owners/:owner/labels", async (context) => {
    const owner = ownerFor(services, context);
    const label = (await fieldsOf(context))("label").trim();
    try {
      await carryOut(services, context.get("visitor").actor, (state, decided) =>
        grantLabel(state, decided, { label, owner: owner.id }),
      );
      leaveFlash(context, site, { tone: "good", text: `${owner.name} has the name ${label} now.` });
      return context.redirect(`${pathOf(owner)}#names`, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const errors = errorsOf(error, { label: "label" });
      return page(context, ownerFor(services, context), { errors, label, status: statusOf(error) });
    }
  });

  app.post("/admin/owners/:owner/labels/:label/free", async (context) => {
    const owner = ownerFor(services, context);
    const { label } = context.req.param();
    return act(context, services, {
      decide: (state, decided) => freeLabel(state, decided, { label }),
      done: () => `${label} does not rest any more: whoever asks next may have it.`,
      to: `${pathOf(owner)}#names`,
    });
  });

  app.post("/admin/owners/:owner/renew", async (context) => {
    const owner = ownerFor(services, context);
    const fields = await fieldsOf(context);
    const ifMatch = revisionOf(fields("revision"));
    return act(context, services, {
      decide: (state, decided) => renewMembership(state, decided, { id: owner.id, ifMatch }),
      done: ({ name, membership }) =>
        `The membership of ${name} runs until ${exactly(new Date(membership?.endsAt ?? 0))}.`,
      to: fields("to") === "memberships" ? "/admin/memberships" : pathOf(owner),
    });
  });

  app.post("/admin/owners/:owner/tokens/:token/revoke", async (context) => {
    const owner = ownerFor(services, context);
    const { token: id } = context.req.param();
    const name = ledger.state.tokens.get(id)?.name ?? id;
    return act(context, services, {
      decide: (state, decided) => revokeToken(state, decided, { id }),
      done: () => `The token ${name} was revoked; it lets nobody in any more.`,
      to: `${pathOf(owner)}#tokens`,
    });
  });

  app.post("/admin/owners/:owner/sessions/:session/end", async (context) => {
    const owner = ownerFor(services, context, "owner.administer");
    const { session } = context.req.param();
    return doing(context, services, `${pathOf(owner)}#sessions`, async () =>
      (await endSession(services, context.get("visitor").actor, owner.id, session))
        ? "The session was ended: that browser is signed out."
        : "That session had ended already.",
    );
  });

  return app;
}
