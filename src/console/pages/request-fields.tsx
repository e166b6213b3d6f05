import type { Owner, Quota } from "../../domain/entities.ts";
import { quotaOf, type Rules } from "../../domain/rules.ts";
import type { FormErrors } from "../forms.ts";
import { AreaField, SelectField, TextField } from "../parts/fields.tsx";
import { limitName, limitsHere } from "../parts/limits.ts";
import type { RequestForm, WishKind } from "./asking.ts";

/** What may be asked for, in the words of those who ask. */
export const ASKS: Readonly<Record<WishKind, readonly [title: string, what: string]>> = {
  label: ["A name", "One more address of your own, beside the one that you have."],
  quota: ["A higher limit", "Room for more services, tokens or names than you may have now."],
  target: ["A target", "A network, or machines by name, that your services may run on."],
  renewal: ["A renewal", "One more term, where a membership ends soon."],
};

interface Props {
  readonly form: RequestForm;
  readonly errors: FormErrors;
  /** For whom it may be. */
  readonly owners: readonly Owner[];
  readonly person: Owner;
  readonly rules: Rules;
}

/** The fields of a request: for whom, what, and what for. */
export function RequestFields(props: Props) {
  const { form, errors, owners, person } = props;
  const [only] = owners;
  return (
    <>
      <input type="hidden" name="kind" value={form.kind} />
      {owners.length === 1 && only !== undefined && errors.of("owner") === undefined ? (
        <input type="hidden" name="owner" value={only.id} />
      ) : (
        <SelectField
          name="owner"
          label="For whom"
          value={form.owner}
          options={owners.map((owner) => [owner.id, calledFor(owner, person)])}
          errors={errors}
        />
      )}
      <WishFields {...props} />
      <AreaField
        name="reason"
        label="What it is for"
        value={form.reason}
        maxlength={1000}
        required
        errors={errors}
        hint="A sentence or two. The admins decide by it."
      />
    </>
  );
}

/** Somebody as the visitor knows them. */
export function calledFor(owner: Owner, person: Owner): string {
  if (owner.id === person.id) return "Me";
  return owner.displayName === undefined ? owner.name : `${owner.displayName} (${owner.name})`;
}

function WishFields({ form, errors, owners, rules }: Props) {
  switch (form.kind) {
    case "label":
      return (
        <TextField
          name="label"
          label="The name"
          value={form.label}
          placeholder="wiki"
          maxlength={63}
          required
          errors={errors}
          hint={`Small letters, digits and hyphens. It becomes an address: wiki.${rules.zone}.`}
        />
      );
    case "quota":
      return (
        <>
          <SelectField
            name="of"
            label="More of what"
            value={form.of}
            options={limitsHere(rules).map((kind) => [kind, limitNow(kind, owners, rules)])}
            errors={errors}
          />
          <TextField
            name="amount"
            label="How many in all"
            inputmode="numeric"
            value={form.amount}
            required
            errors={errors}
          />
        </>
      );
    case "target":
      return (
        <>
          <TextField
            name="where"
            label="Network, address or end of names"
            value={form.where}
            placeholder="10.1.0.0/16"
            maxlength={200}
            required
            errors={errors}
            hint="Ask for no more than you need. .lab.example stands for all names that end so."
          />
          <TextField
            name="ports"
            label="Ports"
            value={form.ports}
            placeholder="80, 8000-8080"
            maxlength={200}
            required
            errors={errors}
          />
        </>
      );
    case "renewal":
      return null;
  }
}

/** A limit, with what each may have now where they are few. */
function limitNow(kind: keyof Quota, owners: readonly Owner[], rules: Rules): string {
  const limits = owners.map((owner) => [owner.name, quotaOf(rules, owner)[kind]] as const);
  const [first] = limits;
  if (first === undefined || limits.length > 3) return limitName(kind);
  const now =
    limits.length === 1
      ? `${first[1]} now`
      : limits.map(([name, limit]) => `${name} ${limit}`).join(", ");
  return `${limitName(kind)}: ${now}`;
}
