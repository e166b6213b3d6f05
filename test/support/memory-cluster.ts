import { randomUUID } from "node:crypto";
import {
  ClusterError,
  type Cluster,
  type IssuedToken,
  type KubeObject,
  type KubePage,
  type KubeRef,
  type KubeSelection,
  type KubeType,
} from "../../src/namespaces/cluster.ts";

const keyOf = ({ kind, namespace = "", name }: KubeRef) => `${kind}/${namespace}/${name}`;

/** A cluster in memory, for what does not depend on how the real one behaves. */
export class MemoryCluster implements Cluster {
  readonly name = "Kubernetes";
  readonly objects = new Map<string, KubeObject>();
  /** Tokens that were issued, each with the secret that it hangs on. */
  readonly tokens: { token: string; secret: string }[] = [];
  /** Whether it answers. */
  isAway = false;
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  #here(): void {
    if (this.isAway) throw new ClusterError("away", "Kubernetes cannot be reached.");
  }

  async version() {
    this.#here();
    return "v1.36.0";
  }
  async may() {
    this.#here();
    return true;
  }
  async read(ref: KubeRef) {
    this.#here();
    return this.objects.get(keyOf(ref));
  }
  async list(type: KubeType, selection: KubeSelection): Promise<KubePage> {
    this.#here();
    const [label = "", value] = selection.label?.split("=") ?? [];
    const items = [...this.objects.values()].filter(
      ({ kind, metadata }) =>
        kind === type.kind &&
        (selection.namespace === undefined || metadata.namespace === selection.namespace) &&
        (selection.name === undefined || metadata.name === selection.name) &&
        (label === "" ||
          (metadata.labels?.[label] !== undefined &&
            (value === undefined || metadata.labels[label] === value))),
    );
    return { items, next: undefined };
  }
  async create(object: KubeObject) {
    this.#here();
    const key = keyOf({ ...object, ...object.metadata });
    if (this.objects.has(key)) throw new ClusterError("conflict", "it is there", 409);
    return this.#put(key, object);
  }
  async apply(object: KubeObject) {
    this.#here();
    const key = keyOf({ ...object, ...object.metadata });
    const { labels, annotations } = this.objects.get(key)?.metadata ?? {};
    const merged = {
      ...object.metadata,
      labels: { ...labels, ...object.metadata.labels },
      annotations: { ...annotations, ...object.metadata.annotations },
    };
    this.#put(key, { ...this.objects.get(key), ...object, metadata: merged });
  }
  async remove(ref: KubeRef, uid: string) {
    this.#here();
    const key = keyOf(ref);
    if (this.objects.get(key)?.metadata.uid !== uid) return;
    this.objects.delete(key);
    if (ref.kind !== "Namespace") return;
    for (const [other, { metadata }] of this.objects)
      if (metadata.namespace === ref.name) this.objects.delete(other);
  }
  async awaitEnd() {
    this.#here();
  }
  async issueToken(
    account: { readonly namespace: string; readonly name: string },
    secret: { readonly name: string },
    seconds: number,
  ): Promise<IssuedToken> {
    this.#here();
    const of = this.objects.get(keyOf({ apiVersion: "v1", kind: "ServiceAccount", ...account }));
    if (of === undefined) throw new ClusterError("missing", "no account", 404);
    const token = `token-${randomUUID()}`;
    this.tokens.push({ token, secret: secret.name });
    const expiresAt = new Date(this.#now().getTime() + seconds * 1000).toISOString();
    return { token, expiresAt, accountUid: of.metadata.uid ?? "" };
  }
  close() {}

  #put(key: string, object: KubeObject): KubeObject {
    const uid = this.objects.get(key)?.metadata.uid ?? randomUUID();
    const stored = { ...object, metadata: { ...object.metadata, uid } };
    this.objects.set(key, stored);
    return stored;
  }
}
