import { Hono } from "hono";
import { preview } from "../../api/carry-out.ts";
import { giveBackLabel } from "../../owners/labels.ts";
import { Confirmation } from "../parts/confirmation.tsx";
import type { PageEnv } from "../visitor.ts";
import { act } from "../act.ts";
import { showAdmin } from "./nav.tsx";
import { backTo, ownerFor, pathOf } from "./owner-find.ts";
import type { AdminServices } from "./services.ts";

const PATH = "/admin/owners/:owner/labels/:label/give-back";

/** Takes a name from an owner, once it is clear what goes with it. */
export function giveBack(services: AdminServices): Hono<PageEnv> {
  const { rules } = services;
  const app = new Hono<PageEnv>();

  app.get(PATH, (context) => {
    const owner = ownerFor(services, context);
    const { label } = context.req.param();
    const { routes } = preview(services, context.get("visitor").actor, (state, decided) =>
      giveBackLabel(state, decided, { label }),
    );
    const gone = [...routes.removed, ...routes.changed.map(({ before }) => before)].filter(
      ({ kind }) => kind === "endpoint",
    );
    return showAdmin(
      context,
      services,
      { title: `Give ${label} back?`, place: "owners", back: backTo(owner) },
      <Confirmation
        action={`${pathOf(owner)}/labels/${label}/give-back`}
        label={`Give ${label} back`}
        cancel={`${pathOf(owner)}#names`}
        danger
      >
        <p>
          {label}.{rules.zone} answers that it was given back, for {rules.restDays} days. Until then
          only {owner.name} may have it again.
        </p>
        {gone.length === 0 ? (
          <p>No service stands there.</p>
        ) : (
          <>
            <p>These services are removed with it:</p>
            <ul>
              {gone.map(({ url }) => (
                <li>{url}</li>
              ))}
            </ul>
          </>
        )}
      </Confirmation>,
    );
  });

  app.post(PATH, async (context) => {
    const owner = ownerFor(services, context);
    const { label } = context.req.param();
    return act(context, services, {
      decide: (state, decided) => giveBackLabel(state, decided, { label }),
      done: () => `${label} was given back, and rests.`,
      to: `${pathOf(owner)}#names`,
    });
  });

  return app;
}
