import type { FormErrors } from "../forms.ts";
import { Confirmation } from "../parts/confirmation.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import type { AdoptionPreview } from "./adoption.ts";
import type { TypedAdoption } from "./adoption-form.tsx";
import { pathWith } from "./list.ts";
import { pathOf } from "./owner-find.ts";

/** What taking something over changes, and the button that does it. */
export function AdoptionShown({
  path,
  typed,
  preview: { thing, owner, facts, allowances, changes, notes, seen },
  errors,
}: {
  path: string;
  typed: TypedAdoption;
  preview: AdoptionPreview;
  errors: FormErrors;
}) {
  return (
    <>
      <ErrorSummary errors={errors} />
      <Confirmation
        action={path}
        label="Take it over"
        cancel={pathWith(path, { ...typed })}
        hidden={{ ...typed, seen }}
      >
        <p>Nothing is changed yet.</p>
        {owner.suspended === undefined ? null : (
          <p class="note bad" role="note">
            {owner.name} is suspended: it is closed as soon as it is taken over.
          </p>
        )}
        <dl class="facts">
          <dt>It becomes</dt>
          <dd>
            <a href={pathOf(owner)}>{owner.name}</a>'s
          </dd>
          {facts.map(([what, is]) => (
            <>
              <dt>{what}</dt>
              <dd>{is}</dd>
            </>
          ))}
          <dt>{owner.name} has then</dt>
          <dd>
            {allowances.map(({ words, isOver }, index) => (
              <>
                {index === 0 ? "" : ", "}
                {words}
                {isOver ? " (more than they may have)" : ""}
              </>
            ))}
          </dd>
        </dl>
        <h2>What the console changes</h2>
        {changes.length === 0 ? (
          <p>Nothing: what is in {thing.name} stays as it is.</p>
        ) : (
          <>
            <p>It will have</p>
            <ul>
              {changes.map((change) => (
                <li>{change}</li>
              ))}
            </ul>
          </>
        )}
        {notes.length === 0 ? null : (
          <>
            <h2>What to know of it</h2>
            <ul>
              {notes.map((note) => (
                <li>{note}</li>
              ))}
            </ul>
          </>
        )}
      </Confirmation>
    </>
  );
}
