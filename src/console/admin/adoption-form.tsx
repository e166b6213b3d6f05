import type { Child } from "hono/jsx";
import { Refusal } from "../../errors.ts";
import type { FormErrors } from "../forms.ts";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { PAGER_WORDS, pathWith, type Listed } from "./list.ts";
import type { ModuleFace } from "./module-face.ts";

/** What an admin typed. */
export interface TypedAdoption {
  readonly name: string;
  readonly owner: string;
  readonly gigabytes: string;
}

/** Asks what is to be taken over, and for whom; it leads to what that would change. */
export function AdoptionForm({
  face: { adoption, path: list },
  path,
  typed,
  errors,
}: {
  face: ModuleFace;
  path: string;
  typed: TypedAdoption;
  errors: FormErrors;
}) {
  return (
    <>
      <ErrorSummary errors={errors} />
      <form class="form" method="post" action={`${path}/preview`} novalidate>
        <TextField
          name="name"
          label="What it is called there"
          value={typed.name}
          maxlength={100}
          required
          errors={errors}
        />
        <TextField
          name="owner"
          label="Whose it is to be"
          value={typed.owner}
          maxlength={100}
          required
          errors={errors}
          hint="A person or a group, by name."
        />
        {adoption.asksGigabytes ? (
          <TextField
            name="gigabytes"
            label="Gigabytes it may hold"
            value={typed.gigabytes}
            maxlength={6}
            inputmode="numeric"
            errors={errors}
            hint="Leave it empty to keep the limit that it has, or to set the usual one."
          />
        ) : null}
        <p class="buttons">
          <button type="submit">Show what that changes</button>
          <a class="button quiet" href={list}>
            Cancel
          </a>
        </p>
      </form>
    </>
  );
}

/** What is there and not the console's, each a way to the form for it. */
export function Candidates({
  listing,
  where,
  path,
  found,
  list,
}: {
  /** What gets things onto this list. */
  listing: Child;
  /** What they are at. */
  where: string;
  path: string;
  /** The refusal, where it cannot be asked for now. */
  found: ReadonlyMap<string, string> | Refusal;
  list: Listed<{ readonly name: string }>;
}) {
  const title = `At ${where}, and not the console's`;
  if (found instanceof Refusal) {
    return (
      <div class="note bad" role="note">
        <p>What is there cannot be listed now: {found.message}</p>
      </div>
    );
  }
  return (
    <section>
      <h2>{title}</h2>
      {listing === undefined ? null : <p>{listing}</p>}
      {list.items.length === 0 ? (
        <p class="quiet-text">Nothing.</p>
      ) : (
        <Table
          caption={title}
          columns={["Name", "What is known of it", ""]}
          rows={list.items.map(({ name }) => [
            name,
            found.get(name) ?? "",
            <a href={pathWith(path, { name })}>
              Take over<span class="unseen"> {name}</span>
            </a>,
          ])}
        />
      )}
      <Pager newer={list.newer} older={list.older} words={[...PAGER_WORDS]} />
    </section>
  );
}
