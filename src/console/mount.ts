import { Hono, type Handler } from "hono";
import { Refusal } from "../errors.ts";
import type { Ledger } from "../store/ledger.ts";
import type { PageEnv } from "./visitor.ts";

/** Who looks, as what is mounted is told it. */
interface MountEnv extends PageEnv {
  Bindings: { readonly visitor: PageEnv["Variables"]["visitor"] };
}

/**
 * Has pages that stand on a ledger answer, whichever is the ledger of now: it is another one after a
 * recovery. They are loaded when one of them is first asked for.
 * @param ledger the state's; throws while there is none
 */
export function mounted(
  ledger: () => Ledger,
  create: (ledger: Ledger) => Promise<Hono<PageEnv>>,
): Handler<PageEnv> {
  const made = new WeakMap<Ledger, Promise<Hono<MountEnv>>>();
  return async (context) => {
    const now = ledger();
    let pages = made.get(now);
    if (pages === undefined) {
      pages = create(now).then(standing);
      made.set(now, pages);
    }
    const visitor = context.get("visitor");
    // The connection's own part tells where the request comes from.
    const bindings = context.env as object | undefined;
    return (await pages).fetch(context.req.raw, { ...bindings, visitor });
  };
}

function standing(pages: Hono<PageEnv>): Hono<MountEnv> {
  const app = new Hono<MountEnv>();
  app.use((context, next) => {
    context.set("visitor", context.env.visitor);
    return next();
  });
  app.route("/", pages);
  // The console itself says so, as for every path.
  app.notFound(() => {
    throw new Refusal("not_found", "There is no such page here.");
  });
  app.onError((error) => {
    throw error;
  });
  return app;
}
