import { z } from "zod";
import type { Logger } from "../observability/log.ts";
import type { Volatile } from "../store/volatile.ts";
import type { Poller } from "./provider.ts";

/** One who polls some replica. */
export interface SeenPoller extends Poller {
  /** The other replica that answered it last; undefined for this one. */
  readonly replica?: string;
}

/** Who polls, the latest last, and word of it when somebody has got something else. */
export interface Pollers {
  pollers(): readonly SeenPoller[];
  /** @returns ends it */
  onFetched(listener: () => void): () => void;
}

export interface SharedPollersOptions {
  /** Those of this replica. */
  readonly own: Pollers;
  readonly id: string;
  /** This replica's name, for people. */
  readonly name: string;
  readonly volatile: () => Volatile | undefined;
  readonly log: Pick<Logger, "debug">;
}

const PREFIX = "pollers:";
const TOPIC = "pollers";
/** How often others are told and asked, beside at once when somebody fetched something new. */
const BEAT_MS = 3_000;
/** One who asks no more is told of for so long: as long as pages speak of them. */
const LIFE_MS = 2 * 60_000;
const TOLD_MAX = 200;

const toldSchema = z.object({
  replica: z.string(),
  pollers: z.array(
    z.object({ name: z.string(), revision: z.number(), etag: z.string(), at: z.string() }),
  ),
});

/**
 * Who polls this replica or another one: each tells the others, through the volatile part, of those
 * that it answered. It is for people to see; what a poller gets does not depend on it.
 */
export class SharedPollers implements Pollers {
  readonly #options: SharedPollersOptions;
  readonly #listeners = new Set<() => void>();
  readonly #end: () => void;
  #others: readonly SeenPoller[] = [];
  #followed: Volatile | undefined;
  #unfollow: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #isDue = false;
  #stopped = false;

  constructor(options: SharedPollersOptions) {
    this.#options = options;
    this.#end = options.own.onFetched(() => {
      this.#call();
      void this.beat(true);
    });
  }

  start(): void {
    this.#timer = setInterval(() => void this.beat(), BEAT_MS);
    this.#timer.unref();
    void this.beat();
  }

  /** All of them, the latest last; one who asks several replicas as the last of them answered. */
  pollers(): readonly SeenPoller[] {
    const latest = new Map<string, SeenPoller>();
    for (const poller of [...this.#others, ...this.#options.own.pollers()]) {
      const known = latest.get(poller.name);
      if (known === undefined || known.at <= poller.at) latest.set(poller.name, poller);
    }
    return [...latest.values()].toSorted((a, b) => a.at.getTime() - b.at.getTime());
  }

  onFetched(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Tells the others, and asks what they tell. Never throws.
   * @param nudge whether they are to ask now
   */
  beat(nudge = false): Promise<void> {
    // What comes while one is under way is told by the next.
    if (this.#isDue) return this.#working;
    this.#isDue = true;
    this.#working = this.#working.then(() => {
      this.#isDue = false;
      return this.#beat(nudge);
    });
    return this.#working;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#end();
    this.#unfollow();
    await this.#working;
  }

  async #beat(nudge: boolean): Promise<void> {
    const { volatile, id, name, own, log } = this.#options;
    const store = volatile();
    if (store === undefined || this.#stopped) return;
    this.#follow(store);
    try {
      const since = Date.now() - LIFE_MS;
      const pollers = own.pollers().filter(({ at }) => at.getTime() > since);
      const told = { replica: name, pollers: pollers.slice(-TOLD_MAX) };
      await store.set(PREFIX + id, JSON.stringify(told), LIFE_MS);
      if (nudge) await store.nudge(TOPIC, id);
      await this.#ask(store);
    } catch (error) {
      // The store being away is told elsewhere.
      log.debug({ err: error }, "the other replicas were not told who polls");
    }
  }

  #follow(store: Volatile): void {
    if (this.#followed === store) return;
    this.#unfollow();
    this.#followed = store;
    this.#unfollow = store.onNudge(TOPIC, (id) => {
      if (id !== this.#options.id) void this.beat();
    });
  }

  async #ask(store: Volatile): Promise<void> {
    const before = markOf(this.#others);
    const found = await store.list(PREFIX);
    this.#others = [...found].flatMap(([key, text]) =>
      key === PREFIX + this.#options.id ? [] : readTold(text),
    );
    if (markOf(this.#others) !== before) this.#call();
  }

  #call(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** What another replica tells; nothing of what cannot be read, as another release may write it. */
function readTold(text: string): SeenPoller[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const read = toldSchema.safeParse(value);
  if (!read.success) return [];
  const { replica, pollers } = read.data;
  return pollers.map(({ at, ...poller }) => ({ ...poller, at: new Date(at), replica }));
}

/** Changes when one of them has got something else. */
function markOf(pollers: readonly SeenPoller[]): string {
  return pollers
    .map(({ name, etag, revision }) => `${name} ${etag} ${revision}`)
    .toSorted()
    .join("\n");
}
