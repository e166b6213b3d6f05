import type { KubeObject } from "./cluster.ts";
import type { Tenancy } from "./layout.ts";
import { consolePolicies } from "./console-policies.ts";
import { tenantPolicies } from "./tenant-policies.ts";

const RBAC = "rbac.authorization.k8s.io";
const ALL = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
const READ = ["get", "list", "watch"];

/**
 * What a cluster's admin applies once, before the console is let at it: the console's namespace and
 * account, its rights, the tenants' role, and the policies that hold both of them to what is theirs.
 */
export function manifests(tenancy: Tenancy): readonly KubeObject[] {
  return [
    ...ownPlace(tenancy),
    tenantRole(tenancy),
    ...consoleRights(tenancy),
    ...consolePolicies(tenancy),
    ...tenantPolicies(tenancy),
  ];
}

function ownPlace({ layout }: Tenancy): KubeObject[] {
  const { consoleNamespace: namespace, consoleAccount: name } = layout;
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: namespace,
        labels: { "pod-security.kubernetes.io/enforce": "restricted" },
      },
    },
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
      automountServiceAccountToken: false,
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: `${name}-token`,
        namespace,
        annotations: { "kubernetes.io/service-account.name": name },
      },
      type: "kubernetes.io/service-account-token",
    },
    {
      // No pod belongs here: whoever ran one could ask for tokens that open members' namespaces.
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "no-pods", namespace },
      spec: { hard: { pods: "0" } },
    },
  ];
}

/**
 * What a member may in a namespace of theirs. Neither `edit` nor `admin` would do: both write network
 * policies, which add up, and mint tokens that outlive what the console gives and takes.
 */
function tenantRole({ layout }: Tenancy): KubeObject {
  const rule = (apiGroups: string[], resources: string[], verbs: string[]) => ({
    apiGroups,
    resources,
    verbs,
  });
  return {
    apiVersion: `${RBAC}/v1`,
    kind: "ClusterRole",
    metadata: { name: layout.tenantRole },
    rules: [
      rule(
        [""],
        ["configmaps", "persistentvolumeclaims", "pods", "secrets", "serviceaccounts", "services"],
        ALL,
      ),
      rule([""], ["pods/attach", "pods/exec", "pods/portforward"], ["create", "get"]),
      rule([""], ["pods/ephemeralcontainers"], ["get", "patch", "update"]),
      rule([""], ["pods/eviction"], ["create"]),
      rule(
        [""],
        [
          "endpoints",
          "events",
          "limitranges",
          "namespaces",
          "pods/log",
          "pods/status",
          "resourcequotas",
        ],
        READ,
      ),
      rule(["apps"], ["deployments", "statefulsets"], ALL),
      rule(["apps"], ["deployments/scale", "statefulsets/scale"], ["get", "patch", "update"]),
      rule(["apps"], ["controllerrevisions", "replicasets"], [...READ, "delete"]),
      rule(["batch"], ["cronjobs", "jobs"], ALL),
      rule(["autoscaling"], ["horizontalpodautoscalers"], ALL),
      rule(["discovery.k8s.io"], ["endpointslices"], READ),
      rule(["events.k8s.io"], ["events"], READ),
      rule(["metrics.k8s.io"], ["pods"], ["get", "list"]),
      rule(["networking.k8s.io"], ["ingresses"], ALL),
      rule(["networking.k8s.io"], ["networkpolicies"], READ),
    ],
  };
}

/** The console's own rights. What they cannot be narrowed to by themselves, its policies narrow. */
function consoleRights(tenancy: Tenancy): KubeObject[] {
  const { layout } = tenancy;
  const policies = [...consolePolicies(tenancy), ...tenantPolicies(tenancy)];
  const { consoleNamespace: namespace, consoleAccount } = layout;
  const name = layout.manager;
  const subjects = [{ kind: "ServiceAccount", name: consoleAccount, namespace }];
  const writes = ["get", "list", "create", "patch", "delete"];
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        { apiGroups: [""], resources: ["namespaces"], verbs: [...writes, "watch"] },
        { apiGroups: [""], resources: ["limitranges", "resourcequotas"], verbs: writes },
        { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: writes },
        // Hosts that were given back, or were never their owner's.
        {
          apiGroups: ["networking.k8s.io"],
          resources: ["ingresses"],
          verbs: ["get", "list", "delete"],
        },
        { apiGroups: [RBAC], resources: ["rolebindings"], verbs: writes },
        // Kubernetes lets nobody give what they have not got, but for this.
        {
          apiGroups: [RBAC],
          resources: ["clusterroles"],
          resourceNames: [layout.tenantRole],
          verbs: ["bind", "get"],
        },
        // To say whether they are there, and as they are printed.
        {
          apiGroups: ["admissionregistration.k8s.io"],
          resources: ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
          resourceNames: [...new Set(policies.map(({ metadata }) => metadata.name))],
          verbs: ["get"],
        },
        {
          apiGroups: [""],
          resources: ["serviceaccounts"],
          verbs: ["get", "list", "create", "patch"],
        },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name },
      subjects,
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "Role",
      metadata: { name, namespace },
      rules: [
        { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["delete"] },
        { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] },
        { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "create", "delete"] },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "RoleBinding",
      metadata: { name, namespace },
      roleRef: { apiGroup: RBAC, kind: "Role", name },
      subjects,
    },
  ];
}
