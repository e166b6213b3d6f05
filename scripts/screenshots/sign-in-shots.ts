import { pressing, type Shot } from "./shot.ts";

/** What a console with a provider shows to whoever is not in yet, and to the admin who invites them. */
export const SIGN_IN_SHOTS: readonly Shot[] = [
  { name: "sign-in-provider", path: "/sign-in", who: "nobody" },
  { name: "sign-in-invitation", path: "/sign-in/invitation/{invitation}", who: "nobody" },
  {
    name: "sign-in-came-back-wrong",
    path: "/sign-in/callback?state=none&code=none",
    who: "nobody",
  },
  { name: "admin-pass-invitation", path: "/admin/owners/dora", act: pressing("Invite") },
];
