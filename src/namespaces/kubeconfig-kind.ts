import { createHash } from "node:crypto";
import type { Kubeconfig } from "../domain/namespaces.ts";
import type { Kind, Plan } from "../reconcile/kind.ts";
import type { Call } from "../reconcile/system.ts";
import { Trouble } from "../reconcile/trouble.ts";
import { ClusterError, type Cluster, type IssuedToken, type KubeObject } from "./cluster.ts";
import { planKubeconfig, type KubeconfigStep, type SeenKubeconfig } from "./kubeconfig-plan.ts";
import { accountName, secretName, type Layout } from "./layout.ts";
import { ACCOUNT, BINDING, SECRET } from "./objects.ts";
import type { Issued, NamespaceRecords } from "./records.ts";
import { listAll, shrugAtChange } from "./steps.ts";

const DAY_S = 24 * 60 * 60;

/** Where the token goes that someone waits for. It is nowhere but here. */
export interface TokenSink {
  issued?: IssuedToken;
  /** Of the secret that the token hangs on. */
  secretUid?: string;
}

export interface KubeconfigKindOptions {
  readonly cluster: Cluster;
  readonly records: NamespaceRecords;
  readonly layout: Layout;
  readonly now: () => Date;
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Kubeconfigs, as the reconcilers keep them. */
export class KubeconfigKind implements Kind<SeenKubeconfig, KubeconfigStep, TokenSink> {
  readonly name = "kubeconfig";
  readonly #options: KubeconfigKindOptions;

  constructor(options: KubeconfigKindOptions) {
    this.#options = options;
  }

  ids(): readonly string[] {
    return [...this.#options.records.state.kubeconfigs.keys()];
  }

  async observe(id: string, call: Call): Promise<SeenKubeconfig> {
    const { cluster, layout } = this.#options;
    const record = this.#record(id);
    if (record === undefined)
      return { secretUid: undefined, accountUid: undefined, isLetIn: false };
    const namespace = layout.consoleNamespace;
    const account = { ...ACCOUNT, namespace, name: accountName(record.namespace) };
    const secret = { ...SECRET, namespace, name: secretName(record.handle) };
    const [found, itsAccount] = await call((signal) =>
      Promise.all([cluster.read(secret, signal), cluster.read(account, signal)]),
    );
    const place = this.#closedAt(record);
    const bindings =
      place === undefined ? [] : await listAll(cluster, BINDING, { namespace: place }, call);
    return {
      secretUid: found?.metadata.uid,
      accountUid: itsAccount?.metadata.uid,
      isLetIn: this.#isLetIn(record, bindings),
    };
  }

  async observeAll(call: Call): Promise<(id: string) => SeenKubeconfig | undefined> {
    const { cluster, layout, records } = this.#options;
    const own = { namespace: layout.consoleNamespace, label: layout.access };
    const secrets = uidsByName(await listAll(cluster, SECRET, own, call));
    const accounts = uidsByName(await listAll(cluster, ACCOUNT, own, call));
    const { state } = records;
    // Most of the time none is closed.
    const isAnyClosed = [...state.kubeconfigs.values()].some(
      (record) => this.#closedAt(record) !== undefined,
    );
    const bindings = isAnyClosed ? await listAll(cluster, BINDING, {}, call) : [];
    return (id) => {
      const record = state.kubeconfigs.get(id);
      if (record === undefined) return undefined;
      return {
        secretUid: secrets.get(secretName(record.handle)),
        accountUid: accounts.get(accountName(record.namespace)),
        isLetIn: this.#isLetIn(record, bindings),
      };
    };
  }

  plan(id: string, seen: SeenKubeconfig, given: TokenSink | undefined): Plan<KubeconfigStep> {
    const record = this.#record(id);
    if (record === undefined) return { gone: true };
    const namespace = this.#options.records.state.namespaces.get(record.namespace);
    const context = {
      hasNamespace: namespace !== undefined,
      closed: this.#isClosed(record),
      given: given !== undefined,
      now: this.#options.now(),
    };
    return planKubeconfig(record, context, seen);
  }

  async apply(
    id: string,
    step: KubeconfigStep,
    call: Call,
    given: TokenSink | undefined,
  ): Promise<void> {
    const { records } = this.#options;
    switch (step.do) {
      case "make":
        return this.#make(id, step.handle, call, required(given));
      case "issue":
        return this.#issue(id, step.handle, call, required(given));
      case "remove":
        return this.#remove(step.handle, call);
      case "note-issued":
        return records.issued(id, step.handle, issuedOf(required(given)));
      case "note-renewed":
        return records.renewed(id, step.handle, issuedOf(required(given)));
      case "note-abandoned":
        return records.abandoned(id, step.handle);
      case "note-cleared":
        return records.cleared(id, step.handles);
      case "forget":
        return records.kubeconfigGone(id, step.hasExpired);
    }
  }

  desired(id: string): string {
    const record = this.#record(id);
    if (record === undefined) return "";
    const { handle, next, retired, deleting, issued, expiresAt } = record;
    const parts = [handle, next, retired, deleting, issued, expiresAt, this.#isClosed(record)];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  }

  underway(id: string): "creating" | "repairing" | "deleting" {
    const record = this.#record(id);
    if (record === undefined || record.deleting) return "deleting";
    return record.issued ? "repairing" : "creating";
  }

  async #make(id: string, handle: string, call: Call, given: TokenSink): Promise<void> {
    const { cluster, layout } = this.#options;
    const name = secretName(handle);
    const secret: KubeObject = {
      ...SECRET,
      metadata: {
        name,
        namespace: layout.consoleNamespace,
        labels: { "app.kubernetes.io/managed-by": layout.manager, [layout.access]: "token" },
        annotations: { [layout.id]: id },
      },
      type: "Opaque",
    };
    const made = await call((signal) => cluster.create(secret, signal)).catch(
      async (error: unknown) => {
        if (!(error instanceof ClusterError) || error.failure !== "conflict") throw error;
        // Made by an attempt whose answer was lost: its handle is nobody else's.
        const { namespace } = secret.metadata;
        return call((signal) => cluster.read({ ...SECRET, namespace, name }, signal));
      },
    );
    if (made?.metadata.uid === undefined)
      throw new Trouble("away", "Kubernetes lost what it made.");
    given.secretUid = made.metadata.uid;
  }

  async #issue(id: string, handle: string, call: Call, given: TokenSink): Promise<void> {
    const { cluster, layout } = this.#options;
    const record = this.#record(id);
    const { secretUid: uid } = given;
    if (record === undefined || uid === undefined) throw new Trouble("away", "It is gone.");
    const account = { namespace: layout.consoleNamespace, name: accountName(record.namespace) };
    const secret = { name: secretName(handle), uid };
    try {
      given.issued = await call((signal) =>
        cluster.issueToken(account, secret, record.days * DAY_S, signal),
      );
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      throw new Trouble("stuck", "Its namespace is not ready yet: wait until it is.");
    }
  }

  async #remove(handle: string, call: Call): Promise<void> {
    const { cluster, layout } = this.#options;
    const ref = { ...SECRET, namespace: layout.consoleNamespace, name: secretName(handle) };
    const found = await call((signal) => cluster.read(ref, signal));
    const uid = found?.metadata.uid;
    if (uid === undefined) return;
    await shrugAtChange(call((signal) => cluster.remove(ref, uid, signal)));
  }

  #record(id: string): Kubeconfig | undefined {
    return this.#options.records.state.kubeconfigs.get(id);
  }

  /** The name of its namespace, where that is to be closed. */
  #closedAt(record: Kubeconfig): string | undefined {
    if (!this.#isClosed(record)) return undefined;
    return this.#options.records.state.namespaces.get(record.namespace)?.name;
  }

  /** @param bindings of its namespace, among others */
  #isLetIn(record: Kubeconfig, bindings: readonly KubeObject[]): boolean {
    const { layout } = this.#options;
    const place = this.#closedAt(record);
    if (place === undefined) return false;
    const account = accountName(record.namespace);
    return bindings.some((binding) => {
      const subjects = (binding["subjects"] ?? []) as readonly Subject[];
      return (
        binding.metadata.namespace === place &&
        subjects.some(
          ({ kind, name, namespace }) =>
            kind === ACCOUNT.kind && name === account && namespace === layout.consoleNamespace,
        )
      );
    });
  }

  #isClosed({ namespace: id, owner }: Kubeconfig): boolean {
    const { state } = this.#options.records;
    const isLeaving = state.namespaces.get(id)?.deleting !== undefined;
    return isLeaving || state.owners.get(owner)?.suspended !== undefined;
  }
}

function required(given: TokenSink | undefined): TokenSink {
  if (given === undefined) throw new Error("a token is issued only to someone who waits for it");
  return given;
}

function issuedOf({ issued, secretUid: uid }: TokenSink): Issued {
  if (issued === undefined || uid === undefined) throw new Error("no token was issued");
  return { uid, accountUid: issued.accountUid, expiresAt: issued.expiresAt };
}

function uidsByName(objects: readonly KubeObject[]): Map<string, string | undefined> {
  return new Map(objects.map(({ metadata }) => [metadata.name, metadata.uid]));
}
