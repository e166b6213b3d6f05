import type { Person } from "../domain/entities.ts";
import type { Actor } from "../domain/policy.ts";

/**
 * Who is signed in at the console. Made anew at each request, from the session and the state of now:
 * a demoted admin is a member at once.
 */
export interface Visitor {
  readonly person: Person;
  /** What the verbs are asked as: all scopes of the person's role, and no token. */
  readonly actor: Actor;
  /** The session's id, as lists of sessions show it; never the cookie's secret. */
  readonly session: string;
  /** Whether the provider has to say again that they are an admin before they are one. */
  readonly adminLapsed: boolean;
}

/** What a request of someone signed in carries to the pages. */
export interface PageEnv {
  Variables: { visitor: Visitor };
}
