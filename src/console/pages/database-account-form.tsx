import type { Database, DatabaseAccount, Owner } from "../../domain/entities.ts";
import { databasesOf, type State } from "../../domain/state.ts";
import { FormErrors } from "../forms.ts";
import { CheckField, FieldSet, SelectField } from "../parts/fields.tsx";
import { ACCESS_WORDS, databasesInWords } from "./database-account-table.tsx";

/** What an account may do, as it is chosen. */
export interface AccountForm {
  readonly access: DatabaseAccount["access"];
  readonly all: boolean;
  /** Ids of the databases that it is for, if it is not for all. */
  readonly databases: readonly string[];
}

export function formOf({ access, databases }: DatabaseAccount): AccountForm {
  return { access, all: databases === null, databases: databases ?? [] };
}

/** What was chosen. @param choices the databases that there was a choice of */
export function readAccountForm(
  field: (name: string) => string,
  choices: readonly Database[],
): AccountForm {
  return {
    access: field("access") === "read" ? "read" : "write",
    all: field("all") === "yes",
    databases: choices.flatMap(({ id }) => (field(`database.${id}`) === "yes" ? id : [])),
  };
}

/** What the verbs take, or what is wrong with it. */
export function settingsIn({
  access,
  all,
  databases,
}: AccountForm):
  | { readonly settings: Pick<DatabaseAccount, "access"> & { databases: string[] | null } }
  | { readonly errors: FormErrors } {
  if (all) return { settings: { access, databases: null } };
  if (databases.length > 0) return { settings: { access, databases: [...databases] } };
  const message = "Tick the databases that it is for.";
  return { errors: new FormErrors([{ field: "databases", message }]) };
}

/** The databases that an account can be for: those in use, and those it is for already. */
export function choicesFor(
  state: State,
  owner: Pick<Owner, "id">,
  chosen: readonly string[] = [],
): Database[] {
  return databasesOf(state, owner.id)
    .filter(({ id, deleting }) => deleting === undefined || chosen.includes(id))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The fields of what an account may do. */
export function AccountFields({
  form,
  owner,
  choices,
  errors,
}: {
  form: AccountForm;
  /** Whose name is shown. */
  owner: string;
  choices: readonly Database[];
  errors: FormErrors;
}) {
  return (
    <>
      <SelectField
        name="access"
        label="What it may do"
        value={form.access}
        options={Object.entries(ACCESS_WORDS)}
        errors={errors}
      />
      <FieldSet name="databases" legend="In which databases" errors={errors}>
        <CheckField
          name="all"
          label={`All of ${owner}’s, new ones too`}
          checked={form.all}
          errors={errors}
          {...(choices.length === 0 ? {} : { hint: "Or take this off, and choose:" })}
        />
        {choices.map(({ id, name, deleting }) => (
          <CheckField
            name={`database.${id}`}
            label={deleting === undefined ? name : `${name} (being deleted)`}
            checked={form.databases.includes(id)}
            errors={errors}
          />
        ))}
      </FieldSet>
    </>
  );
}

/** Where two versions of what an account may do differ, in words. */
export function differing(
  state: State,
  theirs: AccountForm,
  yours: AccountForm,
): readonly (readonly [name: string, theirs: string, yours: string])[] {
  const ways = [
    ["It may", ({ access }: AccountForm) => ACCESS_WORDS[access]],
    [
      "In",
      ({ all, databases }: AccountForm) =>
        databasesInWords(state, { databases: all ? null : [...databases].toSorted() }),
    ],
  ] as const;
  return ways
    .map(([name, words]) => [name, words(theirs), words(yours)] as const)
    .filter(([, a, b]) => a !== b);
}
