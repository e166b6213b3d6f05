import { Hono } from "hono";
import type { Publication } from "../../publisher/publication.ts";
import { Refusal } from "../../errors.ts";
import { Empty } from "../parts/empty.tsx";
import { Table } from "../parts/table.tsx";
import type { PageEnv } from "../visitor.ts";
import { showAdmin } from "./nav.tsx";
import type { AdminServices } from "./services.ts";
import { counted } from "../words.ts";

const ENTRIES_SHOWN = 20;
type Sections = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>
>;

/** What is in a document, and how much of each section. */
interface Contents {
  readonly all: readonly DocumentEntry[];
  readonly counts: readonly (readonly string[])[];
}

const known = new WeakMap<Publication, Contents>();

/** The document as Traefik takes it, read once for each publication, when somebody looks into it. */
function contentsOf(publication: Publication): Contents {
  let found = known.get(publication);
  if (found === undefined) {
    const text = Buffer.concat(publication.document.json.parts).toString("latin1");
    const all = entriesOf(JSON.parse(text) as Sections);
    found = { all, counts: countsOf(all) };
    known.set(publication, found);
  }
  return found;
}

/** `/admin/traefik/document`: looks into what Traefik is given. */
export function documentPages(services: AdminServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();

  const required = (): Publication => {
    const found = services.system.publication();
    if (found !== undefined) return found;
    throw new Refusal("unavailable", "There is no document yet.", { retryAfter: 1 });
  };

  app.get("/admin/traefik/document", (context) => {
    const publication = required();
    const text = (context.req.query("entry") ?? "").trim().slice(0, 100);
    const { all, counts } = contentsOf(publication);
    const found = text === "" ? [] : all.filter(({ name }) => name.includes(text));
    return showAdmin(
      context,
      services,
      {
        title: "Document",
        place: "traefik",
        back: { href: "/admin/traefik", label: "Traefik" },
        lead: `What Traefik is given at revision ${publication.revision}.`,
        action: { href: "/admin/traefik/document.json", label: "Download it" },
      },
      <>
        <form class="search-again" method="get" action="/admin/traefik/document">
          <input
            type="search"
            name="entry"
            value={text}
            maxlength={100}
            placeholder="A name, like zone-default or an endpoint's id"
            aria-label="Entries whose name has"
          />
          <button type="submit" class="quiet">
            Show
          </button>
        </form>
        {text !== "" && found.length === 0 ? (
          <Empty title="No entry is named so">
            Entries are named by kind and id, as Traefik shows them. An endpoint's id does.
          </Empty>
        ) : null}
        {found.slice(0, ENTRIES_SHOWN).map(({ section, name, value }) => (
          <section>
            <h2>{name}</h2>
            <p class="quiet-text">{section}</p>
            <pre tabindex={0} aria-label={`${name}, of ${section}`}>
              <code>{JSON.stringify(value, null, 2)}</code>
            </pre>
          </section>
        ))}
        {found.length > ENTRIES_SHOWN ? (
          <p class="quiet-text">
            The first {ENTRIES_SHOWN} of {found.length}.
          </p>
        ) : null}
        <h2>What is in it</h2>
        <Table slim caption="Sections" columns={["Section", "Entries"]} rows={counts} />
      </>,
    );
  });

  app.get("/admin/traefik/document.json", (context) => {
    const { revision, document } = required();
    return context.body(new Uint8Array(Buffer.concat(document.json.parts)), 200, {
      "Content-Type": "application/json",
      "Content-Disposition": `attachment; filename="traefik-${revision}.json"`,
      "Cache-Control": "no-store",
    });
  });

  return app;
}

interface DocumentEntry {
  readonly section: string;
  readonly name: string;
  readonly value: unknown;
}

function entriesOf(sections: Sections): DocumentEntry[] {
  return Object.entries(sections).flatMap(([protocol, maps]) =>
    Object.entries(maps).flatMap(([map, entries]) =>
      Object.entries(entries).map(([name, value]) => ({
        section: `${protocol} ${map}`,
        name,
        value,
      })),
    ),
  );
}

function countsOf(all: readonly DocumentEntry[]): string[][] {
  const counts = new Map<string, number>();
  for (const { section } of all) counts.set(section, (counts.get(section) ?? 0) + 1);
  return [...counts].map(([section, count]) => [section, counted(count, "entry", "entries")]);
}
