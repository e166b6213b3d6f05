import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { carryOut } from "../../api/carry-out.ts";
import { emailField, lineField, type Owner } from "../../domain/entities.ts";
import { NO_EMAIL } from "../../domain/fields.ts";
import { Refusal } from "../../errors.ts";
import { createGroup, createPerson } from "../../owners/create.ts";
import { leaveFlash } from "../flash.ts";
import { FormErrors, noErrors, statusOf, type FormError } from "../forms.ts";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { SelectField, TextField } from "../parts/fields.tsx";
import type { PageEnv } from "../visitor.ts";
import { fieldsOf } from "../act.ts";
import { showAdmin } from "./nav.tsx";
import { pathOf } from "./owner-find.ts";
import { formFieldOf, namesIn } from "./owner-form.tsx";
import type { AdminServices } from "./services.ts";

const PATH = "/admin/owners/new";
const FIELDS = ["kind", "name", "displayName", "email", "managers"] as const;
type NewForm = Readonly<Record<(typeof FIELDS)[number], string>>;
const EMPTY: NewForm = { kind: "person", name: "", displayName: "", email: "", managers: "" };

/** `/admin/owners/new`: adds a person or a group. */
export function newOwner(services: AdminServices): Hono<PageEnv> {
  const { site, rules } = services;
  const app = new Hono<PageEnv>();

  const page = (
    context: Context<PageEnv>,
    form: NewForm,
    errors: FormErrors = noErrors,
    status: ContentfulStatusCode = 200,
  ) => {
    const field = (name: (typeof FIELDS)[number]) => ({ name, value: form[name], errors });
    return showAdmin(
      context,
      services,
      {
        title: "Add a person or group",
        place: "owners",
        back: { href: "/admin/owners", label: "Owners" },
        status,
      },
      <>
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action={PATH} novalidate>
          <SelectField
            {...field("kind")}
            label="Kind"
            options={[
              ["person", "Person"],
              ["group", "Group, which persons manage"],
            ]}
          />
          <TextField
            {...field("name")}
            label="Name"
            hint={`Their sites are at this name, before .${rules.zone}.`}
            maxlength={63}
            required
          />
          <TextField {...field("displayName")} label="Full name" maxlength={200} />
          <TextField {...field("email")} label="Email" hint="Of a person." maxlength={254} />
          <TextField
            {...field("managers")}
            label="Managers"
            hint="Of a group: names of persons, with commas between them."
          />
          <p class="buttons">
            <button type="submit">Add</button>
            <a class="button quiet" href="/admin/owners">
              Cancel
            </a>
          </p>
        </form>
      </>,
    );
  };

  app.get(PATH, (context) => page(context, EMPTY));

  app.post(PATH, async (context) => {
    const fields = await fieldsOf(context);
    const form = Object.fromEntries(FIELDS.map((name) => [name, fields(name).trim()])) as NewForm;
    const errors = new FormErrors(wrongWith(form));
    if (!errors.none) return page(context, form, errors, 400);
    const { name, managers } = form;
    const displayName = form.displayName === "" ? undefined : form.displayName;
    const email = form.email === "" ? undefined : form.email;
    try {
      const { result } = await carryOut<Owner>(
        services,
        context.get("visitor").actor,
        (state, decided) =>
          form.kind === "group"
            ? createGroup(state, decided, { name, displayName, managers: namesIn(managers) })
            : createPerson(state, decided, { username: name, displayName, email }),
      );
      leaveFlash(context, site, { tone: "good", text: `${result.name} was added.` });
      return context.redirect(pathOf(result), 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const at = error.field === "username" ? "name" : error.field && formFieldOf(error.field);
      const refused = new FormErrors([{ field: at, message: error.message }]);
      return page(context, form, refused, statusOf(error));
    }
  });

  return app;
}

function wrongWith(form: NewForm): FormError[] {
  const errors: FormError[] = [];
  if (!lineField.safeParse(form.displayName).success)
    errors.push({ field: "displayName", message: "Write one line of text." });
  if (form.email !== "" && !emailField.safeParse(form.email).success)
    errors.push({ field: "email", message: NO_EMAIL });
  return errors;
}
