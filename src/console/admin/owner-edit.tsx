import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { carryOut } from "../../api/carry-out.ts";
import type { Owner } from "../../domain/entities.ts";
import { hasLimit } from "../../domain/rules.ts";
import { Refusal } from "../../errors.ts";
import { updateGroup, updatePerson } from "../../owners/update.ts";
import { leaveFlash } from "../flash.ts";
import { FormErrors, noErrors, revisionOf, statusOf } from "../forms.ts";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { LIMIT_KINDS, limitName } from "../parts/limits.ts";
import { AreaField, SelectField, TextField } from "../parts/fields.tsx";
import { LostUpdate } from "../parts/lost-update.tsx";
import { whoChanged } from "../pages/who-changed.ts";
import type { PageEnv } from "../visitor.ts";
import { fieldsOf } from "../act.ts";
import { showAdmin } from "./nav.tsx";
import { backTo, ownerFor, pathOf } from "./owner-find.ts";
import {
  differingOwners,
  formFieldOf,
  ownerForm,
  updateFrom,
  type OwnerForm,
} from "./owner-form.tsx";
import type { AdminServices } from "./services.ts";

const PATH = "/admin/owners/:owner/edit";
const ROLES = [
  ["member", "Member"],
  ["admin", "Admin"],
] as const;

interface Shown {
  readonly form?: OwnerForm;
  readonly errors?: FormErrors;
  readonly status?: ContentfulStatusCode;
  /** Who changed them since the form was made. */
  readonly by?: string;
}

/** `/admin/owners/{owner}/edit`: what an admin sets of a person or a group. */
export function editOwner(services: AdminServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();
  const nameOf = (id: string) => ledger.state.owners.get(id)?.name ?? id;
  // What is set is shown in any case: a form that leaves it out would end it.
  const limitsOf = (owner: Owner) =>
    LIMIT_KINDS.filter(
      (kind) => hasLimit(services.rules, kind) || owner.quota?.[kind] !== undefined,
    );

  const page = (context: Context<PageEnv>, owner: Owner, shown: Shown = {}) => {
    const theirs = ownerForm(owner, nameOf);
    const { form = theirs, errors = noErrors, status = 200, by } = shown;
    const field = (name: string) => ({ name, value: form[name] ?? "", errors });
    return showAdmin(
      context,
      services,
      { title: `Change ${owner.name}`, place: "owners", back: backTo(owner), status },
      <>
        {by === undefined ? null : <LostUpdate by={by} differing={differingOwners(theirs, form)} />}
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action={`${pathOf(owner)}/edit`} novalidate>
          <input type="hidden" name="revision" value={String(owner.revision)} />
          <TextField
            {...field("name")}
            label="Name"
            maxlength={63}
            required
            hint="A new one takes their services along; the old one rests, so that nobody else gets its visitors."
          />
          <TextField {...field("displayName")} label="Full name" maxlength={200} />
          {owner.kind === "person" ? (
            <>
              <TextField {...field("email")} label="Email" maxlength={254} />
              <SelectField {...field("role")} label="Role" options={ROLES} />
            </>
          ) : (
            <TextField
              {...field("managers")}
              label="Managers"
              hint="Names of persons, with commas between them."
            />
          )}
          <TextField
            {...field("membershipEndsAt")}
            label="Membership until"
            hint="A day like 2027-09-30, in UTC; nothing for one without an end."
            maxlength={10}
          />
          <AreaField
            {...field("targets")}
            label="Targets for them alone"
            hint="One a line: a network or a suffix of names, then ports. 10.1.0.0/16 80, 8000-9000"
          />
          <fieldset>
            <legend>Quota</legend>
            <p class="hint">Nothing: the default, which stands in the field.</p>
            <div class="quota">
              {limitsOf(owner).map((kind) => (
                <TextField
                  {...field(`quota.${kind}`)}
                  label={limitName(kind)}
                  inputmode="numeric"
                  maxlength={9}
                  placeholder={String(services.rules.quotas[owner.kind][kind])}
                />
              ))}
            </div>
          </fieldset>
          <p class="buttons">
            <button type="submit">{by === undefined ? "Save" : "Save mine over it"}</button>
            <a class="button quiet" href={pathOf(owner)}>
              {by === undefined ? "Cancel" : "Keep theirs"}
            </a>
            <a href={`${pathOf(owner)}/delete`}>Delete {owner.name} …</a>
          </p>
        </form>
      </>,
    );
  };

  app.get(PATH, (context) => page(context, ownerFor(services, context, "owner.administer")));

  app.post(PATH, async (context) => {
    const owner = ownerFor(services, context, "owner.administer");
    const fields = await fieldsOf(context);
    const names = Object.keys(ownerForm(owner, nameOf));
    const form = Object.fromEntries(names.map((name) => [name, fields(name)]));
    const read = updateFrom(owner, form);
    if ("errors" in read) return page(context, owner, { form, errors: read.errors, status: 400 });
    const input = { ...read.update, ifMatch: revisionOf(fields("revision")) };
    try {
      await carryOut<Owner>(services, context.get("visitor").actor, (state, decided) =>
        owner.kind === "person"
          ? updatePerson(state, decided, input)
          : updateGroup(state, decided, input),
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const newest = ownerFor(services, context, "owner.administer");
      const status = statusOf(error);
      if (error.code === "stale") {
        const by = await whoChanged(services, context.get("visitor").actor, newest.revision);
        return page(context, newest, { form, status, by });
      }
      const errors = new FormErrors([
        { field: error.field && formFieldOf(error.field), message: error.message },
      ]);
      return page(context, newest, { form, errors, status });
    }
    const name = nameOf(owner.id);
    const text =
      name === owner.name ? `${name} was changed.` : `${owner.name} is called ${name} now.`;
    leaveFlash(context, site, { tone: "good", text });
    return context.redirect(pathOf(owner), 303);
  });

  return app;
}
