import { randomBytes } from "node:crypto";
import { Hono, type Context } from "hono";
import { FLOW_SECONDS } from "../../auth/flows.ts";
import { CALLBACK_PATH, ProviderError } from "../../auth/provider-answers.ts";
import type { Provider } from "../../auth/provider.ts";
import type { Person } from "../../domain/entities.ts";
import { messageOf, Refusal } from "../../errors.ts";
import { requirePass } from "../../owners/passes.ts";
import { signInAs } from "../../owners/sign-in.ts";
import { hashSecret } from "../../owners/tokens.ts";
import { arrive, arriving } from "./arrive.ts";
import { guarded } from "./guarded.ts";
import { acceptAgain, acceptedCode, keepInvitation } from "./invited.ts";
import { newcomerOf } from "./newcomer.ts";
import { invitationPage, signInPage } from "./pages.tsx";
import { returnPath, startPath } from "./return-path.ts";
import type { SignInServices } from "./services.ts";
import { requireLedger } from "./signed-in.ts";

const SECRET = /^[A-Za-z0-9_-]{43}$/;

/**
 * Signing in at the provider: `/sign-in/start` leads there, `/sign-in/callback` takes up who comes
 * back. It begins by a link and not by a form: browsers hold a form's redirects to `form-action`, and
 * where a provider leads on to is its own affair. An invitation is accepted by a link that only the
 * browser can follow whom `/sign-in/invitation/:code` has asked.
 */
export function providerRoutes(services: SignInServices, provider: Provider): Hono {
  const app = new Hono();
  const { tries, clientAddress, cookies, flows, now } = services;
  app.get("/sign-in/start", async (context) => {
    const to = returnPath(context.req.query("to"));
    const site = context.req.header("sec-fetch-site") ?? "none";
    // From a page of somebody else's, nobody has asked for it.
    if (site !== "none" && site !== "same-origin") return context.redirect("/sign-in", 303);
    const address = clientAddress(context);
    await tries.requireFew("begun", address);
    await tries.count("begun", address);
    const given = context.req.query("invitation");
    const invitation =
      given === undefined ? undefined : hashSecret(acceptedCode(cookies, context, given));
    if (invitation !== undefined) await invited(services, context, invitation);
    return leaving(services, provider, context, { to, invitation }, async () => {
      const kept = cookies.flow.read(context) ?? "";
      const browser = SECRET.test(kept) ? kept : randomBytes(32).toString("base64url");
      const state = flows.newState();
      const { url, challenge } = await provider.begin(state);
      await flows.put(state, browser, {
        ...challenge,
        to,
        ...(invitation === undefined ? {} : { invitation }),
      });
      cookies.flow.write(context, browser, FLOW_SECONDS);
      return context.redirect(url.href, 303);
    });
  });
  app.get(CALLBACK_PATH, async (context) => {
    requireLedger(services);
    const state = context.req.query("state") ?? "";
    const browser = cookies.flow.read(context);
    // First of all: whoever comes back with their own sign-in guesses nothing, and is let in beside
    // somebody at their address who does.
    const flow = browser === undefined ? undefined : await flows.take(state, browser);
    if (flow === undefined) {
      const address = clientAddress(context);
      await tries.requireFew("wrong", address);
      await tries.count("wrong", address);
      throw new Refusal(
        "invalid_input",
        "This sign-in was not begun in this browser, or is too old. Begin it again.",
      );
    }
    return leaving(services, provider, context, flow, async () => {
      const account = await provider.finish(new URL(context.req.url).search, state, flow);
      const { issuer, subject } = account;
      const ledger = requireLedger(services);
      const input = { issuer, subject, invitation: flow.invitation };
      const newcomer = await newcomerOf(ledger.state, input, account, services);
      const { result: person } = await ledger.change(arriving, (decidedOn, decided) =>
        signInAs(decidedOn, decided, { ...input, ...newcomer }),
      );
      const adminUntil = await adminUntilOf(services, person, account);
      if (flow.invitation !== undefined) cookies.invitation.clear(context);
      await arrive(services, context, person, adminUntil);
      return context.redirect(flow.to, 303);
    });
  });
  app.get("/sign-in/invitation/:code", async (context) => {
    const code = context.req.param("code");
    const { person } = await invited(services, context, hashSecret(code));
    const start = startPath({ to: "/", invitation: keepInvitation(cookies, context, code) });
    return context.html(invitationPage({ name: person.name, provider: provider.caption, start }));
  });

  /** @throws Refusal for an invitation that is not good, counted as a guess */
  function invited(given: SignInServices, context: Context, hash: string) {
    return guarded(given, context, async () =>
      requirePass(requireLedger(given).state, { now: now() }, hash, "invitation"),
    );
  }
  return app;
}

/** What somebody wants who is on the way to the provider and back: it is wanted at the next try, too. */
interface Wanted {
  readonly to: string;
  /** The hash of the code of the invitation that is being accepted. */
  readonly invitation?: string | undefined;
}

/** Says on the sign-in page what became of the way to the provider and back. */
async function leaving(
  { tries, clientAddress, cookies, log }: SignInServices,
  provider: Provider,
  context: Context,
  { to, invitation }: Wanted,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    log.warn(
      { code: error.code, reason: error.message },
      "a sign-in at the provider did not come about",
    );
    if (error.code === "invalid") await tries.count("wrong", clientAddress(context));
    const { caption } = provider;
    const start = startPath({
      to,
      invitation: invitation === undefined ? undefined : acceptAgain(cookies, context, invitation),
    });
    const page = (notice?: string) =>
      signInPage({
        notice,
        kept: cookies.kept,
        provider: caption,
        isThere: error.code !== "away",
        start,
        again: start,
      });
    switch (error.code) {
      case "away":
        context.header("Retry-After", "5");
        return context.html(page(), 503);
      case "denied":
        return context.html(page(`You did not let ${caption} say who you are.`), 403);
      case "invalid":
        return context.html(page(`What ${caption} answered is not good. Try again.`), 400);
    }
  }
}

/**
 * Asked at each sign-in. While GitLab cannot say, nobody is an admin by it: they are let in as the
 * member that they are in any case.
 */
async function adminUntilOf(
  { groupAdmins, log }: SignInServices,
  person: Person,
  account: { readonly subject: string; readonly accessToken: string },
): Promise<Date | undefined> {
  try {
    return await groupAdmins?.adminUntil(account.subject, account.accessToken);
  } catch (error) {
    log.warn(
      { person: person.id, reason: messageOf(error) },
      `whether ${person.name} is an admin by their group in GitLab could not be asked`,
    );
    return undefined;
  }
}
