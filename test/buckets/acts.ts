import { deleteOwner } from "../../src/owners/delete.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import type { Host } from "./support.ts";

/** What a console is killed at, after each step; `id` is of what it is done to. */
export const ACTS = {
  makeBucket: (host: Host, owner: string) =>
    host.bucket(owner, "new", { publicRead: true, expireDays: 3 }),
  makeKey: (host: Host, owner: string) => host.key(owner),
  rotateKey: (host: Host, id: string) => host.rotate(id),
  revokeKey: (host: Host, id: string) => host.revoke(id),
  removeBucket: (host: Host, id: string) => host.remove(id),
  restoreBucket: (host: Host, id: string) => host.restore(id),
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
