import { z } from "@hono/zod-openapi";
import type { Answer } from "../domain/entities.ts";
import { apply, type State } from "../domain/state.ts";
import type { Decide } from "../store/ledger.ts";
import { carryOut, preview } from "./carry-out.ts";
import { entityTag } from "./conditional.ts";
import type { ApiContext } from "./deps.ts";
import type { Services } from "./services.ts";
import { recall, remember, repeatable, type Repeatable } from "./idempotency.ts";
import { routesDiffSchema, type RoutesDiff } from "./routing.ts";

/** The query of every change. */
export const changeQuery = z.strictObject({
  dryRun: z.enum(["true", "false"]).optional().openapi({
    description: "`true`: nothing is stored; the answer says what would be routed differently.",
  }),
});

/** Headers of every change, for the contract; they are read in `change` and `conditional`. */
export const changeHeaders = [
  {
    name: "Idempotency-Key",
    in: "header" as const,
    required: false,
    description:
      "A repeat of the request under this key gets the first answer again, secrets excepted, for 24 hours.",
    schema: { type: "string" as const, maxLength: 200 },
  },
];

/** For changes of what exists. */
export const conditionalHeaders = [
  ...changeHeaders,
  {
    name: "If-Match",
    in: "header" as const,
    required: false,
    description:
      'The `ETag` that was read, or `"<revision>"`: refused with 412 if it was changed since.',
    schema: { type: "string" as const },
  },
];

/** For reading one thing. */
export const readHeaders = [
  {
    name: "If-None-Match",
    in: "header" as const,
    required: false,
    description: "The `ETag` that was read: 304 if nothing has changed.",
    schema: { type: "string" as const },
  },
];

/** The contract of a dry run's answer. */
export function dryRunSchemaOf<T extends z.ZodType>(result: T) {
  return z.object({
    dryRun: z.literal(true),
    result: result.openapi({
      description: "As it would be; ids of new things are drawn anew when it is really made.",
    }),
    revision: z.null(),
    routes: routesDiffSchema,
  });
}

export interface DryRun<Body> {
  dryRun: true;
  result: Body;
  revision: null;
  routes: RoutesDiff;
}

/** A change as a handler asks for it. */
export interface Plan<Result, Body> {
  readonly decide: Decide<Result>;
  /** The status of the answer, kept for repeats. */
  readonly status: number;
  /** The answer's body. Pure: of the verb's result and the state after it. */
  readonly show: (result: Result, after: State) => Body;
  /** The body that a repeat gets; without secrets. */
  readonly showAgain?: (body: Body) => Body;
}

export type Outcome<Body> = { readonly dry: true; readonly body: DryRun<Body> } | Answered<Body>;

interface Answered<Body> {
  readonly dry: false;
  readonly body: Body;
}

type Settled<Result, Body> =
  | { readonly kept: Answer }
  | { readonly result: Result; readonly shown: { readonly body: Body } | undefined };

interface Kept<Body> {
  readonly revision: number;
  readonly body: Body;
}

/**
 * Carries a change out, or with `?dryRun=true` says what it would do. Sets `Tardis-Revision`, the
 * entity tag and, for a repeat, `Idempotency-Replayed`.
 * @throws Refusal what the verb refuses, `rate_limited`, `idempotency_mismatch` or `unavailable`
 */
export async function change<Result, Body extends { readonly revision: number } | null>(
  context: ApiContext,
  services: Services,
  plan: Plan<Result, Body>,
): Promise<Outcome<Body>> {
  if (context.req.query("dryRun") === "true")
    return { dry: true, body: dryRun(context, services, plan) };
  const request = await repeatable(context);
  const { result, revision, after } = await carryOut(
    services,
    context.get("actor"),
    settling(plan, request),
  );
  if ("kept" in result) return answerAgain(context, result.kept);
  const body = result.shown?.body ?? plan.show(result.result, after);
  return answer(context, body, revision, plan.showAgain?.(body));
}

/**
 * Refuses what the verb would refuse, before anything is asked of another system or waited for; a
 * repeat of what was done is no news, and gets its answer.
 * @throws Refusal what the verb refuses
 */
export async function refuseFirst<Result>(
  context: ApiContext,
  { ledger, now }: Services,
  decide: Decide<Result>,
): Promise<void> {
  const request = await repeatable(context);
  if (request !== undefined && recall(ledger.state, now(), request) !== undefined) return;
  ledger.preview(context.get("actor"), decide);
}

/**
 * The answer to a repeat of what was done, for a change that another system is asked about first: it
 * would tell how things stand after the change.
 * @returns undefined for what is no repeat
 */
export async function answerOfRepeat<Body extends { readonly revision: number } | null>(
  context: ApiContext,
  { ledger, now }: Pick<Services, "ledger" | "now">,
): Promise<Body | undefined> {
  if (context.req.query("dryRun") === "true") return undefined;
  const request = await repeatable(context);
  const kept = request === undefined ? undefined : recall(ledger.state, now(), request);
  return kept === undefined ? undefined : answerAgain<Body>(context, kept).body;
}

function answerAgain<Body extends { readonly revision: number } | null>(
  context: ApiContext,
  { body }: Answer,
): Answered<Body> {
  const kept = JSON.parse(body) as Kept<Body>;
  context.header("Idempotency-Replayed", "true");
  return answer(context, kept.body, kept.revision);
}

/** Decides, and puts the answer into the same commit when the request may come again. */
function settling<Result, Body>(
  plan: Plan<Result, Body>,
  request: Repeatable | undefined,
): Decide<Settled<Result, Body>> {
  return (state, context) => {
    const kept = request === undefined ? undefined : recall(state, context.now, request);
    if (kept !== undefined) {
      return {
        changes: [],
        event: { type: "repeated", summary: "", owners: [] },
        result: { kept },
      };
    }
    const decision = plan.decide(state, context);
    const { result } = decision;
    if (request === undefined) return { ...decision, result: { result, shown: undefined } };
    const body = plan.show(result, apply(state, decision.changes, context.revision));
    const again: Kept<Body> = { revision: context.revision, body: plan.showAgain?.(body) ?? body };
    const record = remember(state, context, request, plan.status, JSON.stringify(again));
    return {
      ...decision,
      changes: [...decision.changes, ...record],
      result: { result, shown: { body } },
    };
  };
}

/** @param tagged what the entity tag is of, when it is not of the body as it is */
function answer<Body extends { readonly revision: number } | null>(
  context: ApiContext,
  body: Body,
  revision: number,
  tagged: Body = body,
): Answered<Body> {
  context.header("Tardis-Revision", String(revision));
  if (tagged !== null) context.header("ETag", entityTag(tagged));
  return { dry: false, body };
}

function dryRun<Result, Body>(
  context: ApiContext,
  services: Services,
  plan: Plan<Result, Body>,
): DryRun<Body> {
  const { result, after, routes } = preview(services, context.get("actor"), plan.decide);
  const body = plan.show(result, after);
  return { dryRun: true, result: plan.showAgain?.(body) ?? body, revision: null, routes };
}
