import { Hono, type Context } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { nameOf } from "../../api/routing.ts";
import type { Group } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import { updateGroup, type GroupUpdate } from "../../owners/update.ts";
import { leaveFlash } from "../flash.ts";
import { revisionOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { Confirmation } from "../parts/confirmation.tsx";
import type { PageEnv } from "../visitor.ts";
import { groupFor, problemOf, showGroup, textOf } from "./group.tsx";
import type { PageServices } from "./services.ts";

/** `/groups/{id}/managers` and `/hand-over`: who manages a group. */
export function groupManagers(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();

  /** All managers of a group as they shall be, if it is still the one that the form was made of. */
  const setManagers = (context: Context<PageEnv>, input: GroupUpdate) =>
    carryOut(services, context.get("visitor").actor, (state, decided) =>
      updateGroup(state, decided, input),
    );

  /** After it somebody may manage the group no more, and then has nothing to see here. */
  const backTo = (context: Context<PageEnv>, { id, managers }: Group) =>
    context.redirect(
      managers.includes(context.get("visitor").person.id) ? `/groups/${id}` : "/groups",
      303,
    );

  app.post("/groups/:id/managers", async (context) => {
    const group = groupFor(services, context);
    const fields = await context.req.parseBody();
    const typed = textOf(fields["manager"]);
    try {
      const { result } = await setManagers(context, {
        id: group.id,
        ifMatch: revisionOf(fields["revision"]),
        managers: [...group.managers, typed],
      });
      leaveFlash(context, site, { tone: "good", text: `${typed} manages ${group.name} now, too.` });
      return backTo(context, result);
    } catch (error) {
      return showGroup(services, context, problemOf(error, { manager: typed }));
    }
  });

  app.post("/groups/:id/hand-over", async (context) => {
    const group = groupFor(services, context);
    const fields = await context.req.parseBody();
    const typed = textOf(fields["manager"]);
    try {
      const input = {
        id: group.id,
        ifMatch: revisionOf(fields["revision"]),
        managers: [typed],
      };
      if (fields["sure"] === "yes") {
        const { result } = await setManagers(context, input);
        const text = `${group.name} was handed over to ${typed}.`;
        leaveFlash(context, site, { tone: "good", text });
        return backTo(context, result);
      }
      // Nobody is asked whether they are sure of what would not be done.
      ledger.preview(context.get("visitor").actor, (state, decided) =>
        updateGroup(state, decided, input),
      );
      const at = `/groups/${group.id}`;
      return await show(
        context,
        site,
        {
          title: `Hand ${group.displayName ?? group.name} over to ${typed}?`,
          section: "groups",
          back: { href: at, label: group.displayName ?? group.name },
        },
        <Confirmation
          action={`${at}/hand-over`}
          label={`Hand it over to ${typed}`}
          cancel={at}
          hidden={{ manager: typed, revision: String(group.revision), sure: "yes" }}
        >
          <p>
            {typed} becomes its only manager. Everybody who manages it now, you among them, can no
            longer change anything of it. Its services stay online.
          </p>
        </Confirmation>,
      );
    } catch (error) {
      return showGroup(services, context, problemOf(error, { manager: typed }));
    }
  });

  app.get("/groups/:id/managers/:person", (context) => {
    const group = groupFor(services, context);
    const { person } = context.get("visitor");
    const id = context.req.param("person");
    if (!group.managers.includes(id)) throw new Refusal("not_found", "There is no such manager.");
    const name = nameOf(ledger.state, id) ?? "someone";
    const at = `/groups/${group.id}`;
    const isSelf = id === person.id;
    return show(
      context,
      site,
      {
        title: isSelf ? `Leave ${group.name}?` : `Take ${name} out of ${group.name}?`,
        section: "groups",
        back: { href: at, label: group.displayName ?? group.name },
      },
      <Confirmation
        action={`${at}/managers/${id}`}
        label={isSelf ? "Leave it" : `Take ${name} out`}
        cancel={at}
        hidden={{ revision: String(group.revision) }}
        danger
      >
        <p>
          {isSelf
            ? "You can then no longer see or change its services. They stay online."
            : `${name} can then no longer see or change its services. They stay online.`}
        </p>
      </Confirmation>,
    );
  });

  app.post("/groups/:id/managers/:person", async (context) => {
    const group = groupFor(services, context);
    const id = context.req.param("person");
    const name = nameOf(ledger.state, id) ?? "someone";
    try {
      const { result } = await setManagers(context, {
        id: group.id,
        ifMatch: revisionOf((await context.req.parseBody())["revision"]),
        managers: group.managers.filter((manager) => manager !== id),
      });
      leaveFlash(context, site, { tone: "good", text: `${name} manages ${group.name} no more.` });
      return backTo(context, result);
    } catch (error) {
      return showGroup(services, context, problemOf(error));
    }
  });

  return app;
}
