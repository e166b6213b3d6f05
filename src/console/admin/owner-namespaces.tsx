import type { State } from "../../domain/state.ts";
import { KubeconfigTable } from "../pages/kubeconfig-table.tsx";
import type { KubeconfigView, NamespaceView } from "../pages/namespace-view.ts";
import { hostsInWords, limitsInWords } from "../pages/namespace-words.tsx";
import { listPart, type Part } from "./parts.tsx";
import { ThingState } from "../parts/thing-state.tsx";

/** Of each kind; more is what an admin rarely has a look at. */
const SHOWN = 50;

/** An owner's namespaces and kubeconfigs with how they stand. */
export function namespaceParts({
  state,
  now,
  namespaces,
  kubeconfigs,
}: {
  state: State;
  now: Date;
  namespaces: readonly NamespaceView[];
  kubeconfigs: readonly KubeconfigView[];
}): readonly Part[] {
  return [
    listPart({
      id: "namespaces",
      title: "Namespaces",
      none: "None.",
      columns: ["Namespace", "State", "May use", "Ingresses at"],
      items: namespaces,
      row: ({ namespace, standing, limits, hosts }) => [
        <a href={`/namespaces/${namespace.id}`}>{namespace.name}</a>,
        <ThingState standing={standing} now={now} until={namespace.deleting?.until} />,
        limitsInWords(limits),
        hostsInWords(hosts),
      ],
      atMost: SHOWN,
    }),
    {
      id: "kubeconfigs",
      title: "Kubeconfigs",
      count: kubeconfigs.length,
      body:
        kubeconfigs.length === 0 ? (
          <p class="quiet-text">None.</p>
        ) : (
          <KubeconfigTable
            views={kubeconfigs.slice(0, SHOWN)}
            state={state}
            now={now}
            ofMany={false}
          />
        ),
    },
  ];
}
