import { ok, wrong, type Look } from "../checks/check.ts";
import type { Call } from "../reconcile/system.ts";
import { ClusterError, type Cluster, type KubeObject } from "./cluster.ts";
import { isAs, refOf } from "./compare.ts";
import type { Tenancy } from "./layout.ts";
import { manifests } from "./manifests.ts";

/** What mends whatever an admin has to have applied. */
export const PRINTED = "Apply what `tardis-console kubernetes manifests` prints.";

const NAMED_MAX = 3;
const POLICIES = new Set(["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]);

/**
 * Whether what the cluster's admin applied is there, and as it is printed now: the policies, which hold
 * members and the console, then members' role and the console's own namespace.
 */
export async function lookAtPrinted(
  { tell }: Pick<Look, "tell">,
  cluster: Cluster,
  { tenancy, call }: { readonly tenancy: Tenancy; readonly call: Call },
): Promise<void> {
  const { consoleNamespace, tenantRole } = tenancy.layout;
  const printed = manifests(tenancy);
  const policies = printed.filter(({ kind }) => POLICIES.has(kind));
  const rest = printed.filter(
    ({ kind, metadata: { name } }) =>
      (kind === "ClusterRole" && name === tenantRole) ||
      (kind === "Namespace" && name === consoleNamespace) ||
      kind === "ResourceQuota",
  );
  const looks = [
    [
      "policies",
      policies,
      "The admission policies and their bindings are there, as they are printed.",
      "Without them members, or the console, may do there what they should not.",
    ],
    [
      "role",
      rest,
      "Members' role and the console's own namespace are as they are printed.",
      "Members may do more or less there than they should.",
    ],
  ] as const;
  for (const [what, objects, fine, because] of looks) {
    const faults = (await Promise.all(objects.map((one) => faultOf(one, cluster, call)))).filter(
      (fault) => fault !== undefined,
    );
    const facts = { of: objects.length, wrong: faults.length };
    if (faults.length === 0) {
      tell(what, ok(fine, facts));
      continue;
    }
    const named = faults.slice(0, NAMED_MAX).join("; ");
    const more = faults.length > NAMED_MAX ? `; and ${faults.length - NAMED_MAX} more` : "";
    tell(what, wrong(`${named}${more}. ${because} ${PRINTED}`, facts));
  }
}

async function faultOf(wanted: KubeObject, cluster: Cluster, call: Call) {
  const named = `${wanted.kind} ${wanted.metadata.name}`;
  const found = await call((signal) =>
    cluster.read(refOf(wanted), signal).catch((error: unknown) => {
      if (error instanceof ClusterError && error.failure === "denied") return "denied" as const;
      throw error;
    }),
  );
  if (found === "denied") return `The console may not see ${named}`;
  if (found === undefined) return `${named} is not there`;
  if (found.metadata.deletionTimestamp !== undefined) return `${named} is being deleted`;
  return isAs(wanted, found) ? undefined : `${named} is not as it is printed`;
}
