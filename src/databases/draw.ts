import type { DatabaseAccount } from "../domain/entities.ts";
import { Refusal } from "../errors.ts";
import type { Outcome } from "../reconcile/attempt.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Databases } from "./module.ts";
import type { Password } from "./names.ts";

/** An account that the server has taken, with the password that is shown once. */
export interface GivenAccount {
  readonly account: DatabaseAccount;
  readonly password: Password;
  readonly outcome: Outcome;
}

/**
 * Has the server take the password that a commit draws, of a new account or in another's place. It is
 * given out only then.
 * @param id the account's
 * @param commit stores that it was drawn
 * @param passwordOf what it drew; undefined where it drew none, as a repeated request
 * @returns `given` undefined: the commit drew none
 * @throws Refusal what `commit` refuses; `unavailable` without the server's word for it
 */
export async function drawPassword<T>(
  { module, ledger }: { readonly module: Databases; readonly ledger: Ledger },
  id: string,
  commit: () => Promise<T>,
  passwordOf: (done: T) => Password | undefined,
): Promise<{ done: T; given: GivenAccount | undefined }> {
  await module.requireAnswer();
  const { done, outcome } = await module.settleAccount(id, commit, (drawn) => {
    const password = passwordOf(drawn);
    return password === undefined ? undefined : { password };
  });
  const password = passwordOf(done);
  if (password === undefined) return { done, given: undefined };
  const account = ledger.state.databaseAccounts.get(id);
  // Without the server's word for it the password opens nothing, and what was asked for is taken away.
  if (account === undefined || account.stage !== "issued" || account.renewing) {
    throw new Refusal(
      "unavailable",
      `${outcome?.why ?? "The database server did not take it."} No password was given out; try again later.`,
      { retryAfter: 10 },
    );
  }
  return { done, given: { account, password, outcome } };
}
