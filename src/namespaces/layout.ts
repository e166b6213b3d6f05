import type { Config } from "../config.ts";
import { ingressHost, type NamespaceLimits } from "../domain/namespaces.ts";
import type { Hostname, Label } from "../domain/names.ts";

/** How the console's things at Kubernetes are called; all from `namespaces.prefix`. */
export interface Layout {
  /** Of the console's own account, and of members' accounts and tokens. */
  readonly consoleNamespace: string;
  readonly consoleAccount: string;
  /** The account's name, as the API server has it. */
  readonly consoleUser: string;
  /** The ClusterRole that a member has in a namespace. */
  readonly tenantRole: string;
  /** In `app.kubernetes.io/managed-by`, and the manager of fields. */
  readonly manager: string;
  /** Label of members' namespaces, `true`. */
  readonly tenant: string;
  /** Label that a cluster's admin puts on a namespace that the console may take over. */
  readonly adoptable: string;
  /** Label that a cluster's admin puts on an object that the console is to leave alone. */
  readonly keep: string;
  /** Label of secrets that tokens hang on, and of the accounts that tokens are of. */
  readonly access: string;
  /** Annotations: the record's id, the owner's, and hosts of ingresses. */
  readonly id: string;
  readonly owner: string;
  readonly hosts: string;
  /** Names of what is in each namespace. */
  readonly quota: string;
  readonly limits: string;
  readonly denyAll: string;
  readonly allow: string;
  readonly binding: string;
}

export function layoutOf(prefix: string): Layout {
  const own = `${prefix}-console`;
  return {
    consoleNamespace: own,
    consoleAccount: "console",
    consoleUser: `system:serviceaccount:${own}:console`,
    tenantRole: `${prefix}:tenant`,
    manager: own,
    tenant: `${own}/tenant`,
    adoptable: `${own}/adoptable`,
    keep: `${own}/keep`,
    access: `${own}/access`,
    id: `${own}/id`,
    owner: `${own}/owner`,
    hosts: `${own}/hosts`,
    quota: `${prefix}-quota`,
    limits: `${prefix}-limits`,
    denyAll: `${prefix}-deny-all`,
    allow: `${prefix}-allow`,
    binding: `${prefix}-tenant`,
  };
}

/** What all namespaces have in common, from the configuration. */
export interface Tenancy {
  readonly layout: Layout;
  readonly zone: Hostname;
  readonly traefik: Config["namespaces"]["traefik"];
  readonly closedNetworks: readonly string[];
  readonly limits: NamespaceLimits;
  /** The hosts that an owner's ingresses may be at, and below; in ascending order. */
  readonly hostsOf: (labels: readonly { readonly id: Label }[]) => readonly Hostname[];
}

export function tenancyOf(config: Pick<Config, "namespaces" | "zone">): Tenancy {
  const { prefix, hosts, traefik, closedNetworks, limits } = config.namespaces;
  const zone = config.zone as Hostname;
  return {
    layout: layoutOf(prefix),
    zone,
    traefik,
    closedNetworks,
    limits,
    hostsOf: (labels) => labels.map(({ id }) => ingressHost(id, hosts, zone)).toSorted(),
  };
}

/** The account whose tokens open a namespace, in the console's own. */
export function accountName(namespaceId: string): string {
  return namespaceId;
}

/** The secret that a token hangs on. */
export function secretName(handle: string): string {
  return `kubeconfig-${handle}`;
}
