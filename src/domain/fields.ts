/** What records are made of: fields that several kinds share. */
import { z } from "zod";
import { Refusal } from "../errors.ts";
import {
  parseHostname,
  parseLabel,
  parsePathPrefix,
  type Hostname,
  type Label,
  type PathPrefix,
} from "./names.ts";
import { parseTarget, targetUrl } from "./targets.ts";

/** A zod type whose values come out of a domain parser, so that no other text can pass. */
function parsed<T extends string>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  });
}

export const labelField = parsed<Label>((text) => parseLabel(text, { allowPunycode: true }));
export const hostnameField = parsed<Hostname>((text) => parseHostname(text));
export const pathField = parsed<PathPrefix>((text) => parsePathPrefix(text));
export const targetField = parsed((text) => targetUrl(parseTarget(text)));

/** Ids become router names, so they are of one narrow alphabet. */
export const idField = z.string().regex(/^[a-z]{2,5}-[a-z0-9]{1,40}$/, "not an id");
export const timeField = z.iso.datetime();
export const revisionField = z.number().int().nonnegative();
// oxlint-disable-next-line no-control-regex -- control characters are what is kept out
const LINE = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/;

/** Text for people: one line, without control characters. */
export const lineField = z.string().trim().max(200).regex(LINE, "must be one line of text");
/** What is said of an email address that is none. */
export const NO_EMAIL = "Write an email address, like alice@example.org.";
export const emailField = z.email(NO_EMAIL).max(254);

/** No control characters but line breaks, and none that turns the direction of what stands beside it. */
// oxlint-disable-next-line no-control-regex -- control characters are what is kept out
const TEXT = /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$/;

/** Text for people in a few lines. */
export const textField = z
  .string()
  .overwrite((text) => text.replaceAll("\r\n", "\n"))
  .trim()
  .max(1000)
  .regex(TEXT, "must be plain text");

export const common = {
  v: z.literal(1),
  id: idField,
  revision: revisionField,
  createdAt: timeField,
};

export const quotaSchema = z.strictObject({
  endpoints: z.number().int().min(0).max(100_000),
  labels: z.number().int().min(0).max(10_000),
  pages: z.number().int().min(0).max(100_000),
  tokens: z.number().int().min(0).max(10_000),
  namespaces: z.number().int().min(0).max(10_000),
  databases: z.number().int().min(0).max(10_000),
  databaseAccounts: z.number().int().min(0).max(10_000),
  buckets: z.number().int().min(0).max(10_000),
  bucketKeys: z.number().int().min(0).max(10_000),
  bucketGigabytes: z.number().int().min(0).max(1_000_000),
  targetsPerEndpoint: z.number().int().min(1).max(64),
  changesPerHour: z.number().int().min(1).max(1_000_000),
});
export type Quota = z.infer<typeof quotaSchema>;

/** Networks, or name suffixes, that an admin granted to one owner. */
export const targetGrantSchema = z.union([
  z.strictObject({
    network: z.union([z.cidrv4(), z.cidrv6()]),
    ports: z
      .array(z.string().regex(/^\d{1,5}(-\d{1,5})?$/))
      .min(1)
      .max(20),
  }),
  z.strictObject({
    suffix: z
      .string()
      .regex(/^(\.[a-z0-9-]+)+$/)
      .max(200),
    ports: z
      .array(z.string().regex(/^\d{1,5}(-\d{1,5})?$/))
      .min(1)
      .max(20),
  }),
]);
export type OwnTargetGrant = z.infer<typeof targetGrantSchema>;
