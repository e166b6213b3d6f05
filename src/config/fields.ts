import { z } from "zod";
import { Fault, shown } from "./problems.ts";
import type { Parser } from "./syntax.ts";

/** How a key is spelt in an environment variable. `texts` is a list of strings. */
export type Form = "text" | "number" | "boolean" | "texts" | "json";

/** What is known of a key beside its zod type; kept in zod's registry of metadata. */
export interface FieldInfo {
  readonly form: Form;
  /** For the reference: `whole number, 0 to 65535`. */
  readonly type: string;
  /** Ends "must be …" in a message. */
  readonly must: string;
  readonly nullable: boolean;
  readonly secret: boolean;
  readonly description: string;
}

type Described = Pick<FieldInfo, "form" | "type"> & Partial<FieldInfo>;

function described<Schema extends z.ZodType>(schema: Schema, info: Described): Schema {
  return schema.meta({ must: `a ${info.type}`, nullable: false, secret: false, ...info });
}

/** @returns undefined for a section, whose keys have information of their own */
export function fieldInfo(schema: z.ZodType): FieldInfo | undefined {
  const meta = schema.meta();
  return meta !== undefined && "form" in meta
    ? ({ description: "", ...meta } as unknown as FieldInfo)
    : undefined;
}

function refuse(context: z.core.$RefinementCtx, fault: Fault, path: PropertyKey[] = []): void {
  const { message, hint } = fault;
  context.addIssue({ code: "custom", message, path, params: { hint } });
}

/** A string that has to pass a parser; its canonical spelling comes out. */
export function text(type: string, parse: Parser) {
  const schema = z.string().transform((value, context) => {
    const result = parse(value);
    if (!(result instanceof Fault)) return result;
    refuse(context, result);
    return z.NEVER;
  });
  return described(schema, { form: "text", type, must: "a text" });
}

/** A text that is shown nowhere and can be read from a file. */
export function secret(type: string, parse: Parser) {
  return text(type, parse).meta({ secret: true });
}

export function whole(min: number, max: number) {
  const range = `whole number from ${min} to ${max}`;
  return described(z.int().min(min).max(max), { form: "number", type: range });
}

export function number(min: number, max: number) {
  return described(z.number().min(min).max(max), {
    form: "number",
    type: `number from ${min} to ${max}`,
  });
}

export const port = whole(1, 65535);

export function yesNo() {
  return described(z.boolean(), { form: "boolean", type: "boolean", must: "true or false" });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  const must = `one of ${values.join(", ")}`;
  return described(z.enum(values), { form: "text", type: values.join(", "), must });
}

/**
 * A list of texts without repetitions. A number in it counts as its text: `ports: [80]`. It is one
 * schema rather than one an item: lists of names are long, and this is read at every start.
 */
export function texts(type: string, parse: Parser, min = 0) {
  const schema = z
    .array(z.unknown())
    .min(min)
    .transform((items, context): string[] => {
      const texts: string[] = [];
      const seen = new Set<string>();
      for (const [index, item] of items.entries()) {
        const result = parseItem(item, parse);
        if (result instanceof Fault) refuse(context, result, [index]);
        else if (seen.has(result)) {
          refuse(context, new Fault(`${shown(result)} is given twice`), [index]);
        } else {
          texts.push(result);
          seen.add(result);
        }
      }
      return texts;
    });
  return described(schema, { form: "texts", type: `list: ${type}`, must: "a list" });
}

function parseItem(item: unknown, parse: Parser): string | Fault {
  const value = typeof item === "number" ? String(item) : item;
  return typeof value === "string"
    ? parse(value)
    : new Fault(`must be a text, not ${shown(value)}`);
}

/** A list of entries with keys of their own, without repetitions. */
export function entries<Shape extends z.ZodRawShape>(shape: Shape) {
  const schema = z.array(z.strictObject(shape)).superRefine((items, context) => {
    const seen = new Set<string>();
    for (const [index, item] of items.entries()) {
      const spelling = JSON.stringify(item);
      if (seen.has(spelling)) refuse(context, new Fault("is given twice"), [index]);
      seen.add(spelling);
    }
  });
  const type = `list of { ${Object.keys(shape).join(", ")} }`;
  return described(schema, { form: "json", type, must: "a list" });
}

/** The key may be null; what that means is in its description. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  const info = fieldInfo(schema);
  const type = `${info?.type ?? "value"}, or null`;
  return schema.nullable().meta({ ...info, type, nullable: true });
}
