import type { Context, Hono } from "hono";
import { Hono as App } from "hono";
import { streamSSE, type SSEStreamingApi } from "hono/streaming";
import { KINDS } from "../domain/entities.ts";
import { sees, type Actor } from "../domain/policy.ts";
import { entityOf, type Change, type State } from "../domain/state.ts";
import type { Ledger } from "../store/ledger.ts";
import type { PageEnv, Visitor } from "./visitor.ts";

export interface LiveOptions {
  readonly ledger: Ledger;
  /** The mark of what a page would show now: see `markOf`. */
  readonly mark: () => string;
  /** Who is signed in at the browser that holds the stream, by the state of now. */
  readonly renew: (context: Context<PageEnv>) => Promise<Visitor | undefined>;
  /** Streams that one person may hold, and all of them. */
  readonly maxOfOne?: number;
  readonly max?: number;
  /** How often a session is looked at while nothing happens, in milliseconds. */
  readonly checkMs?: number;
}

interface Listener {
  readonly context: Context<PageEnv>;
  readonly stream: SSEStreamingApi;
  visitor: Visitor;
  /** When something of theirs was changed last, or the page was opened; of `performance.now()`. */
  changedAt: number;
  /** Whether there is something to tell; told once, however much happens meanwhile. */
  isDue: boolean;
  isBusy: boolean;
  readonly end: () => void;
}

const MAX_OF_ONE = 10;
const MAX = 2_000;
/** Below the minute after which many proxies give an idle stream up, and below a session's check. */
const CHECK_MS = 25_000;
/** A browser that lost its stream comes back so soon. */
const RETRY_MS = 2_000;
/** Traefik has fetched a change by then, or is away. */
const WAITING_MS = 60_000;

/**
 * The streams that tell open pages that something they may show has changed. What it is, they ask
 * for as they always do: a stream carries no data, so it can give nothing away but that.
 */
export class Live {
  readonly #options: Required<LiveOptions>;
  readonly #listeners = new Set<Listener>();
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  #state: State;
  #closed = false;

  constructor(options: LiveOptions) {
    this.#options = { maxOfOne: MAX_OF_ONE, max: MAX, checkMs: CHECK_MS, ...options };
    this.#state = options.ledger.state;
    this.#unsubscribe = options.ledger.onCommit((state, changes) => this.#follow(state, changes));
    this.#timer = setInterval(() => void this.#check(), this.#options.checkMs);
    this.#timer.unref();
  }

  /** Streams that are open now. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Tells everybody. */
  tellAll(): void {
    for (const listener of this.#listeners) this.#tell(listener);
  }

  /**
   * Tells those who may be looking at how far a change has come, as their page is new or something
   * of theirs was changed lately: what is published, or who fetched it, is another now.
   */
  tellWaiting(): void {
    const since = performance.now() - WAITING_MS;
    for (const listener of this.#listeners) if (listener.changedAt > since) this.#tell(listener);
  }

  /** Tells those who may see a thing that it stands otherwise now. @param thing `bucket/bkt-01…` */
  tellAbout(thing: string): void {
    const [kind = "", id = ""] = thing.split("/");
    const known = KINDS.find((one) => one === kind);
    const entity = known === undefined ? undefined : entityOf(this.#state, known, id);
    const owner = entity !== undefined && "owner" in entity ? entity.owner : null;
    for (const listener of this.#listeners)
      if (sees(this.#state, listener.visitor.actor, owner)) this.#tell(listener);
  }

  /** Ends every stream, and opens none from here on: a server that closes would wait for them. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    clearInterval(this.#timer);
    for (const listener of this.#listeners) listener.end();
  }

  /** `GET /live`. */
  routes(): Hono<PageEnv> {
    const app = new App<PageEnv>();
    app.get("/live", (context) => {
      const visitor = context.get("visitor");
      if (this.#closed) return context.text("The console is ending.", 503);
      // Nobody would read what is held for this, nor end it.
      if (context.req.method === "HEAD") return context.body(null);
      const { max, maxOfOne } = this.#options;
      let own = 0;
      for (const listener of this.#listeners) {
        if (listener.visitor.person.id === visitor.person.id) own++;
      }
      // A browser does not try again after this: the page stays as it is until it is loaded anew.
      if (own >= maxOfOne || this.#listeners.size >= max)
        return context.text("Too many pages are open.", 429);
      context.header("X-Accel-Buffering", "no");
      const answer = streamSSE(context, (stream) => this.#hold(context, stream, visitor));
      // In place of the `no-cache` that it comes with.
      answer.headers.set("Cache-Control", "no-store");
      return answer;
    });
    return app;
  }

  async #hold(context: Context<PageEnv>, stream: SSEStreamingApi, visitor: Visitor): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      const listener: Listener = {
        context,
        stream,
        visitor,
        changedAt: performance.now(),
        isDue: false,
        isBusy: false,
        end: () => {
          this.#listeners.delete(listener);
          resolve();
        },
      };
      this.#listeners.add(listener);
      stream.onAbort(listener.end);
    });
    await stream.writeSSE({ event: "at", data: this.#options.mark(), retry: RETRY_MS });
    await ended;
  }

  #follow(state: State, changes: readonly Change[] | undefined): void {
    const before = this.#state;
    this.#state = state;
    if (changes === undefined) return this.tellAll();
    const owners = ownersConcerned(before, state, changes);
    for (const listener of this.#listeners) {
      const { actor } = listener.visitor;
      if (!isConcerned(before, actor, owners) && !isConcerned(state, actor, owners)) continue;
      listener.changedAt = performance.now();
      this.#tell(listener);
    }
  }

  #tell(listener: Listener): void {
    listener.isDue = true;
    if (!listener.isBusy) void this.#send(listener);
  }

  /** Whoever is signed out meanwhile is told nothing but that. */
  async #send(listener: Listener): Promise<void> {
    listener.isBusy = true;
    try {
      while (listener.isDue) {
        listener.isDue = false;
        if (!(await this.#isSignedIn(listener))) return;
        await listener.stream.writeSSE({ event: "changed", data: this.#options.mark() });
      }
    } catch {
      listener.end();
    } finally {
      listener.isBusy = false;
    }
  }

  async #isSignedIn(listener: Listener): Promise<boolean> {
    const visitor = await this.#options.renew(listener.context);
    if (visitor !== undefined && visitor.session === listener.visitor.session) {
      listener.visitor = visitor;
      return true;
    }
    await listener.stream.writeSSE({ event: "ended", data: "" });
    listener.end();
    return false;
  }

  async #check(): Promise<void> {
    await Promise.all(
      [...this.#listeners].map(async (listener) => {
        try {
          // A line that says nothing shows whether somebody is still there.
          if (await this.#isSignedIn(listener)) await listener.stream.write(":\n\n");
        } catch {
          listener.end();
        }
      }),
    );
  }
}

/** Whose things were changed; null for what is nobody's. */
function ownersConcerned(
  before: State,
  after: State,
  changes: readonly Change[],
): ReadonlySet<string | null> {
  const owners = new Set<string | null>();
  for (const { kind, id } of changes) {
    // What is kept for repeats of a request is nothing that a page shows.
    if (kind === "answer") continue;
    for (const entity of [entityOf(before, kind, id), entityOf(after, kind, id)]) {
      if (entity === undefined) continue;
      if (entity.kind === "person") owners.add(entity.id);
      else if (entity.kind === "group") {
        owners.add(entity.id);
        for (const manager of entity.managers) owners.add(manager);
      } else owners.add("owner" in entity ? entity.owner : null);
    }
  }
  return owners;
}

function isConcerned(state: State, actor: Actor, owners: ReadonlySet<string | null>): boolean {
  for (const owner of owners) if (sees(state, actor, owner)) return true;
  return false;
}
