import { Hono, type Context } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { urlOf } from "../../api/routing.ts";
import type { Endpoint } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { updateEndpoint } from "../../endpoints/update.ts";
import { Refusal } from "../../errors.ts";
import { endpointStanding } from "../../traefik/table.ts";
import { leaveFlash } from "../flash.ts";
import { revisionOf, roomFor } from "../forms.ts";
import { show } from "../layout.tsx";
import { Badge } from "../parts/badge.tsx";
import { Copyable } from "../parts/copyable.tsx";
import { Live } from "../parts/live.tsx";
import { markOf } from "../delivery.ts";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import type { PageServices } from "./services.ts";
import { endpointShown } from "./standing.ts";

/**
 * The endpoint that an address means, if the visitor may see it.
 * @throws Refusal `not_found`
 */
export function endpointFor({ ledger }: PageServices, context: Context<PageEnv>): Endpoint {
  const endpoint = ledger.state.endpoints.get(context.req.param("id") ?? "");
  const { actor } = context.get("visitor");
  authorise(ledger.state, actor, "endpoint.read", endpoint?.owner ?? null, "service");
  if (endpoint === undefined) throw new Refusal("not_found", "There is no such service.");
  return endpoint;
}

/** An endpoint's place, as people call it. */
export function placeOf({ host, path }: Pick<Endpoint, "host" | "path">): string {
  return `${host}${path}`;
}

/** `/endpoints/{id}`: one endpoint, how it stands, and what can be done with it. */
export function endpointPage(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules, table } = services;
  const app = new Hono<PageEnv>();

  app.get("/endpoints/:id", (context) => {
    const endpoint = endpointFor(services, context);
    const { state } = ledger;
    const shown = endpointShown(
      endpointStanding(state, table, endpoint),
      endpoint,
      services.delivery(),
    );
    const now = site.now();
    const url = urlOf(rules, endpoint.host, endpoint.path, endpoint.stripPrefix);
    const owner = state.owners.get(endpoint.owner);
    const at = `/endpoints/${endpoint.id}`;
    const revision = String(endpoint.revision);
    return show(
      context,
      site,
      {
        title: placeOf(endpoint),
        section: "sites",
        back: { href: "/", label: "My sites" },
        action: { href: `${at}/edit`, label: "Change it" },
      },
      <Live context={context} mark={markOf(state, services)}>
        <p class="standing">
          <Badge tone={shown.tone}>{shown.word}</Badge> {shown.reason ?? ""}
        </p>
        <dl class="facts">
          <dt>Address</dt>
          <dd>
            <a href={url} rel="noreferrer">
              {url}
            </a>
          </dd>
          <dt>Runs at</dt>
          <dd>
            {endpoint.targets.map((target) => (
              <div>
                <Copyable text={target} />
              </div>
            ))}
          </dd>
          {settingsOf(endpoint).map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
          <dt>Belongs to</dt>
          <dd>{owner?.name ?? "nobody"}</dd>
          <dt>Added</dt>
          <dd>
            <Time at={endpoint.createdAt} now={now} />
          </dd>
        </dl>
        <div class="buttons">
          <form method="post" action={`${at}/${endpoint.paused ? "resume" : "pause"}`}>
            <input type="hidden" name="revision" value={revision} />
            <button type="submit" class="quiet">
              {endpoint.paused ? "Resume it" : "Pause it"}
            </button>
          </form>
          <a class="button quiet" href={`${at}/remove`}>
            Remove it
          </a>
          <a href={`/activity?of=${endpoint.owner}`}>What happened lately</a>
        </div>
      </Live>,
    );
  });

  for (const verb of ["pause", "resume"] as const) {
    app.post(`/endpoints/:id/${verb}`, async (context) => {
      const { id } = context.req.param();
      const ifMatch = revisionOf((await context.req.parseBody())["revision"]);
      const paused = verb === "pause";
      try {
        const { result } = await carryOut(
          services,
          context.get("visitor").actor,
          (state, decided) => updateEndpoint(state, decided, { id, ifMatch, paused }),
        );
        const text = paused
          ? `${placeOf(result)} is paused: visitors no longer reach it.`
          : `${placeOf(result)} is on its way to Traefik again.`;
        leaveFlash(context, site, { tone: "good", text });
      } catch (error) {
        if (!(error instanceof Refusal) || error.code === "not_found") throw error;
        leaveFlash(context, site, { tone: "bad", text: error.message, remedy: roomFor(error) });
      }
      return context.redirect(`/endpoints/${id}`, 303);
    });
  }

  return app;
}

/** What differs from the usual. */
function settingsOf(endpoint: Endpoint): [string, string][] {
  const { stripPrefix, passHostHeader, acceptSelfSigned, healthCheck } = endpoint;
  return [
    ...(stripPrefix ? ([["Path", "Taken away before requests are passed on"]] as const) : []),
    ...(passHostHeader ? [] : ([["Host", "The service sees its own address"]] as const)),
    ...(acceptSelfSigned ? ([["Certificate", "A self-signed one is accepted"]] as const) : []),
    ...(healthCheck === undefined
      ? []
      : ([
          ["Health check", `${healthCheck.path}, every ${healthCheck.intervalSeconds} seconds`],
        ] as const)),
  ].map(([name, value]) => [name, value]);
}
