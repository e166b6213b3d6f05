import type { Namespace, NamespaceLimits } from "../domain/namespaces.ts";
import type { Hostname } from "../domain/names.ts";
import type { KubeObject, KubeType } from "./cluster.ts";
import { accountName, type Tenancy } from "./layout.ts";

export const NAMESPACE = { apiVersion: "v1", kind: "Namespace" } as const;
export const ACCOUNT = { apiVersion: "v1", kind: "ServiceAccount" } as const;
export const SECRET = { apiVersion: "v1", kind: "Secret" } as const;
export const QUOTA = { apiVersion: "v1", kind: "ResourceQuota" } as const;
export const LIMITS = { apiVersion: "v1", kind: "LimitRange" } as const;
export const POLICY = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" } as const;
export const INGRESS = { apiVersion: "networking.k8s.io/v1", kind: "Ingress" } as const;
export const BINDING = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding" } as const;

/** What a namespace is to be like. */
export interface Wanted {
  readonly namespace: Namespace;
  /** Where its ingresses may be, and below. */
  readonly hosts: readonly Hostname[];
  /** Nobody comes in, nothing new runs, and what runs reaches nothing and is not reached. */
  readonly closed: boolean;
}

/** An object that is to be there, and what is said when it had to be made so. */
export interface Part {
  readonly object: KubeObject;
  readonly what: string;
}

/** The namespace itself, as it is made and kept. */
export function namespaceObject(tenancy: Tenancy, { namespace, hosts, closed }: Wanted): Part {
  const { layout } = tenancy;
  return {
    what: "marked the namespace as the console's",
    object: {
      ...NAMESPACE,
      metadata: {
        name: namespace.name,
        ...(namespace.uid === undefined ? {} : { uid: namespace.uid }),
        labels: {
          "app.kubernetes.io/managed-by": layout.manager,
          [layout.tenant]: "true",
          "pod-security.kubernetes.io/enforce": "baseline",
          "pod-security.kubernetes.io/warn": "restricted",
        },
        annotations: {
          [layout.id]: namespace.id,
          [layout.owner]: namespace.owner,
          // No ingress is taken where there is no host.
          [layout.hosts]: closed ? "" : hosts.join(","),
        },
      },
    },
  };
}

/**
 * Everything that is to be in and beside a namespace, in the order in which it is made: what holds
 * people back first, what lets them in last.
 */
export function partsOf(tenancy: Tenancy, wanted: Wanted): readonly Part[] {
  const { layout } = tenancy;
  const { namespace, closed } = wanted;
  const managed = { "app.kubernetes.io/managed-by": layout.manager };
  const within = (name: string) => ({ name, namespace: namespace.name, labels: managed });
  const limits = limitsOf(tenancy, namespace);
  const account = { name: accountName(namespace.id), namespace: layout.consoleNamespace };
  const parts: Part[] = [
    namespaceObject(tenancy, wanted),
    {
      what: "set what it may use",
      object: {
        ...QUOTA,
        metadata: within(layout.quota),
        spec: { hard: hardOf(limits, closed) },
      },
    },
    {
      what: "set what one container may use",
      object: {
        ...LIMITS,
        metadata: within(layout.limits),
        spec: { limits: [containerLimits(limits)] },
      },
    },
    {
      what: "shut its network",
      object: {
        ...POLICY,
        metadata: within(layout.denyAll),
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
    },
    {
      what: "kept tokens out of its pods",
      object: {
        ...ACCOUNT,
        metadata: { name: "default", namespace: namespace.name },
        automountServiceAccountToken: false,
      },
    },
    {
      what: "made the account of its kubeconfigs",
      object: {
        ...ACCOUNT,
        metadata: {
          ...account,
          labels: { ...managed, [layout.access]: "account" },
          annotations: { [layout.id]: namespace.id },
        },
        automountServiceAccountToken: false,
      },
    },
  ];
  if (closed) return parts;
  return [
    ...parts,
    {
      what: "opened its network to what it may reach",
      object: { ...POLICY, metadata: within(layout.allow), spec: allowedOf(tenancy) },
    },
    {
      what: "let its owner in",
      object: {
        ...BINDING,
        metadata: within(layout.binding),
        roleRef: {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: layout.tenantRole,
        },
        subjects: [{ kind: ACCOUNT.kind, ...account }],
      },
    },
  ];
}

/** Kinds of which each one more opens something: what is not the console's is taken away. */
export const PRUNED: readonly (KubeType & { readonly what: string })[] = [
  { ...BINDING, what: "took away someone's rights" },
  { ...POLICY, what: "took away a network policy" },
];

interface IngressSpec {
  readonly defaultBackend?: unknown;
  readonly rules?: readonly { readonly host?: string }[];
  readonly tls?: readonly { readonly hosts?: readonly string[] }[];
}

/**
 * Whether an ingress is at hosts of its owner's alone. Admission says so of each that is written; what
 * was there before, or stayed when its owner gave a name back, it does not look at.
 */
export function isAtOwnHosts(ingress: KubeObject, hosts: readonly string[]): boolean {
  const { defaultBackend, rules = [], tls = [] } = (ingress["spec"] ?? {}) as IngressSpec;
  if (defaultBackend !== undefined) return false;
  const named = [...rules.map(({ host }) => host), ...tls.flatMap((one) => one.hosts ?? [])];
  return named.every((host) =>
    hosts.some((own) => host === own || host?.endsWith(`.${own}`) === true),
  );
}

export function limitsOf({ limits }: Tenancy, namespace: Namespace): NamespaceLimits {
  const own = Object.entries(namespace.limits ?? {}).filter(([, value]) => value !== undefined);
  return { ...limits, ...Object.fromEntries(own) };
}

/** Objects of each kind that may be in a namespace: no member fills the cluster's store. */
const COUNTS = {
  configmaps: "100",
  "count/cronjobs.batch": "50",
  "count/deployments.apps": "100",
  "count/horizontalpodautoscalers.autoscaling": "50",
  "count/ingresses.networking.k8s.io": "50",
  "count/jobs.batch": "200",
  "count/replicasets.apps": "500",
  "count/serviceaccounts": "50",
  "count/statefulsets.apps": "100",
  persistentvolumeclaims: "50",
  secrets: "100",
  services: "50",
  "services.loadbalancers": "0",
  "services.nodeports": "0",
};

function hardOf({ cpu, memory, pods, storage }: NamespaceLimits, closed: boolean) {
  return {
    ...COUNTS,
    "limits.cpu": cores(cpu),
    "limits.ephemeral-storage": binary(pods * 1024),
    "limits.memory": binary(memory),
    pods: String(closed ? 0 : pods),
    "requests.cpu": cores(cpu),
    "requests.memory": binary(memory),
    "requests.storage": binary(storage * 1024),
  };
}

function containerLimits({ cpu, memory }: NamespaceLimits) {
  const most = (share: number, whole: number) => Math.min(share, whole);
  return {
    type: "Container",
    max: { cpu: cores(cpu), memory: binary(memory) },
    default: {
      cpu: cores(most(500, cpu)),
      "ephemeral-storage": "1Gi",
      memory: binary(most(512, memory)),
    },
    defaultRequest: {
      cpu: cores(most(50, cpu)),
      "ephemeral-storage": "64Mi",
      memory: binary(most(64, memory)),
    },
  };
}

/** What pods may reach and be reached by: each other, DNS, the internet; from Traefik. */
function allowedOf({ traefik, closedNetworks }: Tenancy) {
  const inNamespace = (name: string) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
  });
  const fromTraefik = [
    ...(traefik.namespace === null ? [] : [inNamespace(traefik.namespace)]),
    ...traefik.networks.map((cidr) => ({ ipBlock: { cidr } })),
  ];
  const internet = (cidr: string, except: readonly string[]) => ({
    ipBlock: { cidr, ...(except.length === 0 ? {} : { except }) },
  });
  const each = { podSelector: {} };
  return {
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [each] }, ...(fromTraefik.length === 0 ? [] : [{ from: fromTraefik }])],
    egress: [
      { to: [each] },
      {
        to: [
          {
            ...inNamespace("kube-system"),
            podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
          },
        ],
        ports: [
          { port: 53, protocol: "UDP" },
          { port: 53, protocol: "TCP" },
        ],
      },
      {
        to: [
          internet(
            "0.0.0.0/0",
            closedNetworks.filter((cidr) => !cidr.includes(":")),
          ),
          internet(
            "::/0",
            closedNetworks.filter((cidr) => cidr.includes(":")),
          ),
        ],
      },
    ],
  };
}

/** As the server writes it: `500m`, `2`. */
function cores(thousandths: number): string {
  return thousandths % 1000 === 0 ? String(thousandths / 1000) : `${thousandths}m`;
}

const UNITS = ["Mi", "Gi", "Ti", "Pi"];

/** As the server writes it: in the largest unit that leaves a whole number. */
function binary(mebibytes: number): string {
  if (mebibytes === 0) return "0";
  let [amount, unit] = [mebibytes, 0];
  while (amount % 1024 === 0 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${amount}${UNITS[unit]}`;
}
