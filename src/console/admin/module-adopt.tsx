import { Hono, type Context } from "hono";
import { CHANGED } from "../../api/adoption.ts";
import { authorise } from "../../domain/policy.ts";
import { Refusal } from "../../errors.ts";
import { fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, FormErrors, noErrors, statusOf } from "../forms.ts";
import type { PageEnv } from "../visitor.ts";
import { previewOf, type AdoptionPreview, type Asked } from "./adoption.ts";
import { AdoptionForm, Candidates, type TypedAdoption } from "./adoption-form.tsx";
import { AdoptionShown } from "./adoption-shown.tsx";
import { listed } from "./list.ts";
import type { ModuleFace } from "./module-face.ts";
import { showAdmin } from "./nav.tsx";
import type { AdminServices } from "./services.ts";

const FIELDS = { name: "name", owner: "owner", gigabytes: "gigabytes" };

/** `/admin/{module}/adopt`: takes over what was there before the console, once it is clear what that changes. */
export function moduleAdoption(services: AdminServices, face: ModuleFace): Hono<PageEnv> {
  const { ledger, site } = services;
  const { adoption, kinds } = face;
  const path = `${face.path}/adopt` as const;
  const one = kinds[0]?.words[0] ?? "";
  const app = new Hono<PageEnv>();

  const form = async (
    context: Context<PageEnv>,
    typed: TypedAdoption,
    refusal?: Refusal,
    errors = refusal === undefined ? noErrors : errorsOf(refusal, FIELDS),
  ) => {
    const { after = "" } = context.req.query();
    const { where = "" } = face.running(services.modules()) ?? {};
    const found = await candidatesOf(services, face);
    const names = found instanceof Refusal ? [] : [...found.keys()].toSorted();
    const list = listed(path, { after }, names, (name) => ({ name }));
    return showAdmin(
      context,
      services,
      {
        title: `Take over a ${one}`,
        place: "home",
        back: { href: face.path, label: face.title },
        lead: adoption.lead,
        status: refusal === undefined ? (errors.none ? 200 : 400) : statusOf(refusal),
      },
      <>
        <AdoptionForm face={face} path={path} typed={typed} errors={errors} />
        <Candidates
          listing={adoption.listing?.(services)}
          where={where}
          path={path}
          found={found}
          list={list}
        />
      </>,
    );
  };

  const shown = (
    context: Context<PageEnv>,
    typed: TypedAdoption,
    preview: AdoptionPreview,
    errors = noErrors,
  ) =>
    showAdmin(
      context,
      services,
      {
        title: `Take over ${preview.thing.name}?`,
        place: "home",
        back: { href: path, label: `Take over a ${one}` },
        status: errors.none ? 200 : 409,
      },
      <AdoptionShown path={path} typed={typed} preview={preview} errors={errors} />,
    );

  app.use(`${path}/*`, (context, next) => {
    if (face.running(services.modules()) === undefined) return Promise.resolve(context.notFound());
    authorise(ledger.state, context.get("visitor").actor, adoption.action, null, one);
    return next();
  });

  app.get(path, (context) => {
    const { name = "", owner = "", gigabytes = "" } = context.req.query();
    return form(context, { name, owner, gigabytes });
  });

  app.post(`${path}/preview`, async (context) => {
    const typed = typedIn(await fieldsOf(context));
    const asked = askedIn(typed);
    if ("errors" in asked) return form(context, typed, undefined, asked.errors);
    try {
      const looked = await adoption.look(services, asked);
      return shown(context, typed, previewOf(services, adoption, context, looked));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return form(context, typed, error);
    }
  });

  app.post(path, async (context) => {
    const field = await fieldsOf(context);
    const typed = typedIn(field);
    const asked = askedIn(typed);
    if ("errors" in asked) return form(context, typed, undefined, asked.errors);
    try {
      const looked = await adoption.look(services, asked);
      const preview = previewOf(services, adoption, context, looked);
      if (preview.seen !== field("seen")) {
        const errors = new FormErrors([{ field: undefined, message: CHANGED }]);
        return shown(context, typed, preview, errors);
      }
      const { thing, outcome } = await looked.settle(context);
      const text =
        outcome?.state === "ready" || outcome?.state === "suspended"
          ? `${thing.name} was taken over: it is ${preview.owner.name}'s.`
          : `${thing.name} is ${preview.owner.name}'s, and is put in order as soon as that can be.`;
      leaveFlash(context, site, { tone: "good", text });
      return context.redirect(kinds[0]?.href?.(thing) ?? face.path, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return form(context, typed, error);
    }
  });

  return app;
}

/** What can be taken over; the refusal, where it cannot be asked for now. */
async function candidatesOf(
  services: AdminServices,
  { adoption }: ModuleFace,
): Promise<ReadonlyMap<string, string> | Refusal> {
  try {
    return await adoption.candidates(services);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error;
  }
}

function typedIn(field: (name: string) => string): TypedAdoption {
  const text = (name: string) => field(name).trim().slice(0, 100);
  return { name: text("name"), owner: text("owner"), gigabytes: text("gigabytes") };
}

/** What a form asks for, or what is wrong with it. */
function askedIn({ name, owner, gigabytes }: TypedAdoption): Asked | { errors: FormErrors } {
  const errors = [
    ...(name === "" ? [{ field: "name", message: "Write what it is called there." }] : []),
    ...(owner === "" ? [{ field: "owner", message: "Write whose it is to be." }] : []),
    ...(/^(|[1-9]\d{0,5})$/.test(gigabytes)
      ? []
      : [{ field: "gigabytes", message: "Write whole gigabytes, or nothing." }]),
  ];
  if (errors.length > 0) return { errors: new FormErrors(errors) };
  return { name, owner, gigabytes: gigabytes === "" ? undefined : Number(gigabytes) };
}
