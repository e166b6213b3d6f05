import { type Context, Hono } from "hono";
import { Refusal } from "../errors.ts";
import type { Ledger } from "../store/ledger.ts";
import { STANDING_TOPIC } from "../reconcile/standing.ts";
import type { Volatile } from "../store/volatile.ts";
import { markOf, type Delivery } from "./delivery.ts";
import type { ApiLog } from "../api/deps.ts";
import { Live, type LiveOptions } from "./live.ts";
import type { Site } from "./site.ts";
import type { PageEnv, Visitor } from "./visitor.ts";

export interface SignedPagesOptions {
  /** The pages of a state, which show how far changes have come; made when one is first asked for. */
  readonly pages: (
    ledger: Ledger,
    delivery: () => Delivery,
  ) => Hono<PageEnv> | Promise<Hono<PageEnv>>;
  readonly site: Site;
  readonly log: ApiLog;
  /** How far changes have come on their way to Traefik. */
  readonly delivery: () => Delivery;
  readonly renew: LiveOptions["renew"];
  /** What replicas tell each other, of the store that the state is in. */
  readonly volatile: () => Volatile | undefined;
}

interface Made {
  readonly ledger: Ledger;
  readonly app: Promise<Hono<PageEnv>>;
  readonly live: Live;
  readonly end: () => void;
}

/** How the visitor comes into an app that is made apart from the one that let them in. */
interface Handed {
  readonly visitor: Visitor;
}

/**
 * The pages for whoever is signed in, with the streams that keep them up to date. Both belong to a
 * ledger, and are made anew when another takes its place, as after a recovery.
 */
export class SignedPages {
  readonly #options: SignedPagesOptions;
  #made: Made | undefined;
  #closed = false;

  constructor(options: SignedPagesOptions) {
    this.#options = options;
  }

  /** Streams that are open now. */
  get streams(): number {
    return this.#made?.live.size ?? 0;
  }

  /** Answers a request of someone signed in, with a page that says so where something was refused. */
  async answer(context: Context<PageEnv>, ledger: Ledger): Promise<Response> {
    // The connection's own part tells where the request comes from.
    const env = { ...(context.env as object), visitor: context.get("visitor") };
    return (await this.#for(ledger).app).fetch(context.req.raw, env);
  }

  /** Tells open pages that what was changed lately has come further on its way to Traefik. */
  tellWaiting(): void {
    this.#made?.live.tellWaiting();
  }

  /** Ends the streams: a server that closes would wait for them. */
  close(): void {
    this.#closed = true;
    this.#made?.end();
  }

  #for(ledger: Ledger): Made {
    if (this.#made?.ledger === ledger) return this.#made;
    this.#made?.end();
    const { renew, volatile } = this.#options;
    let standings = 0;
    const delivery = () => ({ ...this.#options.delivery(), standings });
    const live = new Live({ ledger, renew, mark: () => markOf(ledger.state, { delivery }) });
    // What comes of an attempt at a real system is no commit.
    const unlisten = volatile()?.onNudge(STANDING_TOPIC, (thing) => {
      standings++;
      live.tellAbout(thing);
    });
    const end = () => {
      unlisten?.();
      live.close();
    };
    if (this.#closed) end();
    this.#made = { ledger, live, end, app: this.#make(ledger, live, delivery) };
    return this.#made;
  }

  async #make(ledger: Ledger, live: Live, delivery: () => Delivery): Promise<Hono<PageEnv>> {
    const app = new Hono<PageEnv>();
    app.use((context, next) => {
      context.set("visitor", (context.env as Handed).visitor);
      return next();
    });
    app.route("/", live.routes());
    app.route("/", await this.#options.pages(ledger, delivery));
    app.notFound(() => {
      throw new Refusal("not_found", "There is no such page here.");
    });
    app.onError(async (error, context) => {
      // With the API's modules, which a start does not wait for.
      const { problemPage } = await import("./pages/problem.tsx");
      return problemPage(context, this.#options, error);
    });
    return app;
  }
}
