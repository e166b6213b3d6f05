import { deleteOwner } from "../../src/owners/delete.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import type { Host } from "./support.ts";

/** What a console is killed at, after each step; `id` is of what it is done to. */
export const ACTS = {
  makeDatabase: (host: Host, owner: string) => host.database(owner, "new"),
  makeAccount: (host: Host, owner: string) => host.account(owner),
  renewPassword: (host: Host, id: string) => host.renew(id),
  giveLess: (host: Host, id: string) => host.update({ id, databases: [] }),
  giveMore: (host: Host, id: string) => host.update({ id, databases: null }),
  endAccount: (host: Host, id: string) => host.end(id),
  removeDatabase: (host: Host, id: string) => host.remove(id),
  restoreDatabase: (host: Host, id: string) => host.restore(id),
  async suspend(host: Host, owner: string) {
    await host.do(suspendOwner, { id: owner, reason: "" });
    await host.module.settleOwner(owner);
  },
  async resume(host: Host, owner: string) {
    await host.do(resumeOwner, { id: owner });
    await host.module.settleOwner(owner);
  },
  async leave(host: Host, owner: string) {
    await host.do(deleteOwner, { id: owner, kind: "person" });
    await host.module.settleOwner(owner);
  },
  /** What time alone brings: by the loop, for everything. */
  look: (host: Host, _all: string) => host.pass(0),
};
