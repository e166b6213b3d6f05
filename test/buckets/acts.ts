import { OWNER_ACTS } from "../support/owner-acts.ts";
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
  ...OWNER_ACTS,
};
