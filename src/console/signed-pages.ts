import { type Context, Hono } from "hono";
import type { Ledger } from "../store/ledger.ts";
import { Live, type LiveOptions } from "./live.ts";
import { pages } from "./pages/app.ts";
import type { PageServices } from "./pages/services.ts";
import type { PageEnv, Visitor } from "./visitor.ts";

export interface SignedPagesOptions {
  readonly services: (ledger: Ledger) => PageServices;
  readonly renew: LiveOptions["renew"];
}

interface Made {
  readonly ledger: Ledger;
  readonly app: Hono<HandedEnv>;
  readonly live: Live;
}

/** How the visitor comes into an app that is made apart from the one that let them in. */
interface HandedEnv extends PageEnv {
  Bindings: { visitor: Visitor };
}

/**
 * The pages for whoever is signed in, with the streams that keep them up to date. Both belong to a
 * ledger, and are made anew when another takes its place, as after a recovery.
 */
export class SignedPages {
  readonly #options: SignedPagesOptions;
  #made: Made | undefined;

  constructor(options: SignedPagesOptions) {
    this.#options = options;
  }

  /** Streams that are open now. */
  get streams(): number {
    return this.#made?.live.size ?? 0;
  }

  /** Answers a request of someone signed in. */
  answer(context: Context<PageEnv>, ledger: Ledger): Response | Promise<Response> {
    const env = { ...(context.env as object), visitor: context.get("visitor") };
    return this.#for(ledger).app.fetch(context.req.raw, env);
  }

  /** Tells open pages that what was changed lately has come further on its way to Traefik. */
  tellWaiting(): void {
    this.#made?.live.tellWaiting();
  }

  /** Ends the streams: a server that closes would wait for them. */
  close(): void {
    this.#made?.live.close();
  }

  #for(ledger: Ledger): Made {
    if (this.#made?.ledger === ledger) return this.#made;
    this.#made?.live.close();
    const live = new Live({ ledger, renew: this.#options.renew });
    const app = new Hono<HandedEnv>();
    app.use((context, next) => {
      context.set("visitor", context.env.visitor);
      return next();
    });
    app.route("/", live.routes());
    app.route("/", pages(this.#options.services(ledger)));
    this.#made = { ledger, app, live };
    return this.#made;
  }
}
