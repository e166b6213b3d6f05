import { ok, skipped, wrong, type Look, type Part, type Subject } from "../checks/check.ts";
import type { StoreFacts } from "./running.ts";
import { spanOf } from "./words.ts";

/** Why the store was not opened to be looked at. */
export interface NotOpened {
  readonly notOpened: string;
}

/** Where the state is: what has it open says how it stands, and a Redis is asked itself, too. */
export function storePart(subject: Subject, open: () => Promise<StoreFacts | NotOpened>): Part {
  const { config, now } = subject;
  return {
    name: "Store",
    look: async (look) => {
      const isRedis = config.store === "redis";
      await Promise.all([
        lookAtState(look, open, now),
        isRedis ? lookAtServer(look, subject) : undefined,
      ]);
    },
  };
}

async function lookAtState(
  { tell }: Look,
  open: () => Promise<StoreFacts | NotOpened>,
  now: () => Date,
): Promise<void> {
  const store = await open();
  if ("notOpened" in store) return tell("state", skipped(store.notOpened));
  const { place, fault, revision } = store;
  if (fault !== undefined) return tell("state", wrong(fault, { revision }));
  const changedAt = await store.changedAt();
  const facts = { revision, changedAt: changedAt?.toISOString() ?? null };
  const ago =
    changedAt === null
      ? "nothing has been changed yet"
      : `the last change was made ${spanOf((now().getTime() - changedAt.getTime()) / 1000)} ago`;
  tell("state", ok(`The store ${place} is sound, at revision ${revision ?? 0}; ${ago}.`, facts));
}

/** Its client is loaded only where there is a Redis. */
async function lookAtServer(look: Look, { config, now }: Subject): Promise<void> {
  const { lookAtRedis } = await import("./redis.ts");
  await lookAtRedis(look, config.redis, now);
}
