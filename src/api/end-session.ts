import type { Sessions } from "../auth/sessions.ts";
import type { Actor } from "../domain/policy.ts";
import { recordSessionEnd } from "../owners/sign-out.ts";
import { carryOut } from "./carry-out.ts";
import type { Services } from "./services.ts";

/**
 * Ends one of a person's sessions. Where somebody else does, it is written to the history first: an
 * end that is in no history is worse than one that is there twice.
 * @param person by id
 * @returns whether there was such a session
 * @throws Refusal `forbidden`, `unavailable`
 */
export async function endSession(
  services: Pick<Services, "ledger" | "limits"> & { readonly sessions: Sessions },
  actor: Actor,
  person: string,
  session: string,
): Promise<boolean> {
  const { sessions } = services;
  if (actor.owner !== person) {
    if (!(await sessions.of(person)).some(({ id }) => id === session)) return false;
    await carryOut(services, actor, (state, decided) =>
      recordSessionEnd(state, decided, { id: person }),
    );
  }
  return sessions.end(person, session);
}
