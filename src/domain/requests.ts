/** Requests to the admins: what may be asked for, and the record of one that was made. */
import { z } from "zod";
import {
  common,
  idField,
  labelField,
  quotaSchema,
  targetGrantSchema,
  textField,
  timeField,
  type Quota,
} from "./fields.ts";

/** What somebody may ask an admin for. */
export const wishSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("label"), label: labelField }),
  /** A limit of their own, in place of the default. */
  z.strictObject({
    kind: z.literal("quota"),
    of: z.enum(Object.keys(quotaSchema.shape) as [keyof Quota, ...(keyof Quota)[]]),
    amount: z.number().int().min(1).max(1_000_000),
  }),
  z.strictObject({ kind: z.literal("target"), grant: targetGrantSchema }),
  /** One more term of the membership. */
  z.strictObject({ kind: z.literal("renewal") }),
]);
export type Wish = z.infer<typeof wishSchema>;
export const WISH_KINDS = ["label", "quota", "target", "renewal"] as const;

export const REQUEST_STATES = ["open", "granted", "declined", "withdrawn"] as const;

/** What somebody asked the admins for, until some months after it was decided. */
export const requestSchema = z
  .strictObject({
    ...common,
    v: z.literal(2),
    kind: z.literal("request"),
    /** For whom: whoever acts for them may read it and withdraw it. */
    owner: idField,
    /** Who asked; null for an operator. They may be gone by now. */
    asker: idField.nullable(),
    wish: wishSchema,
    reason: textField.min(1),
    state: z.enum(REQUEST_STATES),
    /** How it ended: by whom (null for an operator), and what they said to it. */
    decided: z
      .strictObject({
        by: idField.nullable(),
        at: timeField,
        answer: textField.optional(),
        /** When those who asked have taken note. */
        seenAt: timeField.optional(),
      })
      .optional(),
  })
  .refine(({ state, decided }) => (state === "open") === (decided === undefined), {
    path: ["decided"],
    message: "is there for what is not open any more, and for that alone",
  });
export type RequestRecord = z.infer<typeof requestSchema>;
