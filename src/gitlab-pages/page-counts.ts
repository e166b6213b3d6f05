import { setImmediate as breath } from "node:timers/promises";
import type { Hostname } from "../domain/names.ts";
import { pagesAt, type State } from "../domain/state.ts";
import type { Metrics } from "../observability/metrics.ts";
import { PAGE_STATES, standingAt } from "../traefik/page-standing.ts";
import { hostRoutes, type TableSettings } from "../traefik/table.ts";

export interface PageCountsOptions {
  readonly state: () => State | undefined;
  readonly table: TableSettings;
  /** The projects whose removal is held. */
  readonly held: () => Promise<ReadonlySet<number>>;
  readonly pending: () => { readonly projects: number; readonly watches: number };
  readonly metrics: Pick<Metrics, "pages" | "gitlabPending">;
}

/** Hosts between two breaths. */
const SLICE = 100;

/** How many pages stand how, counted after changes and in slices: a scrape shall cost nothing. */
export class PageCounts {
  readonly #options: PageCountsOptions;
  #counted: { state: State; held: string } | undefined;
  #isCounting = false;

  constructor(options: PageCountsOptions) {
    this.#options = options;
  }

  /** Never throws. */
  async refresh(): Promise<void> {
    const { state: present, table, held: askHeld, pending, metrics } = this.#options;
    const { projects, watches } = pending();
    metrics.gitlabPending.set({ kind: "hook" }, projects);
    metrics.gitlabPending.set({ kind: "watch" }, watches);
    const state = present();
    if (state === undefined || this.#isCounting) return;
    this.#isCounting = true;
    try {
      const held = await askHeld();
      const key = [...held].toSorted().join();
      if (this.#counted?.state === state && this.#counted.held === key) return;
      const counts = new Map(PAGE_STATES.map((name) => [name, 0]));
      let done = 0;
      for (const host of state.pagesByHost.keys()) {
        const at = hostRoutes(state, table, host as Hostname);
        for (const page of pagesAt(state, host)) {
          const { state: standing } = standingAt(at, table, page, held);
          counts.set(standing, (counts.get(standing) ?? 0) + 1);
        }
        if (++done % SLICE === 0) await breath();
      }
      for (const [name, count] of counts) metrics.pages.set({ state: name }, count);
      this.#counted = { state, held: key };
    } finally {
      this.#isCounting = false;
    }
  }
}
