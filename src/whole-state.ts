import type { ImportLine } from "./control.ts";
import type { Core } from "./core.ts";
import { operator } from "./domain/policy.ts";
import type { State } from "./domain/state.ts";
import { newId } from "./store/ledger.ts";
import type { Commit, Json, Key } from "./store/store.ts";
import { routingTable } from "./traefik/table.ts";
import { exportState, formatExport } from "./transfer/export.ts";
import { planImport, type ImportPlan } from "./transfer/import.ts";

/** What a file is refused for, each problem with its place in it. */
class FileRefused extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super("The file was not imported; nothing was changed.");
    this.problems = problems;
  }
}

/**
 * The whole state as one file.
 * @throws Refusal `unavailable` while the store cannot be read
 */
export function exportText(core: Core): string {
  const { state, unread } = core.requireLedger();
  return formatExport(exportState(state, unread, core.rules.zone, core.now()));
}

/**
 * Imports a file, all or nothing. It is checked against the very state that it replaces: no other
 * change comes between.
 * @param say is told how far it is, and how it ended
 * @throws Refusal `unavailable` while the store cannot be read or written
 */
export async function importText(
  core: Core,
  text: string,
  options: { merge: boolean; dryRun: boolean },
  say: (line: ImportLine) => unknown,
): Promise<void> {
  const ledger = core.requireLedger();
  let plan: ImportPlan | undefined;
  const decide = (state: State) => {
    const setAside = options.merge ? ledger.unread : undefined;
    plan = planFile(core, text, { present: state, merge: options.merge, setAside });
    if (plan.problems.length > 0) throw new FileRefused(plan.problems);
    return plan;
  };
  try {
    if (options.dryRun) {
      decide(ledger.state);
    } else {
      await ledger.replace(
        (state) => decide(state).records,
        wholeStateEvent(core, "imported"),
        (staged) => say({ staged, of: plan?.records.size ?? staged }),
      );
    }
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    say({ error: error.message, problems: error.problems });
    return;
  }
  if (plan === undefined) return;
  say({
    done: true,
    revision: options.dryRun ? null : ledger.state.revision,
    counts: plan.counts,
    setAside: unroutedIn(core, plan.state),
  });
}

/** What an import of a file into a state would make. */
export function planFile(
  core: Core,
  text: string,
  context: {
    present: State;
    merge: boolean;
    setAside?: ReadonlyMap<Key, Json> | undefined;
  },
): ImportPlan {
  const now = core.now();
  return planImport(text, {
    ...context,
    rules: core.rules,
    now,
    newId: (prefix) => newId(prefix, now),
  });
}

/** The history's entry for a state that was put in as a whole. */
export function wholeStateEvent(core: Core, type: string): Commit["event"] {
  return {
    v: 1,
    at: core.now().toISOString(),
    type,
    summary: `the whole state was ${type}`,
    owners: [],
    actor: { name: operator.name, owner: null, token: null },
    changes: [],
  };
}

function unroutedIn(core: Core, state: State): string[] {
  const { rules, config } = core;
  const table = routingTable(state, { rules, userhomes: config.userhomes.enabled });
  return table.unrouted.map(({ kind, id, reason }) => `${kind} ${id}: ${reason}`);
}
