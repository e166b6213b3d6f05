import { Hono } from "hono";
import type { State } from "../../domain/state.ts";
import { Badge } from "../parts/badge.tsx";
import { Live } from "../parts/live.tsx";
import type { PageEnv } from "../visitor.ts";
import { endingMemberships, healthOf, type PartHealth } from "./health.ts";
import { markOf } from "../delivery.ts";
import { showAdmin } from "./nav.tsx";
import type { AdminServices } from "./services.ts";
import { counted } from "../words.ts";

/** `/admin`: how everything is, and what waits for an admin, at a glance. */
export function home(services: AdminServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.get("/admin", async (context) => {
    const { state } = services.ledger;
    const health = await healthOf(services);
    const waiting = [...(await heldPlan(services)), ...waitingFor(services, state)];
    return showAdmin(
      context,
      services,
      {
        title: "Admin",
        place: "home",
        action: { href: "/admin/owners/new", label: "Add a person or group" },
      },
      <Live context={context} mark={markOf(state, services)}>
        <h2>What waits for you</h2>
        {waiting.length === 0 ? <p class="quiet-text">Nothing.</p> : null}
        <ul class="waiting">
          {waiting.map(({ text, href }) => (
            <li>
              <a href={href}>{text}</a>
            </li>
          ))}
        </ul>
        <h2>Health</h2>
        <dl class="health">
          {health.map((part) => (
            <HealthLine {...part} />
          ))}
        </dl>
        <p>
          <a href="/admin/doctor">Look at every system</a>
        </p>
        <h2>What there is</h2>
        <ul class="numbers">
          {numbersOf(state).map(([count, one, more, href]) => (
            <li>
              <a href={href}>{counted(count, one, more)}</a>
            </li>
          ))}
        </ul>
      </Live>,
    );
  });
  return app;
}

function HealthLine({ part, tone, word, text, href }: PartHealth) {
  return (
    <div>
      <dt>{href === undefined ? part : <a href={href}>{part}</a>}</dt>
      <dd>
        <Badge tone={tone}>{word}</Badge> {text}
      </dd>
    </div>
  );
}

interface Waiting {
  readonly text: string;
  readonly href: string;
}

/** What GitLab's sync holds until an admin has looked; nothing where that cannot be asked now. */
async function heldPlan({ gitlabPages }: AdminServices): Promise<readonly Waiting[]> {
  const held = await gitlabPages?.()
    ?.records.held()
    .catch(() => undefined);
  if (held === undefined) return [];
  const text = `1 plan to approve, which removes ${counted(held.projects.length, "site")}`;
  return [{ text, href: `/admin/gitlab/runs/${held.run}/approve` }];
}

function waitingFor(services: AdminServices, state: State): Waiting[] {
  const open = [...state.requests.values()].filter((request) => request.state === "open").length;
  const ending = endingMemberships(state, services).length;
  const all = [
    [open, `${counted(open, "request")} to decide`, "/admin/requests"],
    [
      ending,
      `${counted(ending, "membership")} that ${ending === 1 ? "ends" : "end"} soon or ended`,
      "/admin/memberships",
    ],
  ] as const;
  return all.filter(([count]) => count > 0).map(([, text, href]) => ({ text, href }));
}

type Numbers = readonly (readonly [count: number, one: string, more: string, href: string])[];

function numbersOf(state: State): Numbers {
  let persons = 0;
  for (const { kind } of state.owners.values()) if (kind === "person") persons++;
  return [
    [persons, "person", "persons", "/admin/owners?kind=person"],
    [state.owners.size - persons, "group", "groups", "/admin/owners?kind=group"],
    [state.endpoints.size, "service", "services", "/admin/routes?kind=endpoint"],
    [state.pages.size, "GitLab page", "GitLab pages", "/admin/gitlab/pages"],
    [state.domains.size, "custom domain", "custom domains", "/admin/gitlab/domains"],
    [state.reserved.size, "name reserved", "names reserved", "/admin/reserved-names"],
  ];
}
