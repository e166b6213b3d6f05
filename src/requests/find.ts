import { Refusal } from "../errors.ts";
import { requireUnchanged, type Context, type Decision } from "../domain/decision.ts";
import { authorise, type Action } from "../domain/policy.ts";
import type { RequestRecord } from "../domain/requests.ts";
import type { State } from "../domain/state.ts";

/** A request that was read before. */
export interface RequestInput {
  readonly id: string;
  readonly ifMatch?: number | undefined;
}

/** @throws Refusal `not_found`, `forbidden` or `stale` */
export function requireRequest(
  state: State,
  context: Context,
  action: Action,
  { id, ifMatch }: RequestInput,
): RequestRecord {
  const request = state.requests.get(id);
  authorise(state, context.actor, action, request?.owner ?? null, "request");
  if (request === undefined) throw new Refusal("not_found", "There is no such request.");
  requireUnchanged(request, ifMatch);
  return request;
}

/** @throws Refusal `conflict` when it was decided or withdrawn */
export function requireOpen({ state }: RequestRecord): void {
  if (state !== "open") throw new Refusal("conflict", `This request was ${state} already.`);
}

/** A request written anew, alone. */
export function putRequest(
  request: RequestRecord,
  event: { readonly type: string; readonly summary: string },
  owners: readonly string[],
): Decision<RequestRecord> {
  return {
    changes: [{ kind: "request", id: request.id, entity: request }],
    event: { ...event, owners },
    result: request,
  };
}
