import type { Verb } from "../domain/decision.ts";
import type { RequestRecord } from "../domain/requests.ts";
import { putRequest, requireOpen, requireRequest, type RequestInput } from "./find.ts";
import { requestInWords } from "./wish.ts";

/** Takes a request back that nobody has decided. Of a group, each of its managers may. */
export const withdrawRequest: Verb<RequestInput, RequestRecord> = (state, context, input) => {
  const request = requireRequest(state, context, "request.withdraw", input);
  requireOpen(request);
  const next: RequestRecord = {
    ...request,
    revision: context.revision,
    state: "withdrawn",
    decided: { by: context.actor.owner, at: context.now.toISOString() },
  };
  const summary = `${requestInWords(state, request)} was withdrawn`;
  return putRequest(next, { type: "request.withdrawn", summary }, [request.owner]);
};
