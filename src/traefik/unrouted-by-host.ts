import type { SetAside } from "../domain/state.ts";
import type { Unrouted } from "./routes.ts";
import { unreadable } from "./set-aside.ts";

/** How many things are not routed, by how they stand. */
export type UnroutedCounts = Readonly<Record<Unrouted["state"], number>>;

/** What is not routed, kept host by host. */
export class UnroutedByHost {
  readonly #byHost = new Map<string, readonly Unrouted[]>();
  readonly #counts = { "set-aside": 0, conflict: 0, shadowed: 0 };

  /** Says what is not routed at a host from now on. */
  set(host: string, entries: readonly Unrouted[]): void {
    for (const { state } of this.#byHost.get(host) ?? []) this.#counts[state]--;
    if (entries.length === 0) this.#byHost.delete(host);
    else this.#byHost.set(host, entries);
    for (const { state } of entries) this.#counts[state]++;
  }

  /** @param setAside records that could not be read, which stand at no host */
  counts(setAside: readonly SetAside[]): UnroutedCounts {
    return { ...this.#counts, "set-aside": this.#counts["set-aside"] + setAside.length };
  }

  /** All of them, in no particular order. */
  all(setAside: readonly SetAside[]): Unrouted[] {
    return [...setAside.map(unreadable), ...[...this.#byHost.values()].flat()];
  }
}
