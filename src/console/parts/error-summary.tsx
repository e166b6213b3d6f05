import type { FormErrors } from "../forms.ts";
import { fieldId } from "./fields.tsx";
import { RemedyLink } from "./remedy-link.tsx";

/** All that is wrong with a form, above it; each entry leads to its field. */
export function ErrorSummary({ errors }: { errors: FormErrors }) {
  if (errors.none) return null;
  return (
    <div class="error-summary" role="alert" tabindex={-1} autofocus>
      <h2>This did not work yet</h2>
      <ul>
        {errors.all.map(({ field, message, remedy }) =>
          field === undefined ? (
            <li>
              {message} <RemedyLink remedy={remedy} />
            </li>
          ) : (
            <li>
              <a href={`#${fieldId(field)}`}>{message}</a>
            </li>
          ),
        )}
      </ul>
    </div>
  );
}
