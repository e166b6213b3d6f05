import { BriefHistory } from "../store/brief-history.ts";
import type { Ledger } from "../store/ledger.ts";
import type { TableSettings } from "../traefik/table.ts";
import type { HostsBelow } from "../traefik/touched-hosts.ts";
import type { Deps } from "./deps.ts";
import { Limits } from "./limits.ts";
import { hostsBelowIn } from "./routing.ts";

/** The dependencies with what is kept beside them, whichever surface asks. */
export interface Services extends Deps {
  readonly limits: Limits;
  readonly table: TableSettings;
  readonly below: () => HostsBelow;
  /** The history for lists of events. */
  readonly history: BriefHistory;
}

type Kept = Pick<Services, "limits" | "below" | "history">;

/** A member's rate of changes is one, over the API and over the web pages. */
const kept = new WeakMap<Ledger, Kept>();

export function servicesOf(deps: Deps): Services {
  const { ledger, rules, config } = deps;
  let shared = kept.get(ledger);
  if (shared === undefined) {
    shared = {
      limits: new Limits(rules, ledger),
      below: hostsBelowIn(ledger, rules.zone),
      history: new BriefHistory(ledger),
    };
    kept.set(ledger, shared);
  }
  return { ...deps, ...shared, table: { rules, userhomes: config.userhomes.enabled } };
}
