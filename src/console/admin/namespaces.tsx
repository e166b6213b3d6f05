import { requireNamespaces } from "../../api/modules.ts";
import { kubeconfigStanding, namespaceStanding } from "../../api/standing.ts";
import type { Kubeconfig, Namespace } from "../../domain/namespaces.ts";
import { adoptableNamespaces, lookAtNamespace } from "../../namespaces/adoption.ts";
import { layoutOf } from "../../namespaces/layout.ts";
import { limitsOf } from "../../namespaces/objects.ts";
import { heldLabels } from "../../owners/labels.ts";
import { restoreNamespace } from "../../namespaces/verbs/namespaces.ts";
import type { Decide } from "../../store/ledger.ts";
import { settleNamespace } from "../pages/namespace-act.ts";
import { namespaceViewsOf } from "../pages/namespace-view.ts";
import { hostsInWords, limitsInWords, Used } from "../pages/namespace-words.tsx";
import { exactly } from "../parts/time.tsx";
import type { AdoptionFace, Looked } from "./adoption.ts";
import type { ModuleFace, ThingKind } from "./module-face.ts";

const NAMESPACE: ThingKind<Namespace> = {
  kind: "namespace",
  words: ["namespace", "namespaces"],
  all: ({ namespaces }) => namespaces,
  standing: namespaceStanding,
  href: ({ id }) => `/namespaces/${id}`,
  until: ({ deleting }) => deleting?.until,
  told: async (services, namespaces) =>
    (await namespaceViewsOf(services, namespaces)).map((view) => (
      <>
        <Used view={view} />
        {view.hosts.length === 0 ? null : (
          <div class="quiet-text">Ingresses at {hostsInWords(view.hosts)}</div>
        )}
      </>
    )),
};

const KUBECONFIG: ThingKind<Kubeconfig> = {
  kind: "kubeconfig",
  words: ["kubeconfig", "kubeconfigs"],
  all: ({ kubeconfigs }) => kubeconfigs,
  standing: kubeconfigStanding,
  told: async ({ ledger: { state } }, kubeconfigs) =>
    kubeconfigs.map(
      ({ namespace }) => state.namespaces.get(namespace)?.name ?? "no namespace any more",
    ),
};

const adoption: AdoptionFace = {
  action: "namespace.adopt",
  lead: "What was at Kubernetes before the console can become somebody's namespace; what runs in it goes on.",
  listing: ({ config }) => (
    <>
      Those that the cluster's admin has given to the console, by{" "}
      <code>kubectl label namespace NAME {layoutOf(config.namespaces.prefix).adoptable}=true</code>
    </>
  ),
  counted: [["namespaces", "namespaces"]],
  asksGigabytes: false,
  candidates: async (services) => {
    const found = await adoptableNamespaces(requireNamespaces(services), services.ledger.state);
    const told = [...found].map(([name, created]): [string, string] => [name, madeAt(created)]);
    return new Map(told);
  },
  look: async (services, asked): Promise<Looked<Namespace>> => {
    const module = requireNamespaces(services);
    const { tenancy } = module;
    const looked = await lookAtNamespace(module, services.ledger.state, asked, services.now());
    return {
      decide: looked.decide,
      told: (namespace, after) => ({
        facts: [
          ["Made", madeAt(looked.createdAt)],
          ["May use", limitsInWords(limitsOf(tenancy, namespace))],
          ["Ingresses at", tenancy.hostsOf(heldLabels(after, namespace.owner)).join(", ")],
        ],
        changes: looked.steps(namespace, after),
        notes: [],
      }),
      settle: async (context) => {
        const { id, decide } = looked;
        const { namespace, outcome } = await settleNamespace(context, services, id, decide);
        return { thing: namespace, outcome };
      },
    };
  },
};

function madeAt(created: string): string {
  return created === "" ? "not known" : exactly(new Date(created));
}

/** Namespaces and kubeconfigs, as the admins' pages speak of them. */
export const namespaces: ModuleFace = {
  name: "namespaces",
  title: "Namespaces",
  path: "/admin/namespaces",
  kinds: [NAMESPACE, KUBECONFIG],
  together: ["namespace or kubeconfig", "namespaces and kubeconfigs"],
  handedOn: ["POST /namespaces/ID/restore", "tardis-console namespaces restore ID --owner NAME"],
  handOn: async (context, services, id, owner) => {
    const decide: Decide<Namespace> = (state, decided) =>
      restoreNamespace(state, decided, { id, owner });
    return (await settleNamespace(context, services, id, decide)).namespace;
  },
  adoption,
  running: ({ namespaces: module }) =>
    module === undefined
      ? undefined
      : { system: module.system, standings: module.standings, where: module.cluster.name },
};
