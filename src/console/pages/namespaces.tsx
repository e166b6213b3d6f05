import { Hono } from "hono";
import type { Owner } from "../../domain/entities.ts";
import { kubeconfigsOf, namespacesOf } from "../../domain/state.ts";
import { markOf } from "../delivery.ts";
import { show } from "../layout.tsx";
import { Empty } from "../parts/empty.tsx";
import { Live } from "../parts/live.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import { OwnersLimits } from "../parts/usage.tsx";
import type { PageEnv } from "../visitor.ts";
import { KubeconfigTable } from "./kubeconfig-table.tsx";
import {
  allowancesOf,
  kubeconfigViewsOf,
  namespaceViewsOf,
  type NamespaceView,
} from "./namespace-view.ts";
import { hostsInWords, limitsInWords } from "./namespace-words.tsx";
import { ownersFor } from "./picture.ts";
import type { PageServices } from "./services.ts";
import { startOf } from "./start-of.ts";

/** Of each kind, on one page. */
const SHOWN = 25;
const NEW_NAMESPACE = { href: "/namespaces/new", label: "Make a namespace" } as const;

/** `/namespaces`: the namespaces of the visitor and of their groups, and the kubeconfigs for them. */
export function namespaces(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();
  app.get("/namespaces", async (context) => {
    const { state } = ledger;
    const { person } = context.get("visitor");
    const owners = ownersFor(state, person);
    const from = startOf(context.req.query("from"));
    const kubeconfigsFrom = startOf(context.req.query("kubeconfigs"));
    const all = owners.flatMap((owner) => namespacesOf(state, owner.id).toSorted(byName));
    const ways = owners.flatMap((owner) => kubeconfigsOf(state, owner.id).toSorted(byName));
    const views = await namespaceViewsOf(services, all.slice(from, from + SHOWN));
    const wayViews = await kubeconfigViewsOf(
      services,
      ways.slice(kubeconfigsFrom, kubeconfigsFrom + SHOWN),
    );
    const at = (namespacesAt: number, kubeconfigsAt: number) =>
      `/namespaces?${new URLSearchParams({ from: String(namespacesAt), kubeconfigs: String(kubeconfigsAt) }).toString()}`;
    const now = site.now();
    const ofMany = owners.length > 1;
    return show(
      context,
      site,
      {
        title: "Namespaces",
        section: "namespaces",
        lead: "Room at Kubernetes: containers of yours run there, and are looked after.",
        action: all.length === 0 ? undefined : NEW_NAMESPACE,
      },
      <Live context={context} mark={markOf(state, services)}>
        {all.length === 0 ? (
          <Empty title="You have no namespace yet" action={NEW_NAMESPACE}>
            A namespace runs your containers. Make one, then a kubeconfig for it, and use kubectl or
            anything else that speaks to Kubernetes.
          </Empty>
        ) : (
          <NamespaceTable views={views} owners={owners} now={now} />
        )}
        <Pager
          newer={from > 0 ? at(Math.max(0, from - SHOWN), kubeconfigsFrom) : undefined}
          older={from + SHOWN < all.length ? at(from + SHOWN, kubeconfigsFrom) : undefined}
          words={["Previous namespaces", "More namespaces"]}
        />
        {all.length + ways.length === 0 ? null : (
          <section id="kubeconfigs">
            <h2>Kubeconfigs</h2>
            {ways.length === 0 ? (
              <p>A kubeconfig opens one namespace to kubectl: make one at the namespace’s page.</p>
            ) : (
              <>
                <KubeconfigTable views={wayViews} state={state} now={now} ofMany={ofMany} />
                <Pager
                  newer={
                    kubeconfigsFrom > 0 ? at(from, Math.max(0, kubeconfigsFrom - SHOWN)) : undefined
                  }
                  older={
                    kubeconfigsFrom + SHOWN < ways.length
                      ? at(from, kubeconfigsFrom + SHOWN)
                      : undefined
                  }
                  words={["Previous kubeconfigs", "More kubeconfigs"]}
                />
              </>
            )}
          </section>
        )}
        {all.length + ways.length === 0 ? null : (
          <OwnersLimits
            owners={owners}
            you={person.id}
            has={(id) => state.namespacesByOwner.has(id) || state.kubeconfigsByOwner.has(id)}
            allowancesOf={(owner) => allowancesOf(services, owner)}
          />
        )}
      </Live>,
    );
  });
  return app;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function NamespaceTable({
  views,
  owners,
  now,
}: {
  views: readonly NamespaceView[];
  owners: readonly Owner[];
  now: Date;
}) {
  const names = new Map(owners.map(({ id, name }) => [id, name]));
  const ofMany = owners.length > 1;
  return (
    <Table
      caption="Namespaces"
      columns={["Namespace", ...(ofMany ? ["Whose"] : []), "State", "May use", "Ingresses at"]}
      rows={views.map(({ namespace, standing, limits, hosts }) => [
        <a href={`/namespaces/${namespace.id}`}>{namespace.name}</a>,
        ...(ofMany ? [names.get(namespace.owner) ?? ""] : []),
        <ThingState standing={standing} now={now} until={namespace.deleting?.until} />,
        limitsInWords(limits),
        hostsInWords(hosts),
      ])}
    />
  );
}
