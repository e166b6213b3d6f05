import type { Kubeconfig, Namespace } from "../domain/namespaces.ts";
import type { Standing } from "../reconcile/standing.ts";
import { standingOf, type StandingView } from "./standing.ts";

/** How a namespace stands. */
export function namespaceStanding(
  { deleting, uid }: Namespace,
  standing: Standing | undefined,
): StandingView {
  if (deleting !== undefined) return standingOf(standing, "deleting");
  return standingOf(standing, uid === undefined ? "creating" : "ready");
}

/** How a kubeconfig stands. */
export function kubeconfigStanding(
  { deleting, issued }: Kubeconfig,
  standing: Standing | undefined,
): StandingView {
  return standingOf(standing, deleting ? "deleting" : issued ? "ready" : "creating");
}
