import type { Verb } from "../domain/decision.ts";
import type { RequestRecord } from "../domain/requests.ts";
import { Refusal } from "../errors.ts";
import { askAdmins } from "./ask.ts";
import { requireRequest, type RequestInput } from "./find.ts";

/** Asks anew for what a withdrawn request asked for, in the same words: the way back from it. */
export const askAgain: Verb<RequestInput, RequestRecord> = (state, context, input) => {
  const { state: now, owner, wish, reason } = requireRequest(state, context, "request.ask", input);
  if (now !== "withdrawn")
    throw new Refusal("conflict", "Only a request that was withdrawn is asked again.");
  return askAdmins(state, context, { owner, wish, reason });
};
