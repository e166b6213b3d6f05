import { textField } from "../../domain/entities.ts";
import { WISH_KINDS, wishSchema, type Wish } from "../../domain/requests.ts";
import { LIMIT_KINDS } from "../parts/limits.ts";
import { FormErrors, type FormError } from "../forms.ts";

export type WishKind = Wish["kind"];

/** The form for a request as it is typed; only the fields of its kind count. */
export interface RequestForm {
  readonly kind: WishKind;
  /** For whom: an id. */
  readonly owner: string;
  readonly label: string;
  readonly of: string;
  readonly amount: string;
  /** A network, an address, or a suffix of names. */
  readonly where: string;
  /** Ports and ranges, as people list them. */
  readonly ports: string;
  readonly reason: string;
}

const TYPED_MAX = 2000;

/** What was typed, or stood in a link. @returns undefined for a kind that there is not */
export function readRequest(fields: Readonly<Record<string, unknown>>): RequestForm | undefined {
  const text = (name: string) => {
    const value = fields[name];
    return typeof value === "string" ? value.trim().slice(0, TYPED_MAX) : "";
  };
  const kind = WISH_KINDS.find((one) => one === text("kind"));
  if (kind === undefined) return undefined;
  return {
    kind,
    owner: text("owner"),
    label: text("label"),
    of: text("of"),
    amount: text("amount"),
    where: text("where"),
    ports: text("ports"),
    reason: text("reason"),
  };
}

/** Where the form stands, filled in as far as is known. */
export function askHref(form: Partial<RequestForm> = {}): string {
  const given = Object.entries(form).filter(([, value]) => value !== "");
  const query = new URLSearchParams(given).toString();
  return query === "" ? "/requests/new" : `/requests/new?${query}`;
}

/** The form's own names for what the verb may find fault with. */
export const REQUEST_FIELDS: Readonly<Record<string, string>> = {
  "wish.label": "label",
  "wish.amount": "amount",
  "wish.grant": "where",
};

/** What the form asks for, or what is wrong with it. */
export function wishOf(
  form: RequestForm,
): { readonly wish: Wish; readonly reason: string } | { readonly errors: FormErrors } {
  const errors: FormError[] = [];
  const wish = wishIn(form, errors);
  const reason = textField.safeParse(form.reason);
  if (form.reason === "")
    errors.push({ field: "reason", message: "Say what it is for: the admins decide by it." });
  else if (!reason.success)
    errors.push({ field: "reason", message: "Write plain text, of at most 1000 characters." });
  if (errors.length > 0 || wish === undefined || !reason.success)
    return { errors: new FormErrors(errors) };
  return { wish, reason: reason.data };
}

function wishIn(form: RequestForm, errors: FormError[]): Wish | undefined {
  switch (form.kind) {
    case "label":
      return parsed({ kind: "label", label: form.label }, "label", errors);
    case "quota": {
      const of = LIMIT_KINDS.find((one) => one === form.of);
      if (of === undefined) errors.push({ field: "of", message: "Choose one of these." });
      const amount = /^\d{1,7}$/.test(form.amount) ? Number(form.amount) : 0;
      const message = "Write a whole number of at most a million.";
      return parsed({ kind: "quota", of: of ?? "endpoints", amount }, "amount", errors, message);
    }
    case "target": {
      const ports = form.ports.split(/[\s,;]+/).filter(Boolean);
      if (ports.length === 0 || ports.length > 20 || !ports.every(isPorts))
        errors.push({
          field: "ports",
          message: "Write up to twenty ports or ranges from 1 to 65535, like 80, 8000-8080.",
        });
      const grant = form.where.startsWith(".")
        ? { suffix: form.where.toLowerCase(), ports: ["80"] }
        : { network: networkIn(form.where), ports: ["80"] };
      const message =
        "Write a network like 10.1.0.0/16, an address, or the end of names like .lab.example.";
      const wish = parsed({ kind: "target", grant }, "where", errors, message);
      return wish?.kind === "target" ? { ...wish, grant: { ...wish.grant, ports } } : wish;
    }
    case "renewal":
      return { kind: "renewal" };
  }
}

/** @param message what is said of what cannot be, in place of the parser's own words */
function parsed(
  wish: object,
  field: string,
  errors: FormError[],
  message?: string,
): Wish | undefined {
  const result = wishSchema.safeParse(wish);
  if (result.success) return result.data;
  const why = message ?? result.error.issues[0]?.message ?? "This cannot be.";
  errors.push({ field, message: why });
  return undefined;
}

/** People write one address where a network of one is meant. */
function networkIn(where: string): string {
  if (where.includes("/")) return where;
  return `${where}/${where.includes(":") ? 128 : 32}`;
}

function isPorts(text: string): boolean {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return false;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  return from >= 1 && from <= to && to <= 65_535;
}
