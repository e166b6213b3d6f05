import { OWNER_ACTS } from "../support/owner-acts.ts";
import type { Host } from "./support.ts";

/** What a console is killed at, after each step; `id` is of what it is done to. */
export const ACTS = {
  makeNamespace: (host: Host, owner: string) => host.namespace(owner, "new"),
  makeKubeconfig: (host: Host, namespace: string) => host.kubeconfig(namespace, 7),
  renewKubeconfig: (host: Host, id: string) => host.renew(id),
  revokeKubeconfig: (host: Host, id: string) => host.revoke(id),
  removeNamespace: (host: Host, id: string) => host.remove(id),
  restoreNamespace: (host: Host, id: string) => host.restore(id),
  ...OWNER_ACTS,
};
