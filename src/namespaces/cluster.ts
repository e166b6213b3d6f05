/** An object of Kubernetes's API, as it is spelt on the wire. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
    /** Set once it is being deleted, ISO 8601. */
    readonly deletionTimestamp?: string;
  };
  readonly [field: string]: unknown;
}

/** A kind of object. */
export interface KubeType {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Which one of a kind. */
export interface KubeRef extends KubeType {
  readonly name: string;
  /** Where it is; left out for what is in no namespace. */
  readonly namespace?: string | undefined;
}

export interface KubeSelection {
  readonly namespace?: string | undefined;
  /** A label that they have. */
  readonly label?: string | undefined;
  /** Those of this name, in any namespace. */
  readonly name?: string | undefined;
  /** Where the page before ended. */
  readonly from?: string | undefined;
}

export interface KubePage {
  readonly items: readonly KubeObject[];
  /** Where the next page begins; undefined: this was the last. */
  readonly next: string | undefined;
}

/** A token of a service account's, and what the API server says of it. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: string;
  /** The account that it is good for, as long as it is this very one. */
  readonly accountUid: string;
}

/** What a call came to that was not done. */
export type ClusterFailure =
  /** It does not answer, or asks to be left alone: time may heal it. */
  | "away"
  /** The console may not do it. */
  | "denied"
  /** There is no such thing. */
  | "missing"
  /** It is there already, or was changed meanwhile, or is another one: look again. */
  | "conflict"
  /** It cannot be as it was asked for. */
  | "invalid";

/** Without tokens, and without what was sent. */
export class ClusterError extends Error {
  readonly failure: ClusterFailure;
  readonly status: number | undefined;

  constructor(failure: ClusterFailure, message: string, status?: number) {
    super(message);
    this.name = "ClusterError";
    this.failure = failure;
    this.status = status;
  }
}

/**
 * A Kubernetes cluster, as far as the console needs it. Each method is one call, may be done again, and
 * ends by its signal. It throws `ClusterError`.
 */
export interface Cluster {
  /** As people know it: `Kubernetes`. */
  readonly name: string;
  version(signal: AbortSignal): Promise<string>;
  /** Whether the console may do something, by the cluster's own word. */
  may(
    access: {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly namespace?: string | undefined;
      readonly name?: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<boolean>;

  read(ref: KubeRef, signal: AbortSignal): Promise<KubeObject | undefined>;
  list(type: KubeType, selection: KubeSelection, signal: AbortSignal): Promise<KubePage>;
  /** Makes it, and never takes over what is there: that is a `conflict`. */
  create(object: KubeObject, signal: AbortSignal): Promise<KubeObject>;
  /**
   * Makes it so, whoever set it otherwise; what is not in it stays as it is. With a uid in it, only if
   * it is that very one (else `conflict`).
   */
  apply(object: KubeObject, signal: AbortSignal): Promise<void>;
  /** Only if it is that very one. It may be gone already. */
  remove(ref: KubeRef, uid: string, signal: AbortSignal): Promise<void>;
  /** Waits until a namespace has ended that is being deleted; returns, too, when it takes long. */
  awaitEnd(name: string, uid: string, ms: number, signal: AbortSignal): Promise<void>;
  /** A token of an account's that ends with a secret beside it. */
  issueToken(
    account: { readonly namespace: string; readonly name: string },
    secret: { readonly name: string; readonly uid: string },
    seconds: number,
    signal: AbortSignal,
  ): Promise<IssuedToken>;
  close(): void;
}
