import { Hono } from "hono";
import { readBriefEvents } from "../../api/events.ts";
import { Badge } from "../parts/badge.tsx";
import { Live } from "../parts/live.tsx";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { documentPages } from "./document.tsx";
import { EventList } from "./events.tsx";
import { markOf } from "../delivery.ts";
import { showAdmin } from "./nav.tsx";
import { PastRoutes } from "./past-routes.ts";
import { pollersShown } from "./pollers.ts";
import type { AdminServices } from "./services.ts";
import { counted, size } from "../words.ts";

const REVISIONS = 20;
const POLLERS = 100;

/** `/admin/traefik`: what Traefik is given, who fetched it, and what changed it last. */
export function traefik(services: AdminServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const past = new PastRoutes(ledger, services.table);
  const app = new Hono<PageEnv>();
  app.get("/admin/traefik", async (context) => {
    const { state } = ledger;
    const { actor } = context.get("visitor");
    const now = site.now();
    const { items } = await readBriefEvents(services, { actor, limit: REVISIONS });
    const routes = await past.of(items.map(({ revision }) => revision));
    const pollers = pollersShown(services, now).slice(0, POLLERS);
    return showAdmin(
      context,
      services,
      {
        title: "Traefik",
        place: "traefik",
        lead: "What Traefik is given from here, and who fetched it.",
        action: { href: "/admin/traefik/document", label: "Look into the document" },
      },
      <Live context={context} mark={markOf(state, services)}>
        <DocumentFacts services={services} />
        <h2>Who fetched it</h2>
        {pollers.length === 0 ? (
          <p class="quiet-text">
            No Traefik has asked this console since it runs. Its provider is to poll the internal
            listener, at /traefik/config.
          </p>
        ) : (
          <Table
            caption="Pollers"
            columns={["Name", "Has revision", "Asked last", "State"]}
            rows={pollers.map(({ name, revision, at, replica, tone, word }) => [
              name,
              String(revision),
              <>
                <Time at={at} now={now} />
                {replica === undefined ? null : (
                  <span class="quiet-text"> at the console {replica}</span>
                )}
              </>,
              <Badge tone={tone}>{word}</Badge>,
            ])}
          />
        )}
        <h2>What changed last</h2>
        <EventList services={services} state={state} events={items} routes={routes} />
        <p>
          <a href="/admin/audit">All of the history</a>
        </p>
      </Live>,
    );
  });
  app.route("/", documentPages(services));
  return app;
}

function DocumentFacts({ services: { system } }: { services: AdminServices }) {
  const current = system.publication();
  if (current === undefined) return <p>There is no document yet: Traefik is told to wait.</p>;
  const { traefik } = current.document;
  const laidOut = system.laidOut();
  const unrouted = system.unrouted().length;
  return (
    <>
      <dl class="facts">
        <dt>Revision</dt>
        <dd>
          {current.revision}
          {current.restored ? ", as an earlier run published it" : ""}
        </dd>
        <dt>Size</dt>
        <dd>
          {size(traefik.length)}
          {traefik.gzip === undefined ? "" : `, ${size(traefik.gzip.length)} over the wire`}
        </dd>
        {laidOut === undefined ? null : (
          <>
            <dt>Layout</dt>
            <dd>
              {laidOut.layout === "tree" ? "a tree" : "flat"}, {counted(laidOut.hosts, "host")}
            </dd>
          </>
        )}
        <dt>Not routed</dt>
        <dd>
          <a href="/admin/set-aside">{counted(unrouted, "entry", "entries")}</a>
        </dd>
      </dl>
      <p class="buttons">
        <a class="button quiet" href="/admin/traefik/document.json">
          Download it
        </a>
      </p>
    </>
  );
}
