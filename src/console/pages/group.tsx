import { Hono, type Context } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { lineField, type Group } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { Refusal } from "../../errors.ts";
import { updateGroup } from "../../owners/update.ts";
import { markOf } from "../delivery.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, revisionOf, statusOf, type FormErrors } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import { Live } from "../parts/live.tsx";
import { Table } from "../parts/table.tsx";
import type { PageEnv } from "../visitor.ts";
import { MembershipNotice } from "./membership.tsx";
import type { PageServices } from "./services.ts";

/** `/groups/{id}`: who manages a group, and what it is called. */
export function groupPages(services: PageServices): Hono<PageEnv> {
  const { site } = services;
  const app = new Hono<PageEnv>();

  app.get("/groups/:id", (context) => showGroup(services, context));

  app.post("/groups/:id/name", async (context) => {
    const { id } = groupFor(services, context);
    const fields = await context.req.parseBody();
    const displayName = textOf(fields["displayName"]);
    const ifMatch = revisionOf(fields["revision"]);
    const isName = displayName !== "" && lineField.safeParse(displayName).success;
    try {
      if (!isName)
        throw new Refusal("invalid_input", "Write a name, in one line.", { field: "displayName" });
      const { result } = await carryOut(services, context.get("visitor").actor, (state, decided) =>
        updateGroup(state, decided, { id, ifMatch, displayName }),
      );
      const text = `The group is called ${result.displayName ?? result.name} now.`;
      leaveFlash(context, site, { tone: "good", text });
      return context.redirect(`/groups/${id}`, 303);
    } catch (error) {
      return showGroup(services, context, problemOf(error, { displayName }));
    }
  });

  return app;
}

/** @throws Refusal `not_found` for a group that is not there, or not theirs */
export function groupFor({ ledger }: PageServices, context: Context<PageEnv>): Group {
  const owner = ledger.state.owners.get(context.req.param("id") ?? "");
  const group = owner?.kind === "group" ? owner : undefined;
  const { actor } = context.get("visitor");
  authorise(ledger.state, actor, "owner.read", group?.id ?? null, "group");
  if (group === undefined) throw new Refusal("not_found", "There is no such group.");
  return group;
}

/** What was typed into the forms of the page, and what is wrong with it. */
export interface GroupProblem {
  readonly typed: { readonly manager?: string; readonly displayName?: string };
  readonly errors: FormErrors;
  readonly status: ReturnType<typeof statusOf>;
}

/** @throws what is no refusal, or means that the group is not there */
export function problemOf(error: unknown, typed: GroupProblem["typed"] = {}): GroupProblem {
  if (!(error instanceof Refusal) || error.code === "not_found") throw error;
  const { field = "" } = error;
  const fields = {
    displayName: "displayName",
    ...(field.startsWith("managers.") ? { [field]: "manager" } : {}),
  };
  return { typed, errors: errorsOf(error, fields), status: statusOf(error) };
}

/** The page of a group. */
export function showGroup(
  services: PageServices,
  context: Context<PageEnv>,
  { typed = {}, errors = noErrors, status = 200 }: Partial<GroupProblem> = {},
): Response | Promise<Response> {
  const group = groupFor(services, context);
  const { person } = context.get("visitor");
  const at = `/groups/${group.id}`;
  return show(
    context,
    services.site,
    {
      title: group.displayName ?? group.name,
      section: "groups",
      back: { href: "/groups", label: "Groups" },
      action: { href: `/endpoints/new?label=${group.name}`, label: "Add a service" },
      status,
    },
    <>
      <ErrorSummary errors={errors} />
      <Live context={context} mark={markOf(services.ledger.state, services)} at={at}>
        <MembershipNotice services={services} owner={group} visitor={person} at={at} />
        <h2>Managers</h2>
        <Managers services={services} group={group} you={person.id} />
      </Live>
      <LetIn group={group} typed={typed.manager ?? ""} errors={errors} />
      <Rename group={group} typed={typed.displayName ?? group.displayName ?? ""} errors={errors} />
    </>,
  );
}

function Managers({
  services: { ledger },
  group,
  you,
}: {
  services: PageServices;
  group: Group;
  you: string;
}) {
  return (
    <Table
      caption={`Managers of ${group.name}`}
      columns={["Person", "Name", ""]}
      rows={group.managers.map((id) => {
        const manager = ledger.state.owners.get(id);
        return [
          `${manager?.displayName ?? manager?.name ?? "someone"}${id === you ? " (you)" : ""}`,
          manager?.name ?? "",
          <a href={`/groups/${group.id}/managers/${id}`}>
            {id === you ? "Leave" : "Take out"}
            <span class="unseen"> {manager?.name ?? "someone"}</span>
          </a>,
        ];
      })}
    />
  );
}

interface FormOf {
  readonly group: Group;
  readonly typed: string;
  readonly errors: FormErrors;
}

function LetIn({ group, typed, errors }: FormOf) {
  const at = `/groups/${group.id}`;
  return (
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
  );
}

function Rename({ group, typed, errors }: FormOf) {
  return (
    <form class="form" method="post" action={`/groups/${group.id}/name`} novalidate>
      <h2>What it is called</h2>
      <input type="hidden" name="revision" value={String(group.revision)} />
      <TextField
        name="displayName"
        label="Shown as"
        value={typed}
        maxlength={200}
        required
        errors={errors}
        hint={`For people to read, like Games society. Its sites stay under ${group.name}.`}
      />
      <p class="buttons">
        <button type="submit" class="quiet">
          Call it so
        </button>
      </p>
    </form>
  );
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}
