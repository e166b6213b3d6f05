import { Refusal } from "../errors.ts";
import { StoreError } from "../store/store.ts";

/** Seconds after which a store that is away may be back. */
export const STORE_RETRY_SECONDS = 5;

/** What whoever asked is told of what went wrong; undefined for what is only for the log. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (!(error instanceof StoreError)) return undefined;
  return new Refusal("unavailable", storeReason(error.code), {
    retryAfter: STORE_RETRY_SECONDS,
    cause: error,
  });
}

/**
 * Why the state is not to be had, without paths of the machine, which operators find in the log.
 * @param code the store's; none while it is being read
 */
export function storeReason(code: string | undefined): string {
  switch (code) {
    case "store_damaged":
      return "The state cannot be read: the store is damaged. What Traefik serves stays as it is until an operator has decided with `tardis-console recover`.";
    case "store_diverged":
      return "The store is not the one that this console knew. What Traefik serves stays as it is until an operator has decided with `tardis-console recover`.";
    case "store_newer":
      return "The state cannot be read: a newer release has written the store.";
    case undefined:
      return "The state is being read; try again shortly.";
    default:
      return "The state cannot be read now; it is tried again. What Traefik serves stays as it is.";
  }
}
