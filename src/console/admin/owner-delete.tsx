import { Hono, type Context } from "hono";
import { carryOut, preview, type Previewed } from "../../api/carry-out.ts";
import type { Owner } from "../../domain/entities.ts";
import {
  bucketKeysOf,
  bucketsOf,
  databaseAccountsOf,
  databasesOf,
  endpointsOf,
  groupsOf,
  kubeconfigsOf,
  labelsOf,
  namespacesOf,
  pagesOf,
  requestsOf,
  tokensOf,
  type State,
} from "../../domain/state.ts";
import { Refusal } from "../../errors.ts";
import { settleOwner } from "../../modules.ts";
import { deleteOwner } from "../../owners/delete.ts";
import { fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { FormErrors, noErrors, revisionOf, statusOf } from "../forms.ts";
import { Confirmation } from "../parts/confirmation.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import type { PageEnv } from "../visitor.ts";
import { showAdmin } from "./nav.tsx";
import { backTo, ownerFor, pathOf } from "./owner-find.ts";
import type { AdminServices } from "./services.ts";
import { inOtherSystems } from "./other-systems.ts";
import { counted } from "../words.ts";

const PATH = "/admin/owners/:owner/delete";
const ROUTES_SHOWN = 20;

/** `/admin/owners/{owner}/delete`: removes a person or a group, once it is clear what goes with them. */
export function deletions(services: AdminServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();

  const page = (
    context: Context<PageEnv>,
    owner: Owner,
    { typed = "", refusal }: { typed?: string; refusal?: Refusal } = {},
  ) => {
    const errors =
      refusal === undefined
        ? noErrors
        : new FormErrors([{ field: refusal.field, message: refusal.message }]);
    const previewed = previewOf(context, owner);
    return showAdmin(
      context,
      services,
      {
        title: `Delete ${owner.name}?`,
        place: "owners",
        back: backTo(owner),
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <Confirmation
          action={`${pathOf(owner)}/delete`}
          label={`Delete ${owner.name}`}
          cancel={pathOf(owner)}
          hidden={{ revision: String(owner.revision) }}
          danger
        >
          <p>This cannot be taken back. To close everything for a while, suspend them instead.</p>
          <WhatGoes state={ledger.state} owner={owner} services={services} />
          {typeof previewed === "string" ? (
            <p class="note bad">{previewed}</p>
          ) : (
            <RoutesGone previewed={previewed} />
          )}
          <TextField
            name="name"
            label={
              <>
                To be sure, type <code>{owner.name}</code>
              </>
            }
            value={typed}
            errors={errors}
            maxlength={100}
            autocomplete="off"
            required
          />
        </Confirmation>
      </>,
    );
  };

  /** What would come of it, or why it would not be done. */
  const previewOf = (context: Context<PageEnv>, { id, kind }: Owner): Previewed<Owner> | string => {
    try {
      return preview(services, context.get("visitor").actor, (state, decided) =>
        deleteOwner(state, decided, { id, kind }),
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      return error.message;
    }
  };

  app.get(PATH, (context) => page(context, ownerFor(services, context, "owner.delete")));

  app.post(PATH, async (context) => {
    const owner = ownerFor(services, context, "owner.delete");
    const fields = await fieldsOf(context);
    const typed = fields("name").trim();
    if (typed !== owner.name) {
      const message = `Type ${owner.name}, as it stands here.`;
      const refusal = new Refusal("invalid_input", message, { field: "name" });
      return page(context, owner, { typed, refusal });
    }
    const { id, kind } = owner;
    const ifMatch = revisionOf(fields("revision"));
    try {
      await carryOut(services, context.get("visitor").actor, (state, decided) =>
        deleteOwner(state, decided, { id, kind, ifMatch }),
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const newest = ownerFor(services, context, "owner.delete");
      return page(context, newest, { refusal: error });
    }
    const parts = await settleOwner(services.modules(), id);
    const text = `${owner.name} was deleted.${inOtherSystems(parts)}`;
    leaveFlash(context, site, { tone: "good", text });
    return context.redirect("/admin/owners", 303);
  });

  return app;
}

/** What goes with an owner, and what stays. */
function WhatGoes({
  state,
  owner: { id, kind },
  services: { rules },
}: {
  state: State;
  owner: Owner;
  services: AdminServices;
}) {
  const held = labelsOf(state, id).filter(({ restsUntil }) => restsUntil === undefined);
  const alone = groupsOf(state, id).filter(
    (group) => group.kind === "group" && group.managers.length === 1,
  );
  const gone = [
    counted(endpointsOf(state, id).length, "service"),
    counted(tokensOf(state, id).length, "token"),
    counted(requestsOf(state, id).length, "request"),
    ...(kind === "person" ? ["every session and way in"] : []),
    ...elsewhere(state, id),
  ];
  return (
    <>
      <h2>What goes</h2>
      <ul>
        {gone.map((line) => (
          <li>{line}</li>
        ))}
      </ul>
      <h2>What stays</h2>
      <ul>
        <li>
          {held.length === 0
            ? "No name was held."
            : `${held.length === 1 ? "The name" : "The names"} ${held.map((label) => label.id).join(", ")}: given back, at rest for ${counted(rules.restDays, "day")}, and visitors are told so.`}
        </li>
        <li>
          {counted(pagesOf(state, id).length, "page")} of GitLab, as nobody's, for as long as it has
          them there
        </li>
        {alone.map((group) => (
          <li>The group {group.name}, without a manager</li>
        ))}
      </ul>
    </>
  );
}

/** What they have in other systems: ways in end at once, and what is in them after a time of grace. */
function elsewhere(state: State, id: string): string[] {
  const ways = [
    [kubeconfigsOf(state, id).length, "kubeconfig"],
    [databaseAccountsOf(state, id).length, "account at databases", "accounts at databases"],
    [bucketKeysOf(state, id).length, "key to buckets", "keys to buckets"],
  ] as const;
  const kept = [
    [namespacesOf(state, id).length, "namespace"],
    [databasesOf(state, id).length, "database"],
    [bucketsOf(state, id).length, "bucket"],
  ] as const;
  return [
    ...ways
      .filter(([many]) => many > 0)
      .map(([many, one, more]) => `${counted(many, one, more)}, at once`),
    ...kept
      .filter(([many]) => many > 0)
      .map(
        ([many, one]) => `${counted(many, one)} with all that is in there, after a time of grace`,
      ),
  ];
}

function RoutesGone({ previewed: { routes } }: { previewed: Previewed<Owner> }) {
  const places = routes.removed.filter(({ kind }) => kind !== "default");
  if (places.length === 0) return null;
  return (
    <>
      <h2>Addresses that no longer lead anywhere</h2>
      <ul>
        {places.slice(0, ROUTES_SHOWN).map(({ url }) => (
          <li>
            <code>{url}</code>
          </li>
        ))}
        {places.length > ROUTES_SHOWN ? <li>and {places.length - ROUTES_SHOWN} more</li> : null}
      </ul>
    </>
  );
}
