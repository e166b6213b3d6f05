import type { Context } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { requireNamespaces } from "../../api/modules.ts";
import type { Kubeconfig, Namespace } from "../../domain/namespaces.ts";
import { drawKubeconfig, type GivenKubeconfig } from "../../namespaces/draw.ts";
import type { Outcome } from "../../reconcile/attempt.ts";
import { newId, type Decide } from "../../store/ledger.ts";
import type { PageEnv } from "../visitor.ts";
import type { PageServices } from "./services.ts";

/** The id of a namespace that is to be made: its lease is taken before it is decided. */
export const newNamespaceId = (now: Date) => newId("ns", now);
/** As `newNamespaceId`. */
export const newKubeconfigId = (now: Date) => newId("kcfg", now);

/**
 * Has a verb decide about a namespace, and the cluster follow at once.
 * @throws Refusal what the verb refuses, `rate_limited` or `unavailable`
 */
export async function settleNamespace(
  context: Context<PageEnv>,
  services: PageServices,
  id: string,
  decide: Decide<Namespace>,
): Promise<{ namespace: Namespace; outcome: Outcome }> {
  const module = requireNamespaces(services);
  const { actor } = context.get("visitor");
  // Refused first, where it would be: who may not learns not even that it is busy.
  services.ledger.preview(actor, decide);
  const commit = () => carryOut(services, actor, decide);
  const { done, outcome } = await module.settleNamespace(id, commit);
  return { namespace: done.result, outcome };
}

/**
 * As `settleNamespace`, about a kubeconfig; no token is issued.
 * @throws Refusal what the verb refuses, `rate_limited` or `unavailable`
 */
export async function settleKubeconfig(
  context: Context<PageEnv>,
  services: PageServices,
  id: string,
  decide: Decide<Kubeconfig>,
): Promise<{ kubeconfig: Kubeconfig; outcome: Outcome }> {
  const module = requireNamespaces(services);
  const { actor } = context.get("visitor");
  services.ledger.preview(actor, decide);
  const commit = () => carryOut(services, actor, decide);
  const { done, outcome } = await module.settleKubeconfig(id, commit, undefined);
  return { kubeconfig: done.result, outcome };
}

/**
 * Has a verb ask for a token, and the cluster issue it.
 * @throws Refusal as `drawKubeconfig`, and `rate_limited`
 */
export async function giveKubeconfig(
  context: Context<PageEnv>,
  services: PageServices,
  id: string,
  decide: Decide<Kubeconfig>,
): Promise<GivenKubeconfig> {
  const module = requireNamespaces(services);
  const { ledger } = services;
  const { actor } = context.get("visitor");
  ledger.preview(actor, decide);
  const commit = () => carryOut(services, actor, decide);
  const { given } = await drawKubeconfig({ module, ledger }, id, commit, () => true);
  if (given === undefined) throw new Error("a verb that asks for a token asks for one");
  return given;
}
