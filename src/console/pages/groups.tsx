import { Hono, type Context } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { nameOf } from "../../api/routing.ts";
import type { Group } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { groupsOf } from "../../domain/state.ts";
import { updateGroup, type GroupUpdate } from "../../owners/update.ts";
import { Refusal } from "../../errors.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, revisionOf, statusOf, type FormErrors } from "../forms.ts";
import { show } from "../layout.tsx";
import { Confirmation } from "../parts/confirmation.tsx";
import { Empty } from "../parts/empty.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import { Live } from "../parts/live.tsx";
import { markOf } from "../delivery.ts";
import { Table } from "../parts/table.tsx";
import type { PageEnv } from "../visitor.ts";
import { MembershipNotice } from "./membership.tsx";
import type { PageServices } from "./services.ts";

/** `/groups`: the groups that the visitor manages. */
export function groups(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();
  app.get("/groups", (context) => {
    const { state } = ledger;
    const { person } = context.get("visitor");
    const mine = groupsOf(state, person.id).filter((owner) => owner.kind === "group");
    return show(
      context,
      site,
      { title: "Groups", section: "groups", lead: "What you manage together with others." },
      <Live context={context} mark={markOf(state, services)}>
        {mine.length === 0 ? (
          <Empty title="You manage no group">
            A society or a team can have a name and services of its own. Ask an admin to make one,
            or one of its managers to let you in.
          </Empty>
        ) : (
          <Table
            caption="Groups that you manage"
            columns={["Group", "Managers", "Services"]}
            rows={mine.map((group) => [
              <a href={`/groups/${group.id}`}>{group.displayName ?? group.name}</a>,
              group.managers.map((id) => nameOf(state, id) ?? "someone").join(", "),
              String(state.endpointsByOwner.get(group.id)?.size ?? 0),
            ])}
          />
        )}
      </Live>,
    );
  });
  return app;
}

/** `/groups/{id}` and below: who manages a group. */
export function groupPages(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();

  const groupFor = (context: Context<PageEnv>): Group => {
    const owner = ledger.state.owners.get(context.req.param("id") ?? "");
    const group = owner?.kind === "group" ? owner : undefined;
    const { actor } = context.get("visitor");
    authorise(ledger.state, actor, "owner.read", group?.id ?? null, "group");
    if (group === undefined) throw new Refusal("not_found", "There is no such group.");
    return group;
  };

  const page = (
    context: Context<PageEnv>,
    { typed = "", errors = noErrors, status = 200 }: Partial<Problem> = {},
  ) => {
    const group = groupFor(context);
    const { state } = ledger;
    const { person } = context.get("visitor");
    const at = `/groups/${group.id}`;
    return show(
      context,
      site,
      {
        title: group.displayName ?? group.name,
        section: "groups",
        back: { href: "/groups", label: "Groups" },
        action: { href: `/endpoints/new?label=${group.name}`, label: "Add a service" },
        status,
      },
      <>
        <ErrorSummary errors={errors} />
        <Live context={context} mark={markOf(state, services)} at={at}>
          <MembershipNotice services={services} owner={group} visitor={person} at={at} />
          <h2>Managers</h2>
          <Table
            caption={`Managers of ${group.name}`}
            columns={["Person", "Name", ""]}
            rows={group.managers.map((id) => {
              const manager = state.owners.get(id);
              return [
                `${manager?.displayName ?? manager?.name ?? "someone"}${id === person.id ? " (you)" : ""}`,
                manager?.name ?? "",
                <a href={`${at}/managers/${id}`}>
                  {id === person.id ? "Leave" : "Take out"}
                  <span class="unseen"> {manager?.name ?? "someone"}</span>
                </a>,
              ];
            })}
          />
        </Live>
        <form class="form" method="post" action={`${at}/managers`} novalidate>
          <h2>Let somebody in</h2>
          <input type="hidden" name="revision" value={String(group.revision)} />
          <TextField
            name="manager"
            label="Their name here"
            value={typed}
            maxlength={100}
            required
            errors={errors}
            hint="They can then do everything here that you can, and take you out, too."
          />
          <p class="buttons">
            <button type="submit">Let them in</button>
            <button type="submit" class="quiet" formaction={`${at}/hand-over`}>
              Hand the group over to them
            </button>
          </p>
        </form>
      </>,
    );
  };

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

  app.get("/groups/:id", (context) => page(context));

  app.post("/groups/:id/managers", async (context) => {
    const group = groupFor(context);
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
      return page(context, problem(error, typed));
    }
  });

  app.post("/groups/:id/hand-over", async (context) => {
    const group = groupFor(context);
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
      return page(context, problem(error, typed));
    }
  });

  app.get("/groups/:id/managers/:person", (context) => {
    const group = groupFor(context);
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
    const group = groupFor(context);
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
      return page(context, problem(error, ""));
    }
  });

  return app;
}

/** What is wrong with the form, as the page shows it. */
interface Problem {
  readonly typed: string;
  readonly errors: FormErrors;
  readonly status: ReturnType<typeof statusOf>;
}

/** @throws what is no refusal, or means that the group is not there */
function problem(error: unknown, typed: string): Problem {
  if (!(error instanceof Refusal) || error.code === "not_found") throw error;
  const field = error.field?.startsWith("managers.") === true ? "manager" : undefined;
  const fields = field === undefined ? {} : { [error.field ?? ""]: field };
  return { typed, errors: errorsOf(error, fields), status: statusOf(error) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}
