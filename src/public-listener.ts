import { createServer, type RequestListener, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Context } from "hono";
import { clientAddress } from "./auth/client-address.ts";
import type { PageParts } from "./console-pages.ts";
import { createPublic } from "./console/public.ts";
import type { Send } from "./gitlab-pages/client/send.ts";
import { createHooks } from "./gitlab-pages/hooks/receive.ts";
import type { Metrics } from "./observability/metrics.ts";

const STARTING = JSON.stringify({
  type: "about:blank",
  title: "Unavailable",
  status: 503,
  code: "unavailable",
  detail: "The console is starting; try again shortly.",
});
/** What Traefik takes; more than all the cookies that a browser keeps for a zone, which any of its
 * hosts may set: 180 of 4 kB. With less, a member's page could shut others out of the console. */
const HEADER_MAX = 1024 * 1024;
/** Above Traefik's 90 s of idle keep-alive, so that it is never us who close under a request. */
const KEEP_ALIVE_MS = 95_000;

/** The public listener, which says that the console is starting until it is told what answers. */
export interface PublicServer {
  readonly server: Server;
  /** From now on, this answers. */
  answerBy(listener: RequestListener): void;
}

/** The public listener; it listens nowhere yet. */
export function createPublicServer(): PublicServer {
  let answer: RequestListener = (_request, response) =>
    void response
      .writeHead(503, { "Content-Type": "application/problem+json", "Retry-After": "1" })
      .end(STARTING);
  const server = createServer({ maxHeaderSize: HEADER_MAX }, (request, response) =>
    answer(request, response),
  );
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return {
    server,
    answerBy: (listener) => {
      answer = listener;
    },
  };
}

interface PublicParts extends Omit<PageParts, "clientAddress" | "delivery"> {
  readonly metrics: Metrics;
  /** Calls GitLab. */
  readonly send: Send | undefined;
}

/** @returns the listener, and what ends the streams that it holds open */
export async function publicListener(
  parts: PublicParts,
): Promise<{ answer: RequestListener; end: () => void }> {
  const { core, publisher, pollers, config, metrics, log } = parts;
  const address = (context: Context) => clientAddress(context, config.http.trustedProxies);
  // The pages take long to load: Traefik has its document by now.
  const { createConsole } = await import("./console/app.ts");
  const { visitorOf } = await import("./console/sign-in/signed-in.ts");
  const { deliveryOf } = await import("./console/delivery.ts");
  const { siteOf } = await import("./console/site.ts");
  const { SignedPages } = await import("./console/signed-pages.ts");
  const hooks = hooksOf(parts, address);
  const signIn = await signInOf(parts, address);
  const now = () => core.now();
  const pages = new SignedPages({
    // With the API, on which they stand.
    pages: async (ledger, delivery) => {
      const { createPages } = await import("./console-pages.ts");
      return createPages(ledger, { ...parts, clientAddress: address, delivery });
    },
    site: siteOf(config, core.rules, now),
    log,
    delivery: () => deliveryOf(publisher, pollers, core.now()),
    renew: (context) =>
      visitorOf({ ...signIn, fault: () => "No state is there to tell by." }, context, "check"),
    volatile: () => core.volatile,
  });
  publisher.onPublish(() => pages.tellWaiting());
  pollers.onFetched(() => pages.tellWaiting());
  const site = createConsole({
    api: () => core.api,
    fault: () => core.fault?.code,
    hooks,
    signIn,
    pages,
  });
  const console = getRequestListener(site.fetch);
  const answer = createPublic({
    config,
    console: (request, response) => void console(request, response),
    table: () => publisher.table,
  });
  return { answer: timed(answer, metrics), end: () => pages.close() };
}

type AddressOf = (context: Context) => string;

/** What takes GitLab's hooks, where there is a GitLab. */
function hooksOf({ core, config, metrics, gitlabPages }: PublicParts, address: AddressOf) {
  if (gitlabPages === undefined) return undefined;
  return createHooks({
    token: config.gitlab.hooks.token,
    signingToken: config.gitlab.hooks.signingToken,
    accept: (hints) => gitlabPages.accept(hints),
    count: (event, outcome) => metrics.gitlabHooks.inc({ event, outcome }),
    volatile: () => core.volatile,
    failures: {
      secondsLeft: (from) => core.tries.secondsLeft("hook", from),
      count: (from) => core.tries.count("hook", from),
    },
    clientAddress: address,
    now: () => core.now().getTime(),
  });
}

/** What people sign in by; the code of what is not configured is not loaded. */
async function signInOf({ core, config, send, log }: PublicParts, address: AddressOf) {
  const { Flows } = await import("./auth/flows.ts");
  const { ownCookies } = await import("./console/sign-in/cookies.ts");
  const { oidc, admins } = config.signIn;
  const now = () => core.now();
  const provider =
    oidc.issuer === null
      ? undefined
      : new (await import("./auth/provider.ts")).Provider({
          settings: oidc,
          publicUrl: config.publicUrl,
        });
  const groupAdmins =
    admins.group === null
      ? undefined
      : new (await import("./auth/group-admins.ts")).GroupAdmins({ config, now, send });
  const adminChecks =
    groupAdmins === undefined
      ? undefined
      : new (await import("./auth/admin-checks.ts")).AdminChecks({
          groupAdmins,
          sessions: core.sessions,
          issuer: oidc.issuer ?? "",
          now,
          log,
        });
  // Asked now, so that the first one who comes does not wait for it.
  void provider?.isThere();
  return {
    publicUrl: config.publicUrl,
    ledger: () => core.letsInBy,
    sessions: core.sessions,
    tries: core.tries,
    flows: new Flows(() => core.requireVolatile()),
    usernameClaim: oidc.usernameClaim,
    provider,
    groupAdmins,
    adminChecks,
    cookies: ownCookies(config.publicUrl),
    now,
    clientAddress: address,
    log,
  };
}

/** Has a listener's answers timed. */
function timed(answer: RequestListener, metrics: Metrics): RequestListener {
  return (request, response) => {
    const done = metrics.requests.startTimer();
    response.once("close", () => {
      // A stream lasts as long as its page is looked at: that says nothing of how fast answers are.
      const isStream = request.headers.accept?.startsWith("text/event-stream") === true;
      if (isStream && response.statusCode === 200) return;
      done({ method: request.method ?? "", status: String(response.statusCode) });
    });
    answer(request, response);
  };
}
