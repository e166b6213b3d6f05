import type { Context } from "hono";
import type { AdminChecks } from "../../auth/admin-checks.ts";
import type { Flows } from "../../auth/flows.ts";
import type { GroupAdmins } from "../../auth/group-admins.ts";
import type { Provider } from "../../auth/provider.ts";
import type { Sessions } from "../../auth/sessions.ts";
import type { Tries } from "../../auth/tries.ts";
import type { Ledger } from "../../store/ledger.ts";
import type { OwnCookies } from "./cookies.ts";

/** What is reported: never a secret. */
export interface SignInLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What signing in stands on. */
export interface SignInServices {
  /** The console's origin, as people open it. */
  readonly publicUrl: string;
  /** The state; undefined while nobody can be let in by it. */
  readonly ledger: () => Ledger | undefined;
  /** Why there is none, for whoever asks. */
  readonly fault: () => string;
  readonly sessions: Sessions;
  readonly tries: Tries;
  /** The OpenID Connect provider; undefined where there is none. */
  readonly provider: Provider | undefined;
  readonly flows: Flows;
  /** The provider's claim that somebody new is named by. */
  readonly usernameClaim: string;
  /** Who is an admin by a group of GitLab; undefined where nobody is. */
  readonly groupAdmins: GroupAdmins | undefined;
  /** Asks again whether they still are; undefined as above. */
  readonly adminChecks: AdminChecks | undefined;
  readonly cookies: OwnCookies;
  readonly now: () => Date;
  /** Where a request really comes from. */
  readonly clientAddress: (context: Context) => string;
  readonly log: SignInLog;
}
