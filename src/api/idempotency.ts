import { createHash } from "node:crypto";
import { stamp, type Context } from "../domain/decision.ts";
import type { Answer } from "../domain/entities.ts";
import type { Actor } from "../domain/policy.ts";
import { answerActor, type Change, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import type { ApiContext } from "./deps.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** How many answers are kept of one token; the oldest make room. */
const KEPT_MAX = 1000;
const EVICTED_AT_ONCE = 100;
/** What the record holds; no answer of the API comes near it. */
const BODY_MAX = 200_000;

/** A request that may come again: its key's place in the store, and what it is recognised by. */
export interface Repeatable {
  readonly id: string;
  readonly fingerprint: string;
}

function hexOf(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

/**
 * Reads the `Idempotency-Key`. Keys are each token's own: another token, even of the same person,
 * may not have been allowed to see the answer.
 * @throws Refusal `invalid_input` for a key that is none
 */
export async function repeatable(context: ApiContext): Promise<Repeatable | undefined> {
  const key = context.req.header("idempotency-key");
  if (key === undefined) return undefined;
  if (!/^[\x20-\x7e]{1,200}$/.test(key)) {
    throw new Refusal("invalid_input", "A key has 1 to 200 printable ASCII characters.", {
      field: "Idempotency-Key",
    });
  }
  const actor: Actor = context.get("actor");
  const url = new URL(context.req.url);
  const request = [context.req.method, url.pathname, url.search, await context.req.text()];
  const id = `ans-${hexOf(`${actor.token ?? ""} ${actor.owner ?? ""}`, 16)}${hexOf(key, 24)}`;
  return { id, fingerprint: hexOf(JSON.stringify(request), 64) };
}

/**
 * The kept answer to the same request, if there is one.
 * @throws Refusal `idempotency_mismatch` when the key was used for another request
 */
export function recall(state: State, now: Date, request: Repeatable): Answer | undefined {
  const kept = state.answers.get(request.id);
  if (kept === undefined || Date.parse(kept.expiresAt) <= now.getTime()) return undefined;
  if (kept.fingerprint !== request.fingerprint) {
    throw new Refusal(
      "idempotency_mismatch",
      "This Idempotency-Key was used for another request; take a new one.",
      {
        field: "Idempotency-Key",
      },
    );
  }
  return kept;
}

/** The answer as a record, stored in the same commit as what it answers to. */
export function remember(
  state: State,
  context: Context,
  request: Repeatable,
  status: number,
  body: string,
): Change[] {
  if (body.length > BODY_MAX) throw new Error("an answer is too long to be kept");
  const expiresAt = new Date(context.now.getTime() + DAY_MS).toISOString();
  const entity: Answer = { ...stamp(context), kind: "answer", ...request, status, body, expiresAt };
  return [...evictions(state, request), { kind: "answer", id: request.id, entity }];
}

function evictions(state: State, request: Repeatable): Change[] {
  const ids = state.answersByActor.get(answerActor(request.id));
  if (ids === undefined || ids.size < KEPT_MAX) return [];
  return [...ids]
    .flatMap((id) => state.answers.get(id) ?? [])
    .toSorted((a, b) => a.revision - b.revision)
    .slice(0, EVICTED_AT_ONCE)
    .map(({ id }): Change => ({ kind: "answer", id, entity: null }));
}
