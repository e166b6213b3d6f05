import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import type { Host } from "./support.ts";

/** What a console is killed at, after each step; `id` is of what it is done to. */
export const ACTS = {
  makeNamespace: (host: Host, owner: string) => host.namespace(owner, "new"),
  makeKubeconfig: (host: Host, namespace: string) => host.kubeconfig(namespace, 7),
  renewKubeconfig: (host: Host, id: string) => host.renew(id),
  revokeKubeconfig: (host: Host, id: string) => host.revoke(id),
  removeNamespace: (host: Host, id: string) => host.remove(id),
  restoreNamespace: (host: Host, id: string) => host.restore(id),
  async suspend(host: Host, owner: string) {
    await host.do(suspendOwner, { id: owner, reason: "" });
    await host.module.settleOwner(owner);
  },
  async resume(host: Host, owner: string) {
    await host.do(resumeOwner, { id: owner });
    await host.module.settleOwner(owner);
  },
  /** What time alone brings: by the loop, for everything. */
  look: (host: Host, _all: string) => host.pass(0),
};
