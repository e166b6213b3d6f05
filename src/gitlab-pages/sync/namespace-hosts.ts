import type { Hostname } from "../../domain/names.ts";
import { namespaceHost } from "./sites.ts";
import type { Snapshot } from "./snapshot.ts";

/** The hosts of the namespaces that a snapshot found, worked out once: a plan asks for all of them. */
export class NamespaceHosts {
  /** Namespaces by the host of their sites. */
  readonly holders: ReadonlyMap<string, number>;
  readonly #byNamespace = new Map<number, Hostname>();

  constructor({ namespaces }: Pick<Snapshot, "namespaces">, zone: Hostname) {
    const holders = new Map<string, number>();
    for (const [id, path] of namespaces) {
      const host = path === null ? undefined : namespaceHost(path, zone);
      if (host === undefined) continue;
      holders.set(host, id);
      this.#byNamespace.set(id, host);
    }
    this.holders = holders;
  }

  /** @returns undefined for a namespace that is gone, is not in the snapshot, or can have no host */
  of(namespace: number): Hostname | undefined {
    return this.#byNamespace.get(namespace);
  }
}
