import { lineField } from "../../domain/fields.ts";
import { FormErrors, type FormError } from "../forms.ts";
import { TextField } from "../parts/fields.tsx";

/** For how long a kubeconfig is to be good, as it is typed. */
export function DaysField({
  value,
  most,
  errors,
}: {
  value: string;
  most: number;
  errors: FormErrors;
}) {
  return (
    <TextField
      name="days"
      label="Days that it is good for"
      value={value}
      inputmode="numeric"
      maxlength={3}
      required
      errors={errors}
      hint={`At most ${most}. It can be renewed at any time.`}
    />
  );
}

/** The days that were typed, or what is wrong with them. */
export function daysIn(text: string, most: number): number | FormError {
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= most) return days;
  return { field: "days", message: `Write whole days from 1 to ${most}.` };
}

/** The name and days that were typed for a new kubeconfig, or what is wrong with them. */
export function kubeconfigIn(
  typed: { readonly name: string; readonly days: string },
  most: number,
): { readonly name: string; readonly days: number } | FormErrors {
  const name = lineField.min(1).safeParse(typed.name);
  const days = daysIn(typed.days, most);
  if (name.success && typeof days === "number") return { name: name.data, days };
  const wrong: FormError[] = [];
  if (!name.success) wrong.push({ field: "name", message: "Say in one line what it is for." });
  if (typeof days !== "number") wrong.push(days);
  return new FormErrors(wrong);
}
