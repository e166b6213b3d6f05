import type { Bucket } from "../../domain/entities.ts";
import { FormErrors, type FormError } from "../forms.ts";
import { CheckField, TextField } from "../parts/fields.tsx";
import { expiryInWords } from "./bucket.tsx";

/** A bucket's settings, as they are typed. */
export interface BucketForm {
  readonly publicRead: boolean;
  readonly expireDays: string;
  readonly gigabytes: string;
}

interface Settings {
  readonly publicRead: boolean;
  readonly expireDays: number | null;
  readonly gigabytes: number;
}

const TYPED_MAX = 100;
const DAYS_MAX = 3650;
const GIGABYTES_MAX = 1_000_000;

/** The form's own names for what the verbs may find fault with. */
export const BUCKET_FIELDS: Readonly<Record<string, string>> = {
  name: "name",
  gigabytes: "gigabytes",
};

export function formOf({ publicRead, expireDays, gigabytes }: Bucket): BucketForm {
  return {
    publicRead,
    expireDays: expireDays === null ? "" : String(expireDays),
    gigabytes: String(gigabytes),
  };
}

/** What was typed. */
export function readBucketForm(field: (name: string) => string): BucketForm {
  const text = (name: string) => field(name).trim().slice(0, TYPED_MAX);
  return {
    publicRead: field("publicRead") === "yes",
    expireDays: text("expireDays"),
    gigabytes: text("gigabytes"),
  };
}

/** The settings that a form asks for, or what is wrong with it. */
export function settingsIn(
  form: BucketForm,
): { readonly settings: Settings } | { readonly errors: FormErrors } {
  const errors: FormError[] = [];
  const whole = (field: "expireDays" | "gigabytes", most: number, message: string) => {
    const text = form[field];
    const number = /^\d{1,7}$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > most) errors.push({ field, message });
    return number;
  };
  const expireDays =
    form.expireDays === ""
      ? null
      : whole("expireDays", DAYS_MAX, `Write whole days from 1 to ${DAYS_MAX}, or nothing.`);
  const gigabytes = whole(
    "gigabytes",
    GIGABYTES_MAX,
    "Write whole gigabytes, from 1 to a million.",
  );
  if (errors.length > 0) return { errors: new FormErrors(errors) };
  return { settings: { publicRead: form.publicRead, expireDays, gigabytes } };
}

/** The fields of a bucket's settings. */
export function BucketFields({
  form,
  errors,
  left,
}: {
  form: BucketForm;
  errors: FormErrors;
  /** Gigabytes that its owner has not set aside yet. */
  left: number;
}) {
  return (
    <>
      <TextField
        name="gigabytes"
        label="Gigabytes it may hold"
        value={form.gigabytes}
        inputmode="numeric"
        maxlength={7}
        required
        errors={errors}
        hint={`At most ${left}: the rest of what you may have. The storage counts now and then, so a little more may fit.`}
      />
      <TextField
        name="expireDays"
        label="Delete objects after so many days"
        value={form.expireDays}
        inputmode="numeric"
        maxlength={7}
        errors={errors}
        hint="Leave it empty to keep them. Good for backups that are made anew."
      />
      <CheckField
        name="publicRead"
        label="Everyone may read it"
        checked={form.publicRead}
        errors={errors}
        hint="Whoever knows an object's address can read it, without a key. Nobody can list what is there. Web pages in it are shown without their scripts."
      />
    </>
  );
}

const SETTINGS = {
  gigabytes: "Gigabytes",
  expireDays: "Objects are deleted",
  publicRead: "Everyone may read it",
} as const satisfies Record<keyof BucketForm, string>;

/** Where two versions of the settings differ, in words. */
export function differing(
  theirs: BucketForm,
  yours: BucketForm,
): readonly (readonly [name: string, theirs: string, yours: string])[] {
  const words = (form: BucketForm, name: keyof BucketForm) => {
    if (name === "publicRead") return form.publicRead ? "yes" : "no";
    if (name === "gigabytes") return form.gigabytes;
    return expiryInWords(form.expireDays === "" ? null : Number(form.expireDays));
  };
  return (Object.keys(SETTINGS) as (keyof BucketForm)[])
    .filter((name) => theirs[name] !== yours[name])
    .map((name) => [SETTINGS[name], words(theirs, name), words(yours, name)]);
}
