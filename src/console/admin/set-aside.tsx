import { Hono } from "hono";
import type { State } from "../../domain/state.ts";
import type { Unrouted } from "../../traefik/routes.ts";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import type { PageEnv } from "../visitor.ts";
import { listed, PAGER_WORDS } from "./list.ts";
import { markOf } from "../delivery.ts";
import { showAdmin } from "./nav.tsx";
import { OwnerOf } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { Standing } from "./standing.tsx";

const PATH = "/admin/set-aside";
/** What is to be mended comes first. */
const ORDER: Record<Unrouted["state"], string> = { "set-aside": "1", conflict: "2", shadowed: "3" };

/** `/admin/set-aside`: what is stored and not routed, with the reason. */
export function setAside(services: AdminServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.get(PATH, (context) => {
    const { state } = services.ledger;
    const entries = new Map(
      services.system
        .unrouted()
        .map((entry) => [`${ORDER[entry.state]} ${entry.kind} ${entry.id}`, entry]),
    );
    const { items, newer, older } = listed(
      PATH,
      { after: context.req.query("after") ?? "" },
      [...entries.keys()].toSorted(),
      (key) => entries.get(key),
    );
    return showAdmin(
      context,
      services,
      {
        title: "Set aside",
        place: "traefik",
        back: { href: "/admin/traefik", label: "Traefik" },
        lead: "What is stored and not routed. Each of them stops nothing else.",
      },
      <Live context={context} mark={markOf(state, services)}>
        {items.length === 0 ? (
          <Empty title="Nothing is set aside">Everything that is stored is routed.</Empty>
        ) : (
          <Table
            caption="Entries set aside"
            columns={["What", "Owner", "State and reason"]}
            rows={items.map((entry) => [
              <What state={state} entry={entry} />,
              <OwnerOf state={state} id={entry.owner} />,
              <Standing state={entry.state} reason={entry.reason} />,
            ])}
          />
        )}
        <Pager newer={newer} older={older} words={[...PAGER_WORDS]} />
      </Live>,
    );
  });
  return app;
}

function What({ state, entry: { kind, id } }: { state: State; entry: Unrouted }) {
  if (kind === "record")
    return (
      <>
        Record <code>{id}</code>
      </>
    );
  const place = kind === "endpoint" ? state.endpoints.get(id) : state.pages.get(id);
  return <a href={`/${kind}s/${id}`}>{place === undefined ? id : `${place.host}${place.path}`}</a>;
}
