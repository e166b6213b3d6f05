import type { State } from "../../domain/state.ts";
import { KubeconfigTable } from "../pages/kubeconfig-table.tsx";
import type { KubeconfigView, NamespaceView } from "../pages/namespace-view.ts";
import { hostsInWords, limitsInWords } from "../pages/namespace-words.tsx";
import { Table } from "../parts/table.tsx";
import { ThingState } from "../parts/thing-state.tsx";

/** Of each kind; more is what an admin rarely has a look at. */
const SHOWN = 50;

/** An owner's namespaces and kubeconfigs with how they stand. */
export function Namespaces({
  state,
  now,
  namespaces,
  kubeconfigs,
}: {
  state: State;
  now: Date;
  namespaces: readonly NamespaceView[];
  kubeconfigs: readonly KubeconfigView[];
}) {
  return (
    <>
      <section id="namespaces">
        <h2>Namespaces</h2>
        {namespaces.length === 0 ? (
          <p class="quiet-text">None.</p>
        ) : (
          <Table
            caption="Namespaces"
            columns={["Namespace", "State", "May use", "Ingresses at"]}
            rows={namespaces
              .slice(0, SHOWN)
              .map(({ namespace, standing, limits, hosts }) => [
                <a href={`/namespaces/${namespace.id}`}>{namespace.name}</a>,
                <ThingState standing={standing} now={now} until={namespace.deleting?.until} />,
                limitsInWords(limits),
                hostsInWords(hosts),
              ])}
          />
        )}
      </section>
      <section id="kubeconfigs">
        <h2>Kubeconfigs</h2>
        {kubeconfigs.length === 0 ? (
          <p class="quiet-text">None.</p>
        ) : (
          <KubeconfigTable
            views={kubeconfigs.slice(0, SHOWN)}
            state={state}
            now={now}
            ofMany={false}
          />
        )}
      </section>
    </>
  );
}
