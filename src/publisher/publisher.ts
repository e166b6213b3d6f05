import type { Change, State } from "../domain/state.ts";
import type { Logger } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Built, LiveDocument } from "../traefik/live-document.ts";
import type { RouteLookup } from "../traefik/routes.ts";
import type { LastGoodCopy } from "./last-good.ts";
import { keep, restoreDocument, type Publication } from "./publication.ts";
import { messageOf } from "../errors.ts";

export interface PublisherOptions {
  /** Told each state that is to be published, with what lies between it and the one before. */
  readonly live: Pick<LiveDocument, "update">;
  readonly lastGood: LastGoodCopy;
  /** What documents are made from now, beside the revision: the state's lineage, the settings. */
  readonly origin?: () => string;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** A state that is to be published; without its changes, it is built from nothing. */
interface Given {
  readonly state: State;
  readonly changes: readonly Change[] | undefined;
}

/**
 * Holds the one publication. A state is built once; states that come while one is being built
 * are passed over for the newest. A build that fails leaves the publication as it is.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #listeners = new Set<(publication: Publication) => void>();
  #publication: Publication | undefined;
  #table: RouteLookup | undefined;
  #advice: string | undefined;
  #waiting: Given | undefined;
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

  /** What is routed, as published last; undefined before a state was read. */
  get table(): RouteLookup | undefined {
    return this.#table;
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
    const document = restoreDocument(copy.document);
    if (this.#publication !== undefined) return false;
    this.#saved = revision;
    this.#publish({ revision, document, restored: false });
    return true;
  }

  /** Takes up the document of an earlier run, unless one of this run is there already. */
  async restore(): Promise<boolean> {
    const copy = await this.#options.lastGood.read();
    if (copy === undefined) return false;
    const document = restoreDocument(copy.document);
    // Looked at last: one of this run may have come meanwhile.
    if (this.#publication !== undefined) return false;
    this.#publish({ revision: copy.revision, document, restored: true });
    return true;
  }

  /**
   * Has this state published soon.
   * @param changes what lies between the state given last and this one; undefined when everything
   *   may have changed
   */
  update(state: State, changes?: readonly Change[]): void {
    const before = this.#waiting;
    const follows = before === undefined || before.changes !== undefined;
    const all =
      follows && changes !== undefined ? [...(before?.changes ?? []), ...changes] : undefined;
    this.#waiting = { state, changes: all };
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
      const given: Given = this.#waiting;
      this.#waiting = undefined;
      await this.#build(given);
    }
    // In the same turn as the look at what waits, so that nothing is left unnoticed.
    this.#building = undefined;
  }

  async #build({ state, changes }: Given): Promise<void> {
    const { metrics, log, live } = this.#options;
    const done = metrics.buildSeconds.startTimer();
    try {
      const built = await live.update(state, changes);
      const { revision, document } = built;
      this.#table = built.table;
      this.#problem = undefined;
      this.#report(built);
      const current = this.#publication;
      const publication = { revision, document, restored: false };
      if (current !== undefined && current.document.traefik.etag === document.traefik.etag) {
        this.#publication = publication;
        if (current.restored) this.#save(publication);
      } else {
        this.#publish(publication);
        this.#save(publication);
      }
      metrics.publishedRevision.set(revision);
    } catch (error) {
      this.#problem = messageOf(error);
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

  #save({ revision, document }: Publication): void {
    const { lastGood, origin } = this.#options;
    this.#saved = revision;
    const kept = keep(document);
    if (kept !== undefined) lastGood.save({ revision, document: kept, origin: origin?.() ?? "" });
  }

  #publish(publication: Publication): void {
    const { metrics, log } = this.#options;
    const { traefik } = publication.document;
    this.#publication = publication;
    metrics.publishedRevision.set(publication.revision);
    metrics.documentBytes.set({ encoding: "identity" }, traefik.length);
    metrics.documentBytes.set({ encoding: "gzip" }, traefik.gzip?.length ?? 0);
    for (const listener of this.#listeners) {
      try {
        listener(publication);
      } catch (error) {
        log.error({ err: error }, "a publication was not passed on to all");
      }
    }
  }

  #report({ unrouted, advice }: Built): void {
    const { metrics, log } = this.#options;
    for (const [state, count] of Object.entries(unrouted)) metrics.unrouted.set({ state }, count);
    if (advice !== undefined && this.#advice === undefined) log.warn(advice);
    this.#advice ??= advice;
  }
}
