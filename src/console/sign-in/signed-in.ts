import type { Context, MiddlewareHandler } from "hono";
import { sessionHolder } from "../../auth/actor.ts";
import type { AskedBy, Seen } from "../../auth/sessions.ts";
import { Refusal } from "../../errors.ts";
import type { PageEnv, Visitor } from "../visitor.ts";
import { turnedAwayPage } from "./pages.tsx";
import { returnPath, signInPath } from "./return-path.ts";
import type { SignInServices } from "./services.ts";

/** What everybody may have: files that are the same for all. */
const OPEN = /^\/(?:assets\/|favicon)/;

/**
 * Lets in whoever is signed in, as `visitor`, by the state of now. Whoever is not is led to the
 * sign-in page and back, or refused where there is nothing to come back to.
 */
export function signedIn(services: SignInServices): MiddlewareHandler<PageEnv> {
  return async (context, next) => {
    if (OPEN.test(context.req.path)) return next();
    const visitor = await visitorOf(services, context, isByPage(context) ? "page" : "person");
    if (visitor === undefined) return turnAway(context);
    context.set("visitor", visitor);
    return next();
  };
}

/** Whether an open page asks by itself: for its stream, or for the part that follows what happens. */
function isByPage({ req }: Context): boolean {
  return req.path === "/live" || req.header("hx-trigger") === "live";
}

/**
 * Who is signed in at the browser that asks.
 * @param by what asks for them; a session that only pages and checks ask for ends unused
 * @returns undefined for nobody, whatever the reason
 * @throws Refusal `unavailable` while nobody can tell
 */
export async function visitorOf(
  services: SignInServices,
  context: Context,
  by: AskedBy = "person",
): Promise<Visitor | undefined> {
  // Before anything is said of a session: a replica that is cut off lets nobody in.
  requireLedger(services);
  const secret = services.cookies.session.read(context);
  if (secret === undefined) return undefined;
  const found = await services.sessions.find(secret, seenOf(services, context), by);
  if (found === undefined) return undefined;
  const { state } = requireLedger(services);
  const person = state.owners.get(found.person);
  const session =
    person?.kind === "person"
      ? ((await services.adminChecks?.look(found, person)) ?? found)
      : found;
  const holder = sessionHolder(requireLedger(services).state, session, services.now());
  return holder === undefined ? undefined : { ...holder, session: session.id };
}

/** @throws Refusal `unavailable` */
export function requireLedger({ ledger, fault }: SignInServices) {
  const found = ledger();
  if (found === undefined) throw new Refusal("unavailable", fault(), { retryAfter: 5 });
  return found;
}

export function seenOf(services: SignInServices, context: Context): Seen {
  return {
    address: services.clientAddress(context),
    agent: context.req.header("user-agent") ?? "",
  };
}

function turnAway(context: Context): Response | Promise<Response> {
  const { req } = context;
  // A part of a page that is fetched cannot show another page in its place: all of it has to go.
  if (req.header("hx-request") === "true") {
    context.header("HX-Redirect", signInPath(pathOf(req.header("hx-current-url") ?? "")));
    return context.body(null, 401);
  }
  const isPage = req.method === "GET" || req.method === "HEAD";
  if (isPage && req.header("accept")?.startsWith("text/event-stream") !== true)
    return context.redirect(signInPath(pathOf(req.url)), 303);
  return context.html(turnedAwayPage(), 401);
}

function pathOf(url: string): string {
  if (!URL.canParse(url)) return "/";
  const { pathname, search } = new URL(url);
  return returnPath(pathname + search);
}
