import type { Context } from "hono";
import { kubeconfigStanding, namespaceStanding, type StandingView } from "../../api/standing.ts";
import type { Owner } from "../../domain/entities.ts";
import type { Kubeconfig, Namespace, NamespaceLimits } from "../../domain/namespaces.ts";
import { authorise, type Action } from "../../domain/policy.ts";
import { quotaOf } from "../../domain/rules.ts";
import { Refusal } from "../../errors.ts";
import { tenancyOf } from "../../namespaces/layout.ts";
import { limitsOf } from "../../namespaces/objects.ts";
import type { NamespaceUsage } from "../../namespaces/usage.ts";
import { heldLabels } from "../../owners/labels.ts";
import { usageOf } from "../../owners/usage.ts";
import type { Allowance } from "../parts/usage.tsx";
import type { PageEnv } from "../visitor.ts";
import { moreOf } from "./remedy.ts";
import type { PageServices } from "./services.ts";

/** How long a page waits for a cluster that hangs: it then shows what was counted before. */
const PATIENCE_MS = 500;

/** A namespace with what is known of it beside the state. */
export interface NamespaceView {
  readonly namespace: Namespace;
  readonly standing: StandingView;
  readonly limits: NamespaceLimits;
  /** Where its ingresses may be, and below; in ascending order. */
  readonly hosts: readonly string[];
  /** As Kubernetes counted it last; undefined: not known. */
  readonly usage: NamespaceUsage | undefined;
}

/** A kubeconfig with what is known of it beside the state. */
export interface KubeconfigView {
  readonly kubeconfig: Kubeconfig;
  readonly standing: StandingView;
}

/** Namespaces as pages show them, in the same order. */
export async function namespaceViewsOf(
  { modules, config, ledger }: Pick<PageServices, "modules" | "config" | "ledger">,
  namespaces: readonly Namespace[],
): Promise<NamespaceView[]> {
  const module = modules().namespaces;
  const usage = namespaces.length === 0 ? undefined : await module?.usage(PATIENCE_MS);
  const known = await Promise.all(
    namespaces.map(async ({ id }) => module?.standings.get(`namespace/${id}`)),
  );
  const tenancy = tenancyOf(config);
  return namespaces.map((namespace, index) => {
    const standing = namespaceStanding(namespace, known[index]);
    // What another's uses that is in its place is told to nobody.
    const isOwn = namespace.uid !== undefined && standing.state !== "conflict";
    return {
      namespace,
      standing,
      limits: limitsOf(tenancy, namespace),
      hosts: tenancy.hostsOf(heldLabels(ledger.state, namespace.owner)),
      usage: isOwn ? usage?.get(namespace.name) : undefined,
    };
  });
}

/** Kubeconfigs as pages show them, in the same order. */
export async function kubeconfigViewsOf(
  { modules }: Pick<PageServices, "modules">,
  kubeconfigs: readonly Kubeconfig[],
): Promise<KubeconfigView[]> {
  const standings = modules().namespaces?.standings;
  return Promise.all(
    kubeconfigs.map(async (kubeconfig) => ({
      kubeconfig,
      standing: kubeconfigStanding(kubeconfig, await standings?.get(`kubeconfig/${kubeconfig.id}`)),
    })),
  );
}

/**
 * The namespace of an id, if the visitor may do this with it.
 * @throws Refusal `not_found`
 */
export function namespaceFor(
  { ledger }: Pick<PageServices, "ledger">,
  context: Context<PageEnv>,
  action: Action = "namespace.read",
  id = context.req.param("id") ?? "",
): Namespace {
  const namespace = ledger.state.namespaces.get(id);
  const { actor } = context.get("visitor");
  authorise(ledger.state, actor, action, namespace?.owner ?? null, "namespace");
  if (namespace === undefined) throw new Refusal("not_found", "There is no such namespace.");
  return namespace;
}

/**
 * The kubeconfig that an address means, if the visitor may change it.
 * @throws Refusal `not_found`
 */
export function kubeconfigFor(
  { ledger }: Pick<PageServices, "ledger">,
  context: Context<PageEnv>,
): Kubeconfig {
  const kubeconfig = ledger.state.kubeconfigs.get(context.req.param("id") ?? "");
  const { actor } = context.get("visitor");
  authorise(ledger.state, actor, "kubeconfig.write", kubeconfig?.owner ?? null, "kubeconfig");
  if (kubeconfig === undefined) throw new Refusal("not_found", "There is no such kubeconfig.");
  return kubeconfig;
}

/** How many namespaces an owner may have, and how many they have. */
export function allowancesOf(
  { ledger, rules, site }: Pick<PageServices, "ledger" | "rules" | "site">,
  owner: Owner,
): Allowance[] {
  const { namespaces: limit } = quotaOf(rules, owner);
  const { namespaces: used } = usageOf(ledger.state, owner, site.now());
  const remedy = moreOf(owner, "namespaces", limit + 1, "Ask for more");
  return [{ what: "namespaces", used, limit, remedy }];
}
