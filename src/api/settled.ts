import { Refusal } from "../errors.ts";
import type { Standing, Standings } from "../reconcile/standing.ts";
import { change, refuseFirst, type Outcome, type Plan } from "./change.ts";
import type { ApiContext } from "./deps.ts";
import type { Services } from "./services.ts";

/** What is known of things beside the state, asked for before views are made of them. */
export interface Beside<Usage> {
  readonly standings: ReadonlyMap<string, Standing>;
  readonly usage: ReadonlyMap<string, Usage>;
}

/**
 * How things of a kind stand, by id; what cannot be asked for now is not known.
 * @param ids of these alone; of all when left out
 */
export async function standingsOf(
  standings: Standings | undefined,
  kind: string,
  ids?: readonly string[],
): Promise<ReadonlyMap<string, Standing>> {
  if (ids === undefined) return (await standings?.all(kind).catch(() => undefined)) ?? new Map();
  const found = new Map<string, Standing>();
  for (const id of ids) {
    const standing = await standings?.get(`${kind}/${id}`);
    if (standing !== undefined) found.set(id, standing);
  }
  return found;
}

/** How a resource has its things settled and shown. */
export interface Settling<Thing, View, Usage> {
  /** The module's own way: commits, and tries at once. */
  readonly settle: <T>(commit: () => Promise<T>) => Promise<{ readonly done: T }>;
  readonly find: (id: string) => Thing | undefined;
  readonly view: (thing: Thing, state: Services["ledger"]["state"], known: Beside<Usage>) => View;
  readonly beside: (ids: readonly string[]) => Promise<Beside<Usage>>;
}

/** Commits a change of a thing in a real system, tries at once, and answers with what came of it. */
export async function settled<
  Thing,
  View extends { readonly id: string; readonly revision: number },
  Usage,
>(
  context: ApiContext,
  services: Services,
  plan: Omit<Plan<Thing, View>, "show">,
  { settle, find, view, beside }: Settling<Thing, View, Usage>,
): Promise<Outcome<View>> {
  const nothing = { standings: new Map(), usage: new Map() };
  const commit = () =>
    change(context, services, { ...plan, show: (thing, state) => view(thing, state, nothing) });
  if (context.req.query("dryRun") === "true") return commit();
  // Refused first, where it would be: who may not learns not even that it is busy.
  await refuseFirst(context, services, plan.decide);
  const { done } = await settle(commit);
  const thing = done.dry ? undefined : find(done.body.id);
  if (done.dry || thing === undefined) return done;
  const known = await beside([done.body.id]);
  return { dry: false, body: view(thing, services.ledger.state, known) };
}

/** What a repeat is told that speaks of a secret which nobody was given, and is not taken away yet. */
export function takingBack(what: "key" | "password" | "kubeconfig"): Refusal {
  const why = `What was begun is being taken back: no ${what} was given out. Try again shortly.`;
  return new Refusal("unavailable", why, { retryAfter: 5 });
}
