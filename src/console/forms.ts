import type { ContentfulStatusCode } from "hono/utils/http-status";
import { PROBLEMS } from "../api/problem.ts";
import type { Refusal } from "../errors.ts";

/** One thing that is wrong with a form. */
export interface FormError {
  /** The field at fault; undefined where it is none of the form's. */
  readonly field: string | undefined;
  readonly message: string;
  readonly remedy?: Remedy | undefined;
}

/** What leads on where a form does not: a request to the admins, filled in. */
export interface Remedy {
  readonly href: string;
  readonly label: string;
}

/** What is wrong with a form, for the summary and beside the fields. */
export class FormErrors {
  readonly all: readonly FormError[];
  /** The fields of the page, in its order. */
  readonly #fields: string[] = [];

  constructor(all: readonly FormError[] = []) {
    this.all = all;
  }

  /** What is wrong with a field. */
  of(name: string): string | undefined {
    return this.all.find(({ field }) => field === name)?.message;
  }

  /** What leads on from what is wrong with a field. */
  remedyOf(name: string): Remedy | undefined {
    return this.all.find(({ field }) => field === name)?.remedy;
  }

  get none(): boolean {
    return this.all.length === 0;
  }

  /** A field of the page tells that it comes next. */
  comesNext(name: string): void {
    if (!this.none) this.#fields.push(name);
  }

  /** All of them in the order of the page's fields, those of none first. */
  inOrder(): readonly FormError[] {
    const placeOf = ({ field }: FormError) => {
      if (field === undefined) return -1;
      const place = this.#fields.indexOf(field);
      return place === -1 ? this.#fields.length : place;
    };
    return this.all.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

export const noErrors = new FormErrors();

/**
 * A refusal as a form shows it.
 * @param fields the form's own names for a verb's fields (`targets.0` for `target`); one that is not
 *   among them is only told in the summary
 */
export function errorsOf(
  refusal: Refusal,
  fields: Readonly<Record<string, string>>,
  remedy?: Remedy,
): FormErrors {
  const { field, message } = refusal;
  const known = field === undefined ? undefined : fields[field];
  return new FormErrors([{ field: known, message, remedy: remedy ?? roomFor(refusal) }]);
}

/** Whatever was to be changed: one who changes much may ask to change more. */
export function roomFor({ code }: Refusal): Remedy | undefined {
  if (code !== "rate_limited") return undefined;
  return {
    href: "/requests/new?kind=quota&of=changesPerHour",
    label: "Ask for room for more changes",
  };
}

/** The status of a form's page that says why it was refused. */
export function statusOf({ code }: Refusal): ContentfulStatusCode {
  return PROBLEMS[code].status;
}

/** The revision that a form was made of, from its hidden field; one that is none fits nothing. */
export function revisionOf(value: unknown): number {
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : -1;
}
