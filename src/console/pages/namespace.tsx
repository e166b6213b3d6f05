import { Hono } from "hono";
import { actsFor } from "../../domain/policy.ts";
import { kubeconfigsInto } from "../../domain/state.ts";
import { markOf } from "../delivery.ts";
import { show } from "../layout.tsx";
import { Copyable } from "../parts/copyable.tsx";
import { Grace } from "../parts/grace.tsx";
import { Live } from "../parts/live.tsx";
import { Repairs, ThingState, Underway } from "../parts/thing-state.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { KubeconfigTable } from "./kubeconfig-table.tsx";
import { kubeconfigViewsOf, namespaceFor, namespaceViewsOf } from "./namespace-view.ts";
import { Used } from "./namespace-words.tsx";
import type { PageServices } from "./services.ts";

const KUBECONFIGS_SHOWN = 25;

/** `/namespaces/{id}`: one namespace, how it stands, and what can be done with it. */
export function namespacePage(services: PageServices): Hono<PageEnv> {
  const { ledger, site, config } = services;
  const app = new Hono<PageEnv>();
  app.get("/namespaces/:id", async (context) => {
    const { id } = namespaceFor(services, context);
    // What is asked for outside the state takes time: all of the state is read after it.
    const [view] = await namespaceViewsOf(services, [namespaceFor(services, context)]);
    const namespace = namespaceFor(services, context);
    if (view === undefined) throw new Error("there is one of each");
    const { state } = ledger;
    const { standing, hosts } = view;
    const visitor = context.get("visitor");
    // An admin who looks at another's comes from elsewhere.
    const back = actsFor(state, visitor.actor, namespace.owner)
      ? { href: "/namespaces", label: "Namespaces" }
      : state.owners.has(namespace.owner)
        ? { href: `/admin/owners/${namespace.owner}#namespaces`, label: "Its owner" }
        : { href: "/admin", label: "Admin" };
    const { name, deleting } = namespace;
    const now = site.now();
    const at = `/namespaces/${id}`;
    const ways = kubeconfigsInto(state, id);
    const wayViews = await kubeconfigViewsOf(services, ways.slice(0, KUBECONFIGS_SHOWN));
    return show(
      context,
      site,
      {
        title: name,
        section: "namespaces",
        back,
        // Nothing opens what is another's.
        action:
          deleting === undefined && standing.state !== "conflict"
            ? { href: `/kubeconfigs/new?namespace=${id}`, label: "Make a kubeconfig" }
            : undefined,
      },
      <Live context={context} mark={markOf(state, services)}>
        {deleting === undefined ? (
          <>
            <p>
              <ThingState standing={standing} now={now} />
            </p>
            <Underway standing={standing} />
          </>
        ) : (
          <Grace
            until={deleting.until}
            now={now}
            action={`${at}/restore`}
            handOn={
              state.owners.has(namespace.owner) ? undefined : `/admin/namespaces/${id}/hand-on`
            }
          >
            Until then no kubeconfig opens it and nothing reaches what is in it, which is kept.
          </Grace>
        )}
        <dl class="facts">
          <dt>Uses</dt>
          <dd>
            <Used view={view} />
          </dd>
          <dt>Ingresses may be at</dt>
          <dd>
            {hosts.length === 0 ? (
              "No host: its owner holds no name"
            ) : (
              <>
                {hosts.map((host) => (
                  <Copyable text={host} />
                ))}
                <p class="hint">And at any host below.</p>
              </>
            )}
          </dd>
          <dt>Its services, as targets</dt>
          <dd>
            <code>{`<service>.${name}.svc.${config.namespaces.clusterDomain}`}</code>
          </dd>
          <dt>Belongs to</dt>
          <dd>{state.owners.get(namespace.owner)?.name ?? "someone who left"}</dd>
          <dt>Made</dt>
          <dd>
            <Time at={namespace.createdAt} now={now} />
          </dd>
        </dl>
        {deleting !== undefined ? null : (
          <div class="buttons">
            <a class="button quiet" href={`${at}/delete`}>
              Delete it …
            </a>
            <a href={`/activity?of=${namespace.owner}`}>What happened lately</a>
          </div>
        )}
        <section>
          <h2>Kubeconfigs that open it</h2>
          {ways.length === 0 ? (
            <p>{deleting === undefined ? "None yet." : "None."}</p>
          ) : (
            <KubeconfigTable views={wayViews} state={state} now={now} ofMany={false} />
          )}
          {ways.length > KUBECONFIGS_SHOWN ? (
            <a href="/namespaces#kubeconfigs">All kubeconfigs</a>
          ) : null}
        </section>
        <Repairs standing={standing} now={now} />
      </Live>,
    );
  });
  return app;
}
