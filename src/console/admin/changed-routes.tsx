import type { PlaceChange } from "../../traefik/compare.ts";
import type { TableSettings } from "../../traefik/table.ts";
import { routeInWords } from "../pages/route-changes.tsx";
import type { RoutesChanged } from "./past-routes.ts";
import { counted } from "../words.ts";

export const SIGNS = { added: "+", removed: "−", changed: "~" } as const;

/** The routes that a revision added, removed and led elsewhere: how many, and some of them. */
export function ChangedRoutes({ routes, table }: { routes: RoutesChanged; table: TableSettings }) {
  const { added, removed, changed, examples } = routes;
  const all = added + removed + changed;
  if (all === 0) return <p class="routes-changed">No route changed.</p>;
  const counts = [
    added > 0 ? `${counted(added, "route")} added` : "",
    removed > 0 ? `${counted(removed, "route")} removed` : "",
    changed > 0 ? `${counted(changed, "route")} changed` : "",
  ];
  return (
    <div class="routes-changed">
      {all === 1 ? null : <p>{counts.filter(Boolean).join(", ")}</p>}
      <ul>
        {examples.map((change) => (
          <li>
            <span aria-hidden="true">{SIGNS[change.how]}</span>{" "}
            <span class="unseen">{change.how}</span> <code>{change.place}</code>{" "}
            <Led change={change} table={table} />
          </li>
        ))}
        {all > examples.length ? (
          <li>and {counted(all - examples.length, "more", "more")}</li>
        ) : null}
      </ul>
    </div>
  );
}

/** Where it led, and where it leads. */
function Led({ change: { before, after }, table }: { change: PlaceChange; table: TableSettings }) {
  const was = before === undefined ? undefined : routeInWords(before, table);
  const is = after === undefined ? undefined : routeInWords(after, table);
  if (was === undefined) return <>to {is}</>;
  if (is === undefined) return <>led to {was}</>;
  return was === is ? (
    <>to {is}, with other settings</>
  ) : (
    <>
      from {was} to {is}
    </>
  );
}
