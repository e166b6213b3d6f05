import { Hono } from "hono";
import {
  ROUTE_KINDS,
  ROUTE_STATES,
  routeRows,
  type RouteRows,
  type RouteView,
} from "../../api/routing.ts";
import { findOwner } from "../../domain/state.ts";
import { Empty } from "../parts/empty.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import type { PageEnv } from "../visitor.ts";
import { Filters } from "./filters.tsx";
import { listed, PAGER_WORDS, pathWith } from "./list.ts";
import { showAdmin } from "./nav.tsx";
import { OwnerOf } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { Standing } from "./standing.tsx";
import { counted } from "../words.ts";

const PATH = "/admin/routes";
const KINDS: Record<(typeof ROUTE_KINDS)[number], string> = {
  endpoint: "Service",
  page: "GitLab page",
  "page-sign-in": "Sign-in of GitLab pages",
  console: "This console",
  default: "Rest of a host",
  suspended: "Suspended",
  "given-back": "Given back",
  record: "Record that cannot be read",
};
const STATES: Record<(typeof ROUTE_STATES)[number], string> = {
  routed: "Routed",
  suspended: "Suspended",
  "given-back": "Given back",
  "set-aside": "Set aside",
  conflict: "In conflict",
  shadowed: "Shadowed",
};

/**
 * `/admin/routes`: the routing table, and what is not in it with the reason. It does not follow changes
 * by itself: of each state the whole table is made, 0.1 s with 10,000 endpoints.
 */
export function routes(services: AdminServices): Hono<PageEnv> {
  const { ledger, table } = services;
  const app = new Hono<PageEnv>();
  app.get(PATH, (context) => {
    const { state } = ledger;
    const {
      kind = "",
      state: standing = "",
      owner = "",
      host = "",
      after = "",
    } = context.req.query();
    const text = host.trim().toLowerCase().slice(0, 100);
    const wanted = owner.trim() === "" ? undefined : (findOwner(state, owner.trim())?.id ?? "");
    const rows = routeRows(state, table);
    const { items, newer, older } = listed(
      PATH,
      { kind, state: standing, owner, host: text, after },
      rows.keys,
      (key) => {
        const row = rows.rows.get(key);
        if (row === undefined || (kind !== "" && row.kind !== kind)) return undefined;
        if (standing !== "" && row.state !== standing) return undefined;
        if (wanted !== undefined && row.owner !== wanted) return undefined;
        return text === "" || row.host?.includes(text) === true ? row : undefined;
      },
    );
    return showAdmin(
      context,
      services,
      { title: "Routes", place: "routes", lead: <Counts rows={rows} /> },
      <>
        <Filters
          path={PATH}
          filters={[
            { name: "host", label: "Host", value: text, placeholder: "A part of it" },
            { name: "owner", label: "Owner", value: owner, placeholder: "Name or id" },
            { name: "kind", label: "Kind", value: kind, options: Object.entries(KINDS) },
            { name: "state", label: "State", value: standing, options: Object.entries(STATES) },
          ]}
        />
        {items.length === 0 ? (
          <Empty title="No route is like that">Take a filter away.</Empty>
        ) : (
          <Table
            caption="Routes"
            columns={["Address", "Kind", "Leads to", "Owner", "State"]}
            rows={items.map((row) => [
              <Address row={row} />,
              KINDS[row.kind],
              leadsTo(row),
              <OwnerOf state={state} id={row.owner} />,
              <Standing state={row.state} reason={row.reason} />,
            ])}
          />
        )}
        <Pager newer={newer} older={older} words={[...PAGER_WORDS]} />
      </>,
    );
  });
  return app;
}

function Address({ row: { host, path, queryParameter, id, kind } }: { row: RouteView }) {
  const text = `${host ?? id ?? "—"}${path ?? ""}${queryParameter === null ? "" : `?${queryParameter}`}`;
  if (id !== null && (kind === "endpoint" || kind === "page"))
    return <a href={`/${kind}s/${id}`}>{text}</a>;
  return <>{text}</>;
}

function leadsTo({ service }: RouteView): string {
  switch (service?.kind) {
    case undefined:
      return "—";
    case "endpoint":
      return service.targets.slice(0, 3).join(", ");
    case "pages":
      return "GitLab Pages";
    case "userhomes":
      return "Home pages";
    case "console":
      return "A page of this console";
  }
}

const counts = new WeakMap<RouteRows, ReadonlyMap<RouteView["state"], number>>();

/** How many there are of each state, counted once for each table. */
function countsOf(rows: RouteRows): ReadonlyMap<RouteView["state"], number> {
  let found = counts.get(rows);
  if (found === undefined) {
    const made = new Map<RouteView["state"], number>();
    for (const { state } of rows.rows.values()) made.set(state, (made.get(state) ?? 0) + 1);
    counts.set(rows, (found = made));
  }
  return found;
}

function Counts({ rows }: { rows: RouteRows }) {
  const found = countsOf(rows);
  return (
    <>
      {counted(rows.keys.length, "row")}
      {ROUTE_STATES.filter((state) => found.has(state)).map((state, index) => (
        <>
          {index === 0 ? ": " : ", "}
          <a href={pathWith(PATH, { state })}>
            {found.get(state)} {STATES[state].toLowerCase()}
          </a>
        </>
      ))}
      .
    </>
  );
}
