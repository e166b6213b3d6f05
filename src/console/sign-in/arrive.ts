import type { Context } from "hono";
import type { Person } from "../../domain/entities.ts";
import type { Actor } from "../../domain/policy.ts";
import type { SignInServices } from "./services.ts";
import { seenOf, visitorOf } from "./signed-in.ts";

/** Whoever signs in, in the history: it is what they bring that lets them in. */
export const arriving: Actor = {
  name: "sign-in",
  owner: null,
  admin: false,
  scopes: new Set(),
  token: null,
};

/**
 * Lets somebody in who has shown who they are: always by a new session, so that no cookie from
 * before is ever worth more than it was.
 */
export async function arrive(
  services: SignInServices,
  context: Context,
  person: Person,
  adminUntil?: Date,
): Promise<void> {
  const { sessions, cookies, log } = services;
  const before = await visitorOf(services, context);
  if (before !== undefined) await sessions.end(before.person.id, before.session);
  const { session, secret } = await sessions.begin(person.id, seenOf(services, context), {
    adminUntil,
    after: person.signedOut,
  });
  cookies.session.write(context, secret, sessions.lifeSeconds);
  log.info({ person: person.id, session: session.id }, `${person.name} signed in`);
}
