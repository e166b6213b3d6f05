import { Refusal } from "../errors.ts";
import { requireQuota, stamp, type Verb } from "../domain/decision.ts";
import type { Endpoint } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { findOwner } from "../domain/state.ts";
import {
  parseHealthCheck,
  parseTargets,
  requireTlsForSelfSigned,
  type HealthCheckInput,
  type TargetsInput,
} from "./options.ts";
import { parsePlace, requireFreePlace, type PlaceInput } from "./place.ts";

export interface EndpointInput extends PlaceInput, TargetsInput {
  /** An owner's id or name. */
  readonly owner: string;
  readonly stripPrefix?: boolean | undefined;
  readonly passHostHeader?: boolean | undefined;
  readonly acceptSelfSigned?: boolean | undefined;
  readonly healthCheck?: HealthCheckInput | undefined;
  readonly paused?: boolean | undefined;
}

/** Puts a service online at one of the owner's hosts. */
export const createEndpoint: Verb<EndpointInput, Endpoint> = (state, context, input) => {
  const owner = findOwner(state, input.owner);
  authorise(state, context.actor, "endpoint.write", owner?.id ?? null, "owner");
  if (owner === undefined)
    throw new Refusal("not_found", "There is no such owner.", { field: "owner" });
  if (input.host !== undefined)
    authorise(state, context.actor, "endpoint.write-host", owner.id, "owner");
  requireQuota(context, owner, "endpoints", state.endpointsByOwner.get(owner.id)?.size ?? 0);
  const { host, path } = parsePlace(state, context, owner, input);
  requireFreePlace(state, host, path);
  const targets = parseTargets(state, context, owner, input);
  const acceptSelfSigned = input.acceptSelfSigned ?? false;
  requireTlsForSelfSigned(targets, acceptSelfSigned);
  const endpoint: Endpoint = {
    ...stamp(context),
    kind: "endpoint",
    id: context.newId("ep"),
    owner: owner.id,
    host,
    path,
    targets,
    stripPrefix: input.stripPrefix ?? false,
    passHostHeader: input.passHostHeader ?? true,
    acceptSelfSigned,
    paused: input.paused ?? false,
    ...(input.healthCheck === undefined
      ? {}
      : { healthCheck: parseHealthCheck(context, input.healthCheck) }),
  };
  return {
    changes: [{ kind: "endpoint", id: endpoint.id, entity: endpoint }],
    event: { type: "endpoint.created", summary: `${host}${path} was added`, owners: [owner.id] },
    result: endpoint,
  };
};
