import type { Verb } from "../domain/decision.ts";
import { requireEndpoint } from "./update.ts";

/** Takes a service offline. Its host goes back to what serves it without the endpoint. */
export const deleteEndpoint: Verb<{ id: string; ifMatch?: number | undefined }, null> = (
  state,
  context,
  input,
) => {
  const endpoint = requireEndpoint(state, context, input.id, input.ifMatch);
  return {
    changes: [{ kind: "endpoint", id: endpoint.id, entity: null }],
    event: {
      type: "endpoint.deleted",
      summary: `${endpoint.host}${endpoint.path} was removed`,
      owners: [endpoint.owner],
    },
    result: null,
  };
};
