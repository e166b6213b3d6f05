import type { Kubeconfig } from "../domain/namespaces.ts";
import { Refusal } from "../errors.ts";
import type { Outcome } from "../reconcile/attempt.ts";
import type { Ledger } from "../store/ledger.ts";
import { kubeconfigFile } from "./kubeconfig-file.ts";
import type { TokenSink } from "./kubeconfig-kind.ts";
import type { Namespaces } from "./module.ts";

/** A kubeconfig whose token was issued, with the file that is shown once. */
export interface GivenKubeconfig {
  readonly kubeconfig: Kubeconfig;
  /** The name of the namespace that it opens. */
  readonly namespace: string;
  readonly file: string;
  readonly outcome: Outcome;
}

/**
 * Has a token issued for a kubeconfig that a commit asks for, new or in another's place. It is given out
 * only once it is noted as issued.
 * @param id the kubeconfig's
 * @param commit stores that it is asked for
 * @param isAsked whether the commit asked for one; not so for a repeated request
 * @returns `given` undefined: the commit asked for none
 * @throws Refusal what `commit` refuses; `unavailable` without the cluster's word for it
 */
export async function drawKubeconfig<T>(
  { module, ledger }: { readonly module: Namespaces; readonly ledger: Ledger },
  id: string,
  commit: () => Promise<T>,
  isAsked: (done: T) => boolean,
): Promise<{ done: T; given: GivenKubeconfig | undefined }> {
  await module.requireAnswer();
  const sink: TokenSink = {};
  const { done, outcome } = await module.settleKubeconfig(id, commit, sink);
  if (!isAsked(done)) return { done, given: undefined };
  const kubeconfig = ledger.state.kubeconfigs.get(id);
  const token = sink.issued?.token;
  const namespace = ledger.state.namespaces.get(kubeconfig?.namespace ?? "")?.name;
  // Without the cluster's word for it, the token opens nothing, and what was drawn is taken away.
  if (
    kubeconfig === undefined ||
    !kubeconfig.issued ||
    kubeconfig.next !== undefined ||
    token === undefined ||
    namespace === undefined
  ) {
    throw new Refusal(
      "unavailable",
      `${outcome?.why ?? "Kubernetes did not issue a token."} No kubeconfig was given out; try again later.`,
      { retryAfter: 10 },
    );
  }
  const file = kubeconfigFile({ url: module.config.publicUrl, ca: module.ca, namespace, token });
  return { done, given: { kubeconfig, namespace, file, outcome } };
}
