import { bodyLimit } from "hono/body-limit";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { authenticate } from "../auth/actor.ts";
import type { Actor } from "../domain/policy.ts";
import { Refusal } from "../errors.ts";
import { resource } from "./contract.ts";
import type { ApiContext, Deps } from "./deps.ts";
import { servicesOf, type Services } from "./services.ts";
import { bucketKeys } from "./bucket-keys.ts";
import { bucketAdoption } from "./bucket-adoption.ts";
import { bucketStatus } from "./bucket-status.ts";
import { buckets } from "./buckets.ts";
import { databaseAccounts } from "./database-accounts.ts";
import { databaseAdoption } from "./database-adoption.ts";
import { databaseStatus } from "./database-status.ts";
import { databases } from "./databases.ts";
import { docs } from "./docs.ts";
import { kubeconfigs } from "./kubeconfigs.ts";
import { namespaceAdoption } from "./namespace-adoption.ts";
import { namespaces } from "./namespaces.ts";
import { namespaceStatus } from "./namespace-status.ts";
import { endpoints } from "./endpoints.ts";
import { events } from "./events.ts";
import { groups } from "./groups.ts";
import { labels } from "./labels.ts";
import { openApiDocument } from "./openapi.ts";
import { pageSyncs } from "./page-syncs.ts";
import { pageDomains } from "./page-domains.ts";
import { pages } from "./pages.ts";
import { passes } from "./passes.ts";
import { persons } from "./persons.ts";
import { problemOf, PROBLEMS, ProtocolProblem } from "./problem.ts";
import { requests } from "./requests.ts";
import { reservedNames } from "./reserved-names.ts";
import { routes } from "./routes.ts";
import { sessions } from "./sessions.ts";
import { tokens } from "./tokens.ts";
import { whoami } from "./whoami.ts";

export type { Deps } from "./deps.ts";

const BODY_MAX = 64 * 1024;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * The resources under `/api/v1`, with the types that a client infers from them. A path that is also
 * like a parameter's comes first: `/pages/domains` before `/pages/{id}`.
 */
function resources(services: Services) {
  return resource()
    .route("/api/v1", persons(services))
    .route("/api/v1", groups(services))
    .route("/api/v1", labels(services))
    .route("/api/v1", reservedNames(services))
    .route("/api/v1", endpoints(services))
    .route("/api/v1", pageSyncs(services))
    .route("/api/v1", pageDomains(services))
    .route("/api/v1", pages(services))
    .route("/api/v1", routes(services))
    .route("/api/v1", requests(services))
    .route("/api/v1", bucketAdoption(services))
    .route("/api/v1", bucketStatus(services))
    .route("/api/v1", buckets(services))
    .route("/api/v1", bucketKeys(services))
    .route("/api/v1", databaseAdoption(services))
    .route("/api/v1", databaseStatus(services))
    .route("/api/v1", databases(services))
    .route("/api/v1", databaseAccounts(services))
    .route("/api/v1", namespaceAdoption(services))
    .route("/api/v1", namespaceStatus(services))
    .route("/api/v1", namespaces(services))
    .route("/api/v1", kubeconfigs(services))
    .route("/api/v1", tokens(services))
    .route("/api/v1", passes(services))
    .route("/api/v1", sessions(services))
    .route("/api/v1", events(services))
    .route("/api/v1", whoami(services));
}

/** What `hc` makes a typed client of. */
export type ApiType = ReturnType<typeof resources>;

/**
 * The JSON API and its reference: everything below `/api`. It answers tokens, never cookies, and
 * keeps nothing of its own.
 */
export function createApi(deps: Deps) {
  const services = servicesOf(deps);
  const app = resource();
  app.use(requestId());
  app.route("/api/docs", docs());
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      xFrameOptions: "DENY",
    }),
  );
  app.use(async (context, next) => {
    context.header("Cache-Control", "no-store");
    await next();
  });
  const paths = resources(services);
  let document: string | undefined;
  app.get("/api/v1/openapi.json", (context) => {
    document ??= openApiDocument(paths);
    return context.body(document, 200, { "Content-Type": "application/json" });
  });
  app.use("/api/v1/*", async (context, next) => {
    context.set("actor", await actorOf(services, context));
    await next();
  });
  app.use(
    "/api/v1/*",
    bodyLimit({
      maxSize: BODY_MAX,
      onError: () => {
        throw new ProtocolProblem("too_large", "A body has at most 64 kB.");
      },
    }),
  );
  app.route("/", paths);
  app.all("/*", (context) => {
    const { path, method } = context.req;
    const allowed = METHODS.filter((candidate) => isRouted(app, candidate, path));
    if (allowed.length === 0) throw new Refusal("not_found", "There is no such path.");
    const allow = (allowed.includes("GET") ? ["HEAD", ...allowed] : allowed).join(", ");
    throw new ProtocolProblem("method_not_allowed", `${method} is not possible here: ${allow}.`, {
      Allow: allow,
    });
  });
  app.onError((error, context) => {
    const { body, headers } = problemOf(error, context.get("requestId"), deps.log);
    return context.body(JSON.stringify(body), PROBLEMS[body.code].status, headers);
  });
  return app;
}

/** Whether a handler, and not only middleware, stands at the path for the method. */
function isRouted(app: ReturnType<typeof resource>, method: string, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
}

async function actorOf(services: Services, context: ApiContext): Promise<Actor> {
  const { actor, ledger, tries, now, clientAddress } = services;
  if (actor !== undefined) return actor;
  const header = context.req.header("authorization");
  const address = clientAddress(context);
  await tries.requireFew("token", address);
  try {
    return authenticate(ledger.state, header, now());
  } catch (error) {
    const guessed =
      error instanceof Refusal && error.code === "unauthenticated" && header !== undefined;
    if (guessed) await tries.count("token", address);
    throw error;
  }
}
