import type { Verb } from "../domain/decision.ts";
import type { Endpoint } from "../domain/entities.ts";
import { labelOf } from "../domain/names.ts";
import { createEndpoint } from "./create.ts";

/**
 * Makes an endpoint again that was removed: by the rules of now, as whoever asks for it. What may
 * not be made may not be put back. It is a new one, with an id of its own.
 */
export const putBackEndpoint: Verb<{ readonly removed: Endpoint }, Endpoint> = (
  state,
  context,
  { removed },
) => {
  const label = labelOf(removed.host, context.rules.zone);
  const place =
    label !== undefined && state.labels.has(label) ? { label } : { host: removed.host as string };
  const { owner, path, targets, stripPrefix, passHostHeader, acceptSelfSigned, paused } = removed;
  const decision = createEndpoint(state, context, {
    ...place,
    owner,
    path,
    targets,
    stripPrefix,
    passHostHeader,
    acceptSelfSigned,
    paused,
    healthCheck: removed.healthCheck,
  });
  const summary = `${removed.host}${removed.path} was put back`;
  return { ...decision, event: { ...decision.event, summary } };
};
