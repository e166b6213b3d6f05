import { Hono } from "hono";
import { renewalOf } from "../../owners/renew.ts";
import { markOf } from "../delivery.ts";
import { startOf, stretchOf } from "../pages/start-of.ts";
import { Badge } from "../parts/badge.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { exactly } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { endingMemberships } from "./health.ts";
import { pathWith } from "./list.ts";
import { showAdmin } from "./nav.tsx";
import { Renew } from "./owner-facts.tsx";
import { ownerStanding } from "./owner-state.ts";
import { OwnerLink } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { counted } from "../words.ts";

const PATH = "/admin/memberships";
const ROWS = 50;

/** `/admin/memberships`: those that end soon or have ended, the soonest first. */
export function memberships(services: AdminServices): Hono<PageEnv> {
  const { ledger, rules, site } = services;
  const app = new Hono<PageEnv>();
  app.get(PATH, (context) => {
    const { state } = ledger;
    const now = site.now();
    const { shown, newer, older, says } = stretchOf(
      endingMemberships(state, services),
      startOf(context.req.query("from")),
      ROWS,
      (start) => pathWith(PATH, { from: String(start) }),
    );
    const { warnDays, suspend } = rules.memberships;
    return showAdmin(
      context,
      services,
      {
        title: "Memberships",
        place: "memberships",
        lead: `Those that end within ${counted(warnDays, "day")}, or have ended. ${suspend ? "At its end, an owner is suspended until it is renewed." : "Nobody is suspended for it."}`,
      },
      <Live context={context} mark={markOf(state, services)}>
        {shown.length === 0 && newer === undefined ? (
          <Empty title="None ends soon">There is nothing to do.</Empty>
        ) : (
          <Table
            caption="Memberships that end soon"
            columns={["Owner", "Until", "State", ""]}
            rows={shown.map((owner) => {
              const { tone, word } = ownerStanding(owner, rules, now);
              return [
                <OwnerLink owner={owner} />,
                exactly(new Date(owner.membership?.endsAt ?? 0)),
                <Badge tone={tone}>{word}</Badge>,
                renewalOf({ rules, now }, owner) === null ? (
                  ""
                ) : (
                  <Renew owner={owner} to="memberships" />
                ),
              ];
            })}
          />
        )}
        <Pager newer={newer} older={older} says={says} words={["Sooner", "Later"]} />
      </Live>,
    );
  });
  return app;
}
