import type { Child } from "hono/jsx";
import type { FormErrors } from "../forms.ts";
import { RemedyLink } from "./remedy-link.tsx";

interface Described {
  readonly name: string;
  readonly label: Child;
  /** What to write, and what it leads to; below the field. */
  readonly hint?: Child;
  readonly errors: FormErrors;
}

/** The id of a field, for what points at it. */
export function fieldId(name: string): string {
  return `field-${name.replaceAll(".", "-")}`;
}

/** The attributes that tie a control to its label, hint and error. */
function control({ name, hint, errors }: Described) {
  errors.comesNext(name);
  const id = fieldId(name);
  const error = errors.of(name);
  const described = [
    ...(error === undefined ? [] : [`${id}-error`]),
    ...(hint === undefined ? [] : [`${id}-hint`]),
  ];
  return {
    id,
    name,
    "aria-invalid": error === undefined ? undefined : "true",
    "aria-describedby": described.length === 0 ? undefined : described.join(" "),
  } as const;
}

/** What stands below a control: what is wrong with it, then the hint. */
function Notes({ name, hint, errors }: Described) {
  const id = fieldId(name);
  const error = errors.of(name);
  const remedy = errors.remedyOf(name);
  return (
    <>
      {error === undefined ? null : (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {remedy === undefined ? null : (
        <p class="remedy">
          <RemedyLink remedy={remedy} />
        </p>
      )}
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </>
  );
}

export interface TextFieldProps extends Described {
  readonly value: string;
  readonly type?: "text" | "url" | "search";
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly maxlength?: number;
  readonly autocomplete?: string;
  readonly inputmode?: "text" | "url" | "numeric";
  /** Stands before the field, as what is typed goes on from there: a host before its path. */
  readonly before?: Child;
}

/** One line of text. */
export function TextField(props: TextFieldProps) {
  const { name, label, hint, errors, before, autocomplete = "off", type = "text", ...rest } = props;
  const input = (
    <input
      {...control(props)}
      {...rest}
      type={type}
      autocomplete={autocomplete}
      autocapitalize="none"
      spellcheck={false}
    />
  );
  return (
    <div class="field">
      <label for={fieldId(name)}>{label}</label>
      {before === undefined ? (
        input
      ) : (
        <span class="joined">
          <span class="before">{before}</span>
          {input}
        </span>
      )}
      <Notes name={name} label={label} hint={hint} errors={errors} />
    </div>
  );
}

export interface AreaFieldProps extends Described {
  readonly value: string;
  readonly rows?: number;
  readonly maxlength?: number;
  readonly required?: boolean;
}

/** Several lines of text. */
export function AreaField(props: AreaFieldProps) {
  const { name, label, value, rows = 3, maxlength, required } = props;
  return (
    <div class="field">
      <label for={fieldId(name)}>{label}</label>
      <textarea {...control(props)} rows={rows} maxlength={maxlength} required={required}>
        {value}
      </textarea>
      <Notes {...props} />
    </div>
  );
}

export interface SelectFieldProps extends Described {
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
}

/** One of a few. */
export function SelectField(props: SelectFieldProps) {
  const { name, label, value, options } = props;
  return (
    <div class="field">
      <label for={fieldId(name)}>{label}</label>
      <select {...control(props)}>
        {options.map(([option, text]) => (
          <option value={option} selected={option === value}>
            {text}
          </option>
        ))}
      </select>
      <Notes {...props} />
    </div>
  );
}

export interface CheckFieldProps extends Described {
  readonly checked: boolean;
  /** What is sent when it is ticked. */
  readonly value?: string;
}

/** Yes or no. */
export function CheckField(props: CheckFieldProps) {
  const { name, label, checked, value = "yes" } = props;
  return (
    <div class="field check">
      <label for={fieldId(name)}>
        <input {...control(props)} type="checkbox" value={value} checked={checked} />
        {label}
      </label>
      <Notes {...props} />
    </div>
  );
}

export interface FieldSetProps {
  readonly name: string;
  readonly legend: Child;
  readonly errors: FormErrors;
  readonly children: Child;
}

/** Several fields that are one question, with what is wrong with the answer as a whole. */
export function FieldSet({ name, legend, errors, children }: FieldSetProps) {
  errors.comesNext(name);
  const id = fieldId(name);
  const error = errors.of(name);
  return (
    <fieldset
      id={id}
      tabindex={-1}
      aria-describedby={error === undefined ? undefined : `${id}-error`}
    >
      <legend>{legend}</legend>
      {error === undefined ? null : (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {children}
    </fieldset>
  );
}
