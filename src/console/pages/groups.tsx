import { Hono } from "hono";
import { nameOf } from "../../api/routing.ts";
import { groupsOf } from "../../domain/state.ts";
import { markOf } from "../delivery.ts";
import { show } from "../layout.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Table } from "../parts/table.tsx";
import type { PageEnv } from "../visitor.ts";
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
