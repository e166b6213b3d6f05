import type { State } from "../domain/state.ts";
import type { Logger } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Rendered } from "../traefik/render.ts";
import type { LastGoodCopy } from "./last-good.ts";
import { publicationOf, type Publication } from "./publication.ts";

export interface PublisherOptions {
  readonly render: (state: State) => Rendered;
  readonly lastGood: LastGoodCopy;
  /** What documents are made from now, beside the revision: the state's lineage, the settings. */
  readonly origin?: () => string;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/**
 * Holds the one publication. A state is built once; states that come while one is being built
 * are passed over for the newest. A build that fails leaves the publication as it is.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #listeners = new Set<(publication: Publication) => void>();
  #publication: Publication | undefined;
  #rendered: Rendered | undefined;
  #waiting: State | undefined;
  #given = 0;
  #built = 0;
  #waiters: { readonly revision: number; readonly resolve: () => void }[] = [];
  #building: Promise<void> | undefined;
  #problem: string | undefined;
  #saved = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** What pollers get; undefined before the first. */
  get current(): Publication | undefined {
    return this.#publication;
  }

  /** The routing table and what is not routed, as published last. */
  get rendered(): Rendered | undefined {
    return this.#rendered;
  }

  /** Why the newest state is not published, if it is not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Calls back with each new publication whose bytes differ from the one before. */
  onPublish(listener: (publication: Publication) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes up the document of an earlier run as the one of now, if it was made from this revision
   * by the same settings: then building it again would give the same bytes, only later.
   */
  async resume(revision: number, origin: string): Promise<boolean> {
    const copy = await this.#options.lastGood.read();
    if (copy?.revision !== revision || copy.origin !== origin) return false;
    const publication = await publicationOf(copy.body, revision, false);
    if (this.#publication !== undefined) return false;
    this.#saved = revision;
    this.#publish(publication);
    return true;
  }

  /** Takes up the document of an earlier run, unless one of this run is there already. */
  async restore(): Promise<boolean> {
    const copy = await this.#options.lastGood.read();
    if (copy === undefined) return false;
    const restored = await publicationOf(copy.body, copy.revision, true);
    // Looked at last: one of this run may have come meanwhile.
    if (this.#publication !== undefined) return false;
    this.#publish(restored);
    return true;
  }

  /** Has this state published soon. */
  update(state: State): void {
    this.#waiting = state;
    this.#given = state.revision;
    this.#building ??= this.#buildAll();
  }

  /** Whether a state was given that has not been built yet. */
  get isBehind(): boolean {
    return this.#built < this.#given;
  }

  /**
   * Resolves when the newest state of now is published, or has failed to be: so a poll sees every
   * change that was acknowledged before it.
   */
  caughtUp(): Promise<void> {
    const revision = this.#given;
    if (this.#built >= revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ revision, resolve }));
  }

  /** Resolves when everything given so far is published, or has failed to be. */
  async settled(): Promise<void> {
    while (this.#building !== undefined) await this.#building;
    // Changes that left the document as it is are not worth a write each.
    const current = this.#publication;
    if (current !== undefined && !current.restored && this.#saved < current.revision) {
      this.#save(current);
    }
    await this.#options.lastGood.flush();
  }

  async #buildAll(): Promise<void> {
    while (this.#waiting !== undefined) {
      // The commits of one burst are answered in one turn of the loop; they make one document.
      await new Promise(setImmediate);
      const state: State = this.#waiting;
      this.#waiting = undefined;
      await this.#build(state);
    }
    // In the same turn as the look at what waits, so that nothing is left unnoticed.
    this.#building = undefined;
  }

  async #build(state: State): Promise<void> {
    const { metrics, log, render } = this.#options;
    const done = metrics.buildSeconds.startTimer();
    try {
      const rendered = render(state);
      this.#rendered = rendered;
      this.#problem = undefined;
      this.#report(rendered);
      const current = this.#publication;
      if (current !== undefined && current.body.equals(rendered.body)) {
        this.#publication = { ...current, revision: rendered.revision, restored: false };
        if (current.restored) this.#save(this.#publication);
      } else {
        const publication = await publicationOf(rendered.body, rendered.revision, false);
        this.#publish(publication);
        this.#save(publication);
      }
      metrics.publishedRevision.set(rendered.revision);
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      metrics.buildFailures.inc();
      log.error(
        { err: error, revision: state.revision },
        "the document was kept back; the last good one goes on being served",
      );
    } finally {
      done();
      this.#built = state.revision;
      const ready = this.#waiters.filter(({ revision }) => revision <= state.revision);
      this.#waiters = this.#waiters.filter(({ revision }) => revision > state.revision);
      for (const { resolve } of ready) resolve();
    }
  }

  #save({ revision, body }: Publication): void {
    const { lastGood, origin } = this.#options;
    this.#saved = revision;
    lastGood.save({ revision, body, origin: origin?.() ?? "" });
  }

  #publish(publication: Publication): void {
    const { metrics, log } = this.#options;
    this.#publication = publication;
    metrics.publishedRevision.set(publication.revision);
    metrics.documentBytes.set({ encoding: "identity" }, publication.body.length);
    metrics.documentBytes.set({ encoding: "gzip" }, publication.gzip.length);
    for (const listener of this.#listeners) {
      try {
        listener(publication);
      } catch (error) {
        log.error({ err: error }, "a publication was not passed on to all");
      }
    }
  }

  #report(rendered: Rendered): void {
    const { metrics } = this.#options;
    for (const state of ["set-aside", "conflict", "shadowed"] as const) {
      metrics.unrouted.set(
        { state },
        rendered.unrouted.filter((entry) => entry.state === state).length,
      );
    }
  }
}
