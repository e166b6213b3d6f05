import { z } from "zod";
import {
  emailField,
  lineField,
  quotaSchema,
  targetGrantSchema,
  type Owner,
  type OwnTargetGrant,
  type Quota,
} from "../../domain/entities.ts";
import type { GroupUpdate, PersonUpdate } from "../../owners/update.ts";
import { FormErrors, type FormError } from "../forms.ts";
import { grantInWords } from "./owner-things.tsx";
import { LIMIT_KINDS, limitName } from "../parts/limits.ts";

/** The form's fields as text: what was typed, or what is. */
export type OwnerForm = Readonly<Record<string, string>>;

/** An owner as the form shows them. */
export function ownerForm(owner: Owner, nameOf: (id: string) => string): OwnerForm {
  const quota = Object.fromEntries(
    LIMIT_KINDS.map((kind) => [`quota.${kind}`, String(owner.quota?.[kind] ?? "")]),
  );
  return {
    name: owner.name,
    displayName: owner.displayName ?? "",
    membershipEndsAt: owner.membership?.endsAt.slice(0, 10) ?? "",
    targets: (owner.targets ?? []).map(grantInWords).join("\n"),
    ...quota,
    ...(owner.kind === "person"
      ? { email: owner.email ?? "", role: owner.role }
      : { managers: owner.managers.map(nameOf).join(", ") }),
  };
}

const NAMES: Readonly<Record<string, string>> = {
  name: "Name",
  displayName: "Full name",
  email: "Email",
  role: "Role",
  managers: "Managers",
  membershipEndsAt: "Membership until",
  targets: "Targets for them alone",
  ...Object.fromEntries(LIMIT_KINDS.map((kind) => [`quota.${kind}`, limitName(kind)])),
};

/** Where two versions of an owner differ: the setting, and what each says. */
export function differingOwners(
  theirs: OwnerForm,
  yours: OwnerForm,
): readonly (readonly [name: string, theirs: string, yours: string])[] {
  // Browsers send the lines of a text with another end than it was given.
  const said = (form: OwnerForm, name: string) =>
    (form[name] ?? "")
      .trim()
      .split(/\s*\n\s*/)
      .filter(Boolean)
      .join("; ");
  return Object.keys(theirs)
    .filter((name) => said(theirs, name) !== said(yours, name))
    .map((name) => [NAMES[name] ?? name, said(theirs, name) || "—", said(yours, name) || "—"]);
}

const dateField = z
  .string()
  .trim()
  .regex(/^\d{4}-\d\d-\d\d$/, "Write a day like 2027-09-30.")
  .refine((text) => !Number.isNaN(Date.parse(text)), "There is no such day.");

/** What the form asks for, or what is wrong with it. */
export function updateFrom(
  owner: Owner,
  form: OwnerForm,
): { readonly update: PersonUpdate & GroupUpdate } | { readonly errors: FormErrors } {
  const errors: FormError[] = [];
  const parse = <T extends z.ZodType>(field: string, schema: T, text: string) => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    errors.push({ field, message: parsed.error.issues[0]?.message ?? "This cannot be." });
    return undefined;
  };
  const text = (field: string) => (form[field] ?? "").trim();
  const displayName = parse("displayName", lineField, text("displayName"));
  const end = text("membershipEndsAt");
  const day = end === "" ? null : parse("membershipEndsAt", dateField, end);
  const targets = grantsFrom(text("targets"), errors);
  const name = text("name");
  if (name === "") errors.push({ field: "name", message: "Write a name." });
  const update = {
    id: owner.id,
    name: name === owner.name ? undefined : name,
    displayName: displayName === "" && owner.displayName === undefined ? undefined : displayName,
    membershipEndsAt: membershipFrom(owner, day),
    quota: quotaFrom(text, errors),
    targets: targets.length === 0 && owner.targets === undefined ? undefined : targets,
    ...(owner.kind === "person"
      ? {
          role: parse("role", z.enum(["member", "admin"]), text("role")),
          email: text("email") === "" ? null : parse("email", emailField, text("email")),
        }
      : { managers: namesIn(text("managers")) }),
  };
  return errors.length > 0 ? { errors: new FormErrors(errors) } : { update };
}

/** The end of the day that was written; the very moment stays where the day does. */
function membershipFrom(owner: Owner, day: string | null | undefined): string | null | undefined {
  if (typeof day !== "string") return day;
  const before = owner.membership?.endsAt;
  return before?.slice(0, 10) === day ? before : `${day}T23:59:59.000Z`;
}

function quotaFrom(text: (field: string) => string, errors: FormError[]): Partial<Quota> | null {
  const quota: Partial<Record<keyof Quota, number>> = {};
  for (const kind of LIMIT_KINDS) {
    const typed = text(`quota.${kind}`);
    if (typed === "") continue;
    const parsed = quotaSchema.shape[kind].safeParse(/^\d{1,9}$/.test(typed) ? Number(typed) : -1);
    if (parsed.success) quota[kind] = parsed.data;
    else errors.push({ field: `quota.${kind}`, message: "Write a whole number, or nothing." });
  }
  return Object.keys(quota).length === 0 ? null : quota;
}

/** One grant a line: a network or a suffix, then ports. */
function grantsFrom(text: string, errors: FormError[]): OwnTargetGrant[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.flatMap((line) => {
    if (line === "") return [];
    const [where = "", ...rest] = line.split(/\s+/);
    const ports = rest
      .join(" ")
      .split(/[\s,]+/)
      .filter(Boolean);
    const parsed = targetGrantSchema.safeParse(
      where.startsWith(".") ? { suffix: where, ports } : { network: where, ports },
    );
    if (parsed.success) return [parsed.data];
    const message = `"${line.slice(0, 60)}" is no grant: write a network or a suffix, then ports, like 10.1.0.0/16 80, 8000-9000.`;
    errors.push({ field: "targets", message });
    return [];
  });
}

/** Names as people list them. */
export function namesIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

/** The form's names for the verbs' fields. */
export function formFieldOf(field: string): string {
  return /^(managers|targets)\./.test(field) ? field.replace(/\..*/, "") : field;
}
