import { kubeconfigStanding, namespaceStanding } from "../../api/standing.ts";
import type { Kubeconfig, Namespace } from "../../domain/namespaces.ts";
import { namespaceViewsOf } from "../pages/namespace-view.ts";
import { hostsInWords, Used } from "../pages/namespace-words.tsx";
import type { ModuleFace, ThingKind } from "./module-face.ts";

const NAMESPACE: ThingKind<Namespace> = {
  kind: "namespace",
  words: ["namespace", "namespaces"],
  all: ({ namespaces }) => namespaces,
  standing: namespaceStanding,
  href: ({ id }) => `/namespaces/${id}`,
  told: async (services, namespaces) =>
    (await namespaceViewsOf(services, namespaces)).map((view) => (
      <>
        <Used view={view} /> Ingresses at {hostsInWords(view.hosts)}
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

/** Namespaces and kubeconfigs, as the admins' pages speak of them. */
export const namespaces: ModuleFace = {
  name: "namespaces",
  title: "Namespaces",
  path: "/admin/namespaces",
  kinds: [NAMESPACE, KUBECONFIG],
  together: ["namespace or kubeconfig", "namespaces and kubeconfigs"],
  handedOn: ["POST /namespaces/ID/restore"],
  running: ({ namespaces: module }) =>
    module === undefined
      ? undefined
      : { system: module.system, standings: module.standings, where: module.cluster.name },
};
