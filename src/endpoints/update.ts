import { Refusal } from "../errors.ts";
import { requireOwner, requireUnchanged, type Context, type Verb } from "../domain/decision.ts";
import type { Endpoint } from "../domain/entities.ts";
import { authorise } from "../domain/policy.ts";
import { parsePathPrefix } from "../domain/names.ts";
import type { State } from "../domain/state.ts";
import {
  parseHealthCheck,
  parseTargets,
  requireTlsForSelfSigned,
  type HealthCheckInput,
  type TargetsInput,
} from "./options.ts";
import { isAdminHost, parsePlace, requireFreePlace, type PlaceInput } from "./place.ts";

export interface EndpointUpdate extends PlaceInput, TargetsInput {
  readonly id: string;
  readonly ifMatch?: number | undefined;
  readonly stripPrefix?: boolean | undefined;
  readonly passHostHeader?: boolean | undefined;
  readonly acceptSelfSigned?: boolean | undefined;
  /** `null` ends the check. */
  readonly healthCheck?: HealthCheckInput | null | undefined;
  readonly paused?: boolean | undefined;
}

/**
 * The endpoint, if the actor may change it.
 * @throws Refusal `not_found`, `forbidden` or `stale`
 */
export function requireEndpoint(
  state: State,
  context: Context,
  id: string,
  ifMatch: number | undefined,
): Endpoint {
  const endpoint = state.endpoints.get(id);
  authorise(state, context.actor, "endpoint.write", endpoint?.owner ?? null, "endpoint");
  if (endpoint === undefined) throw new Refusal("not_found", "There is no such endpoint.");
  if (isAdminHost(state, context, endpoint.host)) {
    authorise(state, context.actor, "endpoint.write-host", endpoint.owner, "endpoint");
  }
  requireUnchanged(endpoint, ifMatch);
  return endpoint;
}

/** Changes, moves, pauses or resumes an endpoint. What is not given stays. */
export const updateEndpoint: Verb<EndpointUpdate, Endpoint> = (state, context, input) => {
  const before = requireEndpoint(state, context, input.id, input.ifMatch);
  const owner = requireOwner(state, before.owner);
  let { host, path } = before;
  if (input.label !== undefined || input.host !== undefined) {
    ({ host, path } = parsePlace(state, context, owner, {
      ...input,
      path: input.path ?? before.path,
    }));
  } else if (input.path !== undefined) {
    path = parsePathPrefix(input.path, "path");
  }
  requireFreePlace(state, host, path, before.id);
  const retargets = input.target !== undefined || input.targets !== undefined;
  const targets = retargets ? parseTargets(state, context, owner, input) : before.targets;
  const { healthCheck: oldCheck, ...kept } = before;
  const healthCheck =
    input.healthCheck === undefined
      ? oldCheck
      : input.healthCheck === null
        ? undefined
        : parseHealthCheck(context, input.healthCheck);
  const next: Endpoint = {
    ...kept,
    revision: context.revision,
    host,
    path,
    targets,
    stripPrefix: input.stripPrefix ?? before.stripPrefix,
    passHostHeader: input.passHostHeader ?? before.passHostHeader,
    acceptSelfSigned: input.acceptSelfSigned ?? before.acceptSelfSigned,
    paused: input.paused ?? before.paused,
    ...(healthCheck === undefined ? {} : { healthCheck }),
  };
  requireTlsForSelfSigned(next.targets, next.acceptSelfSigned);
  return {
    changes: [{ kind: "endpoint", id: next.id, entity: next }],
    event: {
      type: "endpoint.updated",
      summary: `${before.host}${before.path} was changed`,
      owners: [before.owner],
    },
    result: next,
  };
};
