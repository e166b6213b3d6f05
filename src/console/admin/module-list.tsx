import { Hono } from "hono";
import { standingsOf } from "../../api/settled.ts";
import type { StandingView } from "../../api/standing.ts";
import { findOwner, type State } from "../../domain/state.ts";
import type { Standing } from "../../reconcile/standing.ts";
import { markOf } from "../delivery.ts";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { STATE_WORDS, ThingState } from "../parts/thing-state.tsx";
import type { PageEnv } from "../visitor.ts";
import { counted } from "../words.ts";
import { Filters } from "./filters.tsx";
import { listed, PAGER_WORDS, pathWith } from "./list.ts";
import {
  handOnPath,
  type ModuleFace,
  type RunningModule,
  type Thing,
  type ThingKind,
} from "./module-face.ts";
import { showAdmin } from "./nav.tsx";
import { OwnerOf } from "./owners.tsx";
import type { AdminServices } from "./services.ts";
import { isWrong } from "./wrong.ts";

interface Row {
  readonly kind: ThingKind;
  readonly thing: Thing;
  readonly standing: StandingView;
  readonly isWrong: boolean;
  /** Whether its owner is no more. */
  readonly isLeft: boolean;
}

const STATES = Object.entries(STATE_WORDS).map(([state, [, word]]) => [state, word] as const);
/** What is not right comes first. */
const WRONG = ["wrong", "Not right"] as const;
const LEFT = ["left", "Left behind"] as const;

/** `/admin/{module}`: all of a module's things, what is not right first, and what people left behind. */
export function moduleList(services: AdminServices, face: ModuleFace): Hono<PageEnv> {
  const { ledger, site } = services;
  const { path, title, together } = face;
  const app = new Hono<PageEnv>();
  app.get(path, async (context) => {
    const module = face.running(services.modules());
    if (module === undefined) return context.notFound();
    const { q = "", owner = "", kind = "", state: wanted = "", after = "" } = context.req.query();
    const text = q.trim().toLowerCase().slice(0, 100);
    const { state } = ledger;
    const whose = owner.trim() === "" ? undefined : (findOwner(state, owner.trim())?.id ?? "");
    const all = await rowsOf(face, module, state);
    const query = { q: text, owner, kind, state: wanted, after };
    const { items, newer, older } = listed(path, query, all.keys, (key) => {
      const row = all.rows.get(key);
      if (row === undefined || (kind !== "" && row.kind.kind !== kind)) return undefined;
      if (wanted !== "" && !isIn(row, wanted)) return undefined;
      if (whose !== undefined && row.thing.owner !== whose) return undefined;
      return row.thing.name.toLowerCase().includes(text) ? row : undefined;
    });
    const told = await toldOf(services, items);
    const now = site.now();
    const { away } = module.system;
    return showAdmin(
      context,
      services,
      {
        title,
        place: "home",
        back: { href: "/admin", label: "Overview" },
        action: { href: `${path}/adopt`, label: `Take over a ${face.kinds[0]?.words[0]}` },
        lead: <Counts face={face} rows={[...all.rows.values()]} />,
      },
      <>
        {all.keys.length === 0 ? null : (
          <Filters
            path={path}
            filters={[
              { name: "q", label: "Name", value: text, placeholder: "A part of it" },
              { name: "owner", label: "Owner", value: owner, placeholder: "Name or id" },
              { name: "kind", label: "Kind", value: kind, options: kindsOf(face) },
              { name: "state", label: "State", value: wanted, options: [WRONG, LEFT, ...STATES] },
            ]}
          />
        )}
        <Live context={context} mark={markOf(state, services)}>
          {away === undefined ? null : (
            <div class="note bad" role="note">
              <p>
                {capital(module.where)} is away: {away}
              </p>
            </div>
          )}
          {wanted === LEFT[0] ? <HandOn face={face} /> : null}
          {all.keys.length === 0 ? (
            <Empty title={`There are no ${together[1]} yet`}>
              Members make their own. Each is listed here, with whose it is and how it stands.
            </Empty>
          ) : items.length === 0 ? (
            <Empty title="Nothing is like that">Take a filter away.</Empty>
          ) : (
            <Table
              caption={title}
              columns={["Name", "Whose", "State", "Holds or opens"]}
              rows={items.map((row) => [
                <NameOf row={row} wanted={wanted} />,
                <WhoseOf face={face} row={row} state={state} />,
                <ThingState
                  standing={row.standing}
                  now={now}
                  until={row.kind.until?.(row.thing)}
                />,
                told.get(row) ?? "",
              ])}
            />
          )}
          <Pager newer={newer} older={older} words={[...PAGER_WORDS]} />
        </Live>
      </>,
    );
  });
  return app;
}

/** All of a module's things as rows, in the order of their keys. */
async function rowsOf(
  { kinds }: ModuleFace,
  { standings }: RunningModule,
  state: State,
): Promise<{ keys: readonly string[]; rows: ReadonlyMap<string, Row> }> {
  const rows = new Map<string, Row>();
  for (const kind of kinds) {
    const known = await standingsOf(standings, kind.kind);
    for (const thing of kind.all(state).values()) {
      const row = rowOf(kind, thing, known.get(thing.id), state);
      rows.set(`${row.isWrong ? 0 : 1} ${thing.name} ${thing.id}`, row);
    }
  }
  return { keys: [...rows.keys()].toSorted(), rows };
}

function rowOf(kind: ThingKind, thing: Thing, known: Standing | undefined, state: State): Row {
  return {
    kind,
    thing,
    standing: kind.standing(thing, known),
    isWrong: known !== undefined && isWrong(known),
    isLeft: !state.owners.has(thing.owner),
  };
}

function isIn({ standing, isWrong: wrong, isLeft }: Row, wanted: string): boolean {
  if (wanted === WRONG[0]) return wrong;
  return wanted === LEFT[0] ? isLeft : standing.state === wanted;
}

/** What the rows of a page hold or open, asked for kind by kind. */
async function toldOf(services: AdminServices, rows: readonly Row[]) {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const some = rows.filter((row) => row.kind === kind);
      const told = await kind.told(
        services,
        some.map(({ thing }) => thing),
      );
      return some.map((row, index) => [row, told[index] ?? ""] as const);
    }),
  );
  return new Map(found.flat());
}

function kindsOf({ kinds }: ModuleFace): readonly (readonly [string, string])[] {
  return kinds.map(({ kind, words }) => [kind, capital(words[1])] as const);
}

/** What a row is of; its id, where somebody is to type it. */
function NameOf({ row: { kind, thing }, wanted }: { row: Row; wanted: string }) {
  const href = kind.href?.(thing);
  return (
    <span>
      {href === undefined ? thing.name : <a href={href}>{thing.name}</a>}{" "}
      <span class="quiet-text">{capital(kind.words[0])}</span>
      {wanted === LEFT[0] ? (
        <>
          {" "}
          <code>{thing.id}</code>
        </>
      ) : null}
    </span>
  );
}

/** Whose a row's thing is; the way to somebody else, where its owner is gone. */
function WhoseOf({ face, row, state }: { face: ModuleFace; row: Row; state: State }) {
  const { kind, thing, isLeft } = row;
  return (
    <span>
      <OwnerOf state={state} id={thing.owner} />
      {isLeft && kind === face.kinds[0] ? (
        <>
          {" "}
          <a href={handOnPath(face, thing)}>Give {thing.name} to somebody …</a>
        </>
      ) : null}
    </span>
  );
}

/** How many there are, and how they stand, each a way to just these. */
function Counts({ face: { path, together }, rows }: { face: ModuleFace; rows: readonly Row[] }) {
  const count = (wanted: string) => rows.filter((row) => isIn(row, wanted)).length;
  const states = STATES.map(([state, word]) => [state, word.toLowerCase(), count(state)] as const);
  const [wrong, left] = [count(WRONG[0]), count(LEFT[0])];
  const way = (state: string, words: string) => <a href={pathWith(path, { state })}>{words}</a>;
  return (
    <>
      {counted(rows.length, ...together)}
      {states
        .filter(([, , many]) => many > 0)
        .map(([state, word, many], index) => (
          <>
            {index === 0 ? ": " : ", "}
            {way(state, `${many} ${word}`)}
          </>
        ))}
      .{" "}
      {wrong === 0
        ? "Nothing is known to be wrong."
        : way(WRONG[0], `${wrong} ${wrong === 1 ? "is" : "are"} not right.`)}{" "}
      {left === 0 ? null : way(LEFT[0], `${counted(left, "was", "were")} left behind.`)}
    </>
  );
}

function HandOn({ face: { handedOn } }: { face: ModuleFace }) {
  return (
    <p>
      Their owners have left. Until they are deleted, the link beside each,{" "}
      {handedOn.map((way, index) => (
        <>
          {index === 0 ? "" : " or "}
          <code>{way}</code>
        </>
      ))}{" "}
      gives one to somebody else.
    </p>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
