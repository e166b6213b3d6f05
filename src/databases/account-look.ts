import { ok, skipped, warning, wrong, type Found, type Look } from "../checks/check.ts";
import type { Config } from "../config.ts";
import type { State } from "../domain/state.ts";
import type { Call } from "../reconcile/system.ts";
import { compareRights } from "./own-account.ts";
import type { DatabaseServer, ServerVersion } from "./server.ts";

const NAMED_MAX = 3;

/** What the console may do there, and which accounts are not its own. */
export async function lookAtAccount(
  tell: Look["tell"],
  server: DatabaseServer,
  {
    version,
    config: { prefix },
    call,
  }: { version: ServerVersion; config: Pick<Config["databases"], "prefix">; call: Call },
  state: State | undefined,
): Promise<void> {
  const { takenFor, rights } = await call((signal) => server.ownAccount(signal));
  const known =
    state === undefined
      ? undefined
      : new Set<string>([...state.databases.values()].map(({ name }) => name));
  const compared = compareRights(version, prefix, rights, known);
  tell("rights", rightsFound(compared, version, takenFor));
  if (version.partialRevokes) {
    const says =
      "partial_revokes is on: the server takes names in rights as they are, so the console's own `u\\_%` gives it nothing. Turn it off, or give its account ALL ON *.*.";
    tell("partial_revokes", (compared.missing.length > 0 ? wrong : warning)(says));
  }
  const nameless = await call((signal) => server.nameless(signal));
  tell("nameless accounts", namelessFound(nameless));
  if (state === undefined) {
    tell("accounts", skipped("Which accounts there are is not known while the store is not read."));
    return;
  }
  const accounts = await call((signal) => server.accounts(prefix, signal));
  const strangers = [...accounts.keys()].filter((name) => !state.databaseAccountsByName.has(name));
  tell("accounts", strangersFound(strangers.length, prefix));
}

function rightsFound(
  { missing, more, isRoot }: ReturnType<typeof compareRights>,
  { product }: ServerVersion,
  takenFor: string,
): Found {
  const facts = {
    account: takenFor,
    missing: missing.join("; "),
    more: more.join("; "),
    all: isRoot,
  };
  const print = `\`tardis-console databases grants${product === "MySQL" ? " --mysql" : ""}\` prints`;
  if (missing.length > 0) {
    const says = `The console's account, ${takenFor}, lacks ${named(missing)}: give it what ${print}.`;
    return wrong(says, facts);
  }
  if (isRoot) {
    const says = `The console's account, ${takenFor}, may do everything there: give it an account of its own, with what ${print}.`;
    return warning(says, facts);
  }
  if (more.length > 0) {
    const says = `The console's account, ${takenFor}, may do more than it needs: ${named(more)}. Leave it what ${print}.`;
    return warning(says, facts);
  }
  return ok(`The console's account, ${takenFor}, may do what it needs, and no more.`, facts);
}

function named(all: readonly string[]): string {
  const some = all.slice(0, NAMED_MAX).join(", ");
  return all.length > NAMED_MAX ? `${some} and ${all.length - NAMED_MAX} more` : some;
}

function namelessFound(hosts: readonly string[]): Found {
  const facts = { hosts: hosts.join(" ") };
  if (hosts.length === 0) return ok("There is no account without a name.", facts);
  const remove = hosts.slice(0, NAMED_MAX).map((host) => `DROP USER ''@'${host}';`);
  const there = `There are accounts without a name, for ${named(hosts)}`;
  // A name goes before none for the same hosts, but hosts go before names.
  if (hosts.every((host) => host === "%"))
    return warning(`${there}: anybody gets in. Remove them: ${remove.join(" ")}`, facts);
  const says = `${there}: who comes from there is taken for one of them, and members' accounts do not open. Remove them: ${remove.join(" ")}`;
  return wrong(says, facts);
}

function strangersFound(strangers: number, prefix: string): Found {
  const facts = { strangers };
  if (strangers === 0)
    return ok(`Every account there that begins with ${prefix}. is one of the console's.`, facts);
  const begin = strangers === 1 ? "1 account there begins" : `${strangers} accounts there begin`;
  const says = `${begin} with ${prefix}. (databases.prefix) that the console has not made, and not touched. Remove them by hand if nobody needs them.`;
  return warning(says, facts);
}
