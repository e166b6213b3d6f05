import type { Verb } from "../../src/domain/decision.ts";
import { deleteOwner } from "../../src/owners/delete.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";

/** A console's module, and what is asked of it. */
export interface ActingHost {
  readonly module: { settleOwner(owner: string): Promise<unknown> };
  do<I, R>(verb: Verb<I, R>, input: I): Promise<R>;
  pass(ms: number): Promise<void>;
}

/** What is done to an owner with all that is theirs, whatever the module: a console is killed at it. */
export const OWNER_ACTS = {
  async suspend(host: ActingHost, owner: string) {
    await host.do(suspendOwner, { id: owner, reason: "" });
    await host.module.settleOwner(owner);
  },
  async resume(host: ActingHost, owner: string) {
    await host.do(resumeOwner, { id: owner });
    await host.module.settleOwner(owner);
  },
  async leave(host: ActingHost, owner: string) {
    await host.do(deleteOwner, { id: owner, kind: "person" });
    await host.module.settleOwner(owner);
  },
  /** What time alone brings: by the loop, for everything. */
  look: (host: ActingHost, _all: string) => host.pass(0),
};
