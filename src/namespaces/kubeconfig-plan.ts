import type { Kubeconfig } from "../domain/namespaces.ts";
import type { Plan, Step } from "../reconcile/kind.ts";
import { soonAfter } from "../reconcile/times.ts";

/** What Kubernetes has of what a kubeconfig's token hangs on. */
export interface SeenKubeconfig {
  /** The secret of its handle, by the uid that Kubernetes gave it. */
  readonly secretUid: string | undefined;
  /** The account that its namespace's tokens are of. */
  readonly accountUid: string | undefined;
  /** Whether a binding lets that account into the namespace; looked at where it is to be closed. */
  readonly isLetIn: boolean;
}

export type KubeconfigStep = Step &
  (
    | { readonly do: "make" | "issue" | "remove"; readonly handle: string }
    | { readonly do: "note-issued" | "note-renewed" | "note-abandoned"; readonly handle: string }
    | { readonly do: "note-cleared"; readonly handles: readonly string[] }
    | { readonly do: "forget"; readonly hasExpired: boolean }
  );

export interface KubeconfigContext {
  /** Whether its namespace is there and stays: else there is nothing to come into. */
  readonly hasNamespace: boolean;
  /** The namespace is closed: its owner suspended, or its deletion on its way. */
  readonly closed: boolean;
  /** Whether someone waits for the token. */
  readonly given: boolean;
  readonly now: Date;
}

/**
 * What has to be done for a kubeconfig, of its record and of what Kubernetes has. Pure.
 *
 * A handle is in the record before its secret is made, and noted as given out before the person sees the
 * token. So a token that nobody saw is known to be one: its secret is removed, and the token ends.
 */
export function planKubeconfig(
  kubeconfig: Kubeconfig,
  { hasNamespace, closed, given, now }: KubeconfigContext,
  { secretUid, accountUid, isLetIn }: SeenKubeconfig,
): Plan<KubeconfigStep> {
  const { handle, next, retired, issued, expiresAt } = kubeconfig;
  const isDrawn = given && !closed;
  const hasExpired = expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime() && !isDrawn;
  if (kubeconfig.deleting || !hasNamespace || hasExpired || (!issued && !isDrawn)) {
    const all = [handle, ...(next === undefined ? [] : [next]), ...retired];
    const isOut = hasExpired && !kubeconfig.deleting;
    const forget: KubeconfigStep = {
      do: "forget",
      hasExpired: isOut,
      what: "removed its record",
    };
    return { steps: [...all.map(removing), forget], state: "deleting" };
  }
  if (!issued) {
    const noted = { do: "note-issued", handle, what: "noted that it is given out" } as const;
    return { steps: [...making(handle), noted], state: "ready" };
  }
  if (next !== undefined) {
    const steps: KubeconfigStep[] = isDrawn
      ? [...making(next), { do: "note-renewed", handle: next, what: "noted the new token" }]
      : [
          removing(next),
          { do: "note-abandoned", handle: next, what: "noted that the new token is gone" },
        ];
    return { steps, state: "ready" };
  }
  if (retired.length > 0) {
    const cleared: KubeconfigStep = {
      do: "note-cleared",
      handles: retired,
      what: "noted that old tokens are gone",
    };
    return { steps: [...retired.map(removing), cleared], state: "ready" };
  }
  // Kubernetes takes the token as long as both are the very ones that it was issued for.
  if (secretUid !== kubeconfig.uid || accountUid !== kubeconfig.accountUid) {
    return {
      stuck:
        "Kubernetes has lost what this kubeconfig's token hangs on, and takes it no more. Renew it to get a new one.",
    };
  }
  if (closed && isLetIn) {
    return {
      steps: [],
      state: "ready",
      why: "Its namespace is to be closed, and is not yet: the token still opens it.",
      dueAt: soonAfter(now),
      unfinished: true,
    };
  }
  return {
    steps: [],
    ...(closed
      ? { state: "suspended", why: "Its namespace is closed: the token opens nothing." }
      : { state: "ready" }),
    dueAt: expiresAt,
  };
}

function removing(handle: string): KubeconfigStep {
  return { do: "remove", handle, what: "ended a token" };
}

function making(handle: string): KubeconfigStep[] {
  return [
    { do: "make", handle, what: "made what the token hangs on" },
    { do: "issue", handle, what: "had the token issued" },
  ];
}
