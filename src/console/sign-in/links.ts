import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import { Refusal } from "../../errors.ts";
import { requirePass, useLink } from "../../owners/passes.ts";
import { hashSecret } from "../../owners/tokens.ts";
import { arrive, arriving } from "./arrive.ts";
import { bindingOf, isBound } from "./binding.ts";
import { guarded } from "./guarded.ts";
import { linkPage } from "./pages.tsx";
import type { SignInServices } from "./services.ts";
import { requireLedger } from "./signed-in.ts";

/** Somebody reads one sentence and presses a button. */
const BINDING_SECONDS = 15 * 60;

/**
 * `/sign-in/link`: the single-use links of admins. What opens the link only asks; the form uses it
 * up, and only from the browser that was asked: so neither a mail scanner nor a page that plants
 * the form gets anywhere.
 */
export function linkRoutes(services: SignInServices): Hono {
  const app = new Hono();
  const { cookies, now } = services;
  app.get("/sign-in/link/:code", async (context) => {
    const code = context.req.param("code");
    const { person } = await guarded(services, context, async () =>
      requirePass(requireLedger(services).state, { now: now() }, hashSecret(code), "sign-in"),
    );
    const secret = cookies.link.read(context) ?? randomBytes(32).toString("base64url");
    cookies.link.write(context, secret, BINDING_SECONDS);
    return context.html(linkPage({ name: person.name, code, binding: bindingOf(secret) }));
  });
  app.post("/sign-in/link", async (context) => {
    const form = await context.req.parseBody();
    const secret = cookies.link.read(context);
    if (secret === undefined || !isBound(form["binding"], secret)) {
      throw new Refusal(
        "forbidden",
        "This browser was not asked. Open the link again, in the browser that is to be signed in.",
      );
    }
    const { code } = form;
    const { result: person } = await guarded(services, context, () =>
      requireLedger(services).change(arriving, (state, decided) =>
        useLink(state, decided, { hash: hashSecret(typeof code === "string" ? code : "") }),
      ),
    );
    cookies.link.clear(context);
    await arrive(services, context, person);
    return context.redirect("/", 303);
  });
  return app;
}
