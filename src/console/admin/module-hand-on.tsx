import { Hono, type Context } from "hono";
import { authorise } from "../../domain/policy.ts";
import { Refusal } from "../../errors.ts";
import { fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, FormErrors, noErrors, statusOf } from "../forms.ts";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import type { PageEnv } from "../visitor.ts";
import { handOnPath, type ModuleFace, type Thing } from "./module-face.ts";
import { showAdmin } from "./nav.tsx";
import type { AdminServices } from "./services.ts";

const NOBODY = new FormErrors([{ field: "owner", message: "Write whose it is to be." }]);

/** `/admin/{module}/{id}/hand-on`: gives what is being deleted to somebody else, and has it back with that. */
export function moduleHandOn(services: AdminServices, face: ModuleFace): Hono<PageEnv> {
  const { ledger, site } = services;
  const { adoption, kinds, path, title } = face;
  const [kind] = kinds;
  const route = `${path}/:id/hand-on` as const;
  const app = new Hono<PageEnv>();

  const form = (
    context: Context<PageEnv>,
    thing: Thing,
    owner: string,
    errors = noErrors,
    refusal?: Refusal,
  ) =>
    showAdmin(
      context,
      services,
      {
        title: `Give ${thing.name} to somebody?`,
        place: "home",
        back: { href: `${path}?state=left`, label: title },
        lead: "It is not deleted then, and is somebody's again, with all that is in it.",
        status: refusal === undefined ? (errors.none ? 200 : 400) : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action={handOnPath(face, thing)} novalidate>
          <TextField
            name="owner"
            label="Whose it is to be"
            value={owner}
            maxlength={100}
            required
            errors={errors}
            hint="A person or a group, by name."
          />
          <p class="buttons">
            <button type="submit">Give it to them</button>
            <a class="button quiet" href={`${path}?state=left`}>
              Cancel
            </a>
          </p>
        </form>
      </>,
    );

  const thingFor = (context: Context<PageEnv>): Thing | undefined => {
    if (face.running(services.modules()) === undefined) return undefined;
    const { actor } = context.get("visitor");
    authorise(ledger.state, actor, adoption.action, null, kind.words[0]);
    return kind.all(ledger.state).get(context.req.param("id") ?? "");
  };

  app.get(route, (context) => {
    const thing = thingFor(context);
    return thing === undefined ? context.notFound() : form(context, thing, "");
  });

  app.post(route, async (context) => {
    const thing = thingFor(context);
    if (thing === undefined) return context.notFound();
    const owner = (await fieldsOf(context))("owner").trim().slice(0, 100);
    if (owner === "") return form(context, thing, owner, NOBODY);
    try {
      const given = await face.handOn(context, services, thing.id, owner);
      const { name = "somebody" } = ledger.state.owners.get(given.owner) ?? {};
      leaveFlash(context, site, { tone: "good", text: `${given.name} is ${name}'s now.` });
      return context.redirect(kind.href?.(given) ?? path, 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return form(context, thing, owner, errorsOf(error, { owner: "owner" }), error);
    }
  });

  return app;
}
