import { OWNER_ACTS } from "../support/owner-acts.ts";
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
  ...OWNER_ACTS,
};
