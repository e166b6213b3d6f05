import type { State } from "../../domain/state.ts";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";
import { Time } from "../parts/time.tsx";
import type { KubeconfigView } from "./namespace-view.ts";

/** Kubeconfigs, with what is done with each. */
export function KubeconfigTable({
  views,
  state,
  now,
  ofMany,
}: {
  views: readonly KubeconfigView[];
  state: State;
  now: Date;
  /** Whether they are of several owners. */
  ofMany: boolean;
}) {
  return (
    <Table
      caption="Kubeconfigs"
      columns={["Kubeconfig", ...(ofMany ? ["Whose"] : []), "State", "Opens", "Runs out", ""]}
      rows={views.map(({ kubeconfig, standing }) => [
        kubeconfig.name,
        ...(ofMany ? [state.owners.get(kubeconfig.owner)?.name ?? ""] : []),
        <ThingState standing={standing} now={now} />,
        state.namespaces.get(kubeconfig.namespace)?.name ?? "no namespace any more",
        kubeconfig.expiresAt === undefined ? "" : <Time at={kubeconfig.expiresAt} now={now} />,
        kubeconfig.deleting ? "" : <KubeconfigActions {...kubeconfig} />,
      ])}
    />
  );
}

function KubeconfigActions({ id, name }: { id: string; name: string }) {
  return (
    <span class="actions">
      <a href={`/kubeconfigs/${id}/renew`}>
        Renew<span class="unseen"> {name}</span>
      </a>
      <a href={`/kubeconfigs/${id}/revoke`}>
        Revoke<span class="unseen"> {name}</span>
      </a>
    </span>
  );
}
