import { Refusal } from "../errors.ts";
import type { Verb } from "../domain/decision.ts";
import type { RequestRecord } from "../domain/requests.ts";
import { putRequest, requireRequest, type RequestInput } from "./find.ts";
import { requestInWords } from "./wish.ts";

/** Takes note of a decision, so that it is news no longer. A second time, nothing changes. */
export const acknowledgeRequest: Verb<RequestInput, RequestRecord> = (state, context, input) => {
  const request = requireRequest(state, context, "request.acknowledge", input);
  const { decided } = request;
  if (decided === undefined) throw new Refusal("conflict", "This request has not been decided.");
  const seenAt = decided.seenAt ?? context.now.toISOString();
  const next: RequestRecord = {
    ...request,
    revision: context.revision,
    decided: { ...decided, seenAt },
  };
  const summary = `the answer to ${requestInWords(state, request)} was read`;
  const event = { type: "request.acknowledged", summary };
  if (decided.seenAt === undefined) return putRequest(next, event, [request.owner]);
  return { changes: [], event: { ...event, owners: [] }, result: request };
};
