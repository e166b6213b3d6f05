import type { FormErrors } from "../forms.ts";
import { fieldId } from "./fields.tsx";
import { RemedyLink } from "./remedy-link.tsx";

/** All that is wrong with a form, above it and in its order; each entry leads to its field. */
export function ErrorSummary({ errors }: { errors: FormErrors }) {
  return errors.none ? null : <InOrder errors={errors} />;
}

async function InOrder({ errors }: { errors: FormErrors }) {
  // Once the rest of the page is rendered, its fields have told in which order they stand.
  await Promise.resolve();
  return (
    <div class="error-summary" role="alert" tabindex={-1} autofocus>
      <h2>This did not work yet</h2>
      <ul>
        {errors.inOrder().map(({ field, message, remedy }) =>
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
