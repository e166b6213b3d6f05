import { Hono } from "hono";
import { sortedKeys } from "../../api/list.ts";
import type { Owner } from "../../domain/entities.ts";
import type { State } from "../../domain/state.ts";
import { heldLabels } from "../../owners/labels.ts";
import { markOf } from "../delivery.ts";
import { Badge } from "../parts/badge.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import type { PageEnv } from "../visitor.ts";
import { Filters } from "./filters.tsx";
import { listed, PAGER_WORDS } from "./list.ts";
import { showAdmin } from "./nav.tsx";
import { OWNER_STATES, ownerStanding } from "./owner-state.ts";
import type { AdminServices } from "./services.ts";

const PATH = "/admin/owners";
const KINDS = [
  ["person", "Persons"],
  ["group", "Groups"],
  ["admin", "Admins"],
] as const;

/** `/admin/owners`: all persons and groups, in the order of their names. */
export function owners(services: AdminServices): Hono<PageEnv> {
  const { ledger, rules, site } = services;
  const app = new Hono<PageEnv>();
  app.get(PATH, (context) => {
    const { state } = ledger;
    const { q = "", kind = "", state: standing = "", after = "" } = context.req.query();
    const text = q.trim().toLowerCase().slice(0, 100);
    const now = site.now();
    const { items, newer, older } = listed(
      PATH,
      { q: text, kind, state: standing, after },
      sortedKeys(state.ownersByName),
      (name) => {
        const owner = state.owners.get(state.ownersByName.get(name) ?? "");
        if (owner === undefined || !isKind(owner, kind) || !isFound(owner, text)) return undefined;
        if (standing !== "" && ownerStanding(owner, rules, now).state !== standing)
          return undefined;
        return owner;
      },
    );
    return showAdmin(
      context,
      services,
      {
        title: "Owners",
        place: "owners",
        action: { href: "/admin/owners/new", label: "Add a person or group" },
      },
      <>
        <Filters
          path={PATH}
          filters={[
            { name: "q", label: "Name", value: text },
            { name: "kind", label: "Kind", value: kind, options: KINDS },
            { name: "state", label: "State", value: standing, options: OWNER_STATES },
          ]}
        />
        <Live context={context} mark={markOf(state, services)}>
          {items.length === 0 ? (
            <Empty title="Nobody is like that">
              Take a filter away, or search for something else.
            </Empty>
          ) : (
            <Table
              caption="Owners"
              columns={["Name", "Kind", "Names held", "Services", "Pages", "State"]}
              rows={items.map((owner) => row(state, owner, ownerStanding(owner, rules, now)))}
            />
          )}
          <Pager newer={newer} older={older} words={[...PAGER_WORDS]} />
        </Live>
      </>,
    );
  });
  return app;
}

function row(state: State, owner: Owner, { tone, word }: ReturnType<typeof ownerStanding>) {
  return [
    <OwnerLink owner={owner} />,
    kindOf(owner),
    String(heldLabels(state, owner.id).length),
    String(state.endpointsByOwner.get(owner.id)?.size ?? 0),
    String(state.pagesByOwner.get(owner.id)?.size ?? 0),
    <Badge tone={tone}>{word}</Badge>,
  ];
}

/** An owner by name, leading to everything of theirs. */
export function OwnerLink({ owner }: { owner: Owner }) {
  return (
    <span>
      <a href={`${PATH}/${owner.id}`}>{owner.name}</a>
      {owner.displayName === undefined ? null : (
        <span class="quiet-text"> {owner.displayName}</span>
      )}
    </span>
  );
}

/** The owner that an id means, as a link; a dash for nobody. */
export function OwnerOf({ state, id }: { state: State; id: string | null }) {
  const owner = id === null ? undefined : state.owners.get(id);
  if (owner !== undefined) return <a href={`${PATH}/${owner.id}`}>{owner.name}</a>;
  return <span class="quiet-text">{id === null ? "nobody" : `${id}, who is gone`}</span>;
}

export function kindOf(owner: Owner): string {
  if (owner.kind === "group") return "Group";
  return owner.role === "admin" ? "Admin" : "Person";
}

function isKind(owner: Owner, kind: string): boolean {
  if (kind === "admin") return owner.kind === "person" && owner.role === "admin";
  return kind === "" || owner.kind === kind;
}

/** @param text in lower case */
function isFound({ name, displayName }: Owner, text: string): boolean {
  return name.includes(text) || displayName?.toLowerCase().includes(text) === true;
}
