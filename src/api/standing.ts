import { z } from "@hono/zod-openapi";
import { STATES, type Standing } from "../reconcile/standing.ts";

/** How a thing of a module stands, as the contract describes it. */
export const standingSchema = z
  .object({
    state: z.enum(STATES).openapi({
      description:
        "creating, ready, repairing, suspended, deleting; stuck: it cannot be brought where it should be; conflict: another's is in its place.",
    }),
    why: z
      .string()
      .nullable()
      .openapi({ description: "In a sentence, where there is one to say." }),
    checkedAt: z.string().nullable().openapi({ description: "When it was looked at last." }),
    retryAt: z.string().nullable(),
    repaired: z
      .array(z.object({ at: z.string(), what: z.string() }))
      .openapi({ description: "What was put right lately, the newest first." }),
  })
  .openapi("Standing");

/** @param underway how it stands where no attempt is known: the volatile part may be lost */
export function standingOf(
  standing: Standing | undefined,
  underway: z.infer<typeof standingSchema>["state"],
): z.infer<typeof standingSchema> {
  if (standing === undefined)
    return { state: underway, why: null, checkedAt: null, retryAt: null, repaired: [] };
  const { state, why, at, retryAt, repaired } = standing;
  return { state, why, checkedAt: at, retryAt, repaired };
}
