import type { BucketKey } from "../domain/entities.ts";
import { Refusal } from "../errors.ts";
import type { Outcome } from "../reconcile/attempt.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Buckets } from "./module.ts";

/** A key that the storage has taken, with what is shown of it once. */
export interface GivenKey {
  readonly key: BucketKey;
  readonly secretKey: string;
  readonly outcome: Outcome;
}

/**
 * Has the storage take a key that a commit draws, new or in another's place. Its secret is given out
 * only then.
 * @param id the key's
 * @param commit stores what was drawn
 * @param secretOf the secret that it drew; undefined where it drew none, as a repeated request
 * @returns `given` undefined: the commit drew none
 * @throws Refusal what `commit` refuses; `unavailable` without the storage's word for it
 */
export async function drawKey<T>(
  { module, ledger }: { readonly module: Buckets; readonly ledger: Ledger },
  id: string,
  commit: () => Promise<T>,
  secretOf: (done: T) => string | undefined,
): Promise<{ done: T; given: GivenKey | undefined }> {
  await module.requireAnswer();
  const { done, outcome } = await module.settleKey(id, commit, (drawn) => {
    const secretKey = secretOf(drawn);
    return secretKey === undefined ? undefined : { secretKey };
  });
  const secretKey = secretOf(done);
  if (secretKey === undefined) return { done, given: undefined };
  const key = ledger.state.bucketKeys.get(id);
  // Without the storage's word for it, the secret opens nothing, and what was drawn is taken away.
  if (key === undefined || !key.issued || key.next !== undefined) {
    throw new Refusal(
      "unavailable",
      `${outcome?.why ?? "The storage did not take it."} No key was given out; try again later.`,
      { retryAfter: 10 },
    );
  }
  return { done, given: { key, secretKey, outcome } };
}
