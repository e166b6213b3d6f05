import type { Child } from "hono/jsx";
import type { FormErrors } from "../forms.ts";
import { Confirmation } from "./confirmation.tsx";
import { TextField } from "./fields.tsx";

/** Asks for a thing's name to be typed before it is deleted. */
export function TypedName({
  name,
  typed,
  errors,
  action,
  cancel,
  label = "Delete it",
  children,
}: {
  /** The whole name, which is to be typed. */
  name: string;
  /** What was typed before. */
  typed: string;
  errors: FormErrors;
  action: string;
  cancel: string;
  label?: string;
  /** What will happen. */
  children?: Child;
}) {
  return (
    <Confirmation action={action} label={label} cancel={cancel} danger>
      {children}
      <TextField
        name="name"
        label={
          <>
            To be sure, type <code>{name}</code>
          </>
        }
        value={typed}
        maxlength={200}
        required
        errors={errors}
      />
    </Confirmation>
  );
}
