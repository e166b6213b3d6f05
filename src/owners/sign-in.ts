import { stamp, type Context, type Decision, type Verb } from "../domain/decision.ts";
import { emailField, lineField, type Person } from "../domain/entities.ts";
import { identityKey, type Change, type State } from "../domain/state.ts";
import { Refusal } from "../errors.ts";
import { requireFreeName } from "./create.ts";
import { claimLabel } from "./labels.ts";
import { requirePass } from "./passes.ts";

/** Somebody whom the provider has named. */
export interface SignInInput {
  readonly issuer: string;
  readonly subject: string;
  /** What it says of them, for somebody new. */
  readonly username?: string | undefined;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  /** Hash of the code of the invitation that they accept. */
  readonly invitation?: string | undefined;
}

const IDENTITIES_MAX = 20;

/**
 * Who somebody is here whom the provider has named: found by issuer and subject alone, never by a
 * name or an address, which the provider may give to somebody else. Somebody new is linked by an
 * invitation, or made, where the configuration says so.
 * @throws Refusal `forbidden` for the suspended and for who is not known; as for an invitation and a
 *   new name
 */
export const signInAs: Verb<SignInInput, Person> = (state, context, input) => {
  const id = state.personsByIdentity.get(identityKey(input));
  const known = id === undefined ? undefined : state.owners.get(id);
  if (input.invitation !== undefined) return accept(state, context, input, known?.id);
  if (known?.kind === "person") {
    requireWelcome(known);
    const event = { type: "person.signed-in", summary: "", owners: [] };
    return { changes: [], event, result: known };
  }
  if (context.rules.signIn.createPersons) return join(state, context, input);
  throw new Refusal(
    "forbidden",
    "You are not known here yet. Ask an admin for an invitation, and open it in this browser.",
  );
};

function accept(
  state: State,
  context: Context,
  { issuer, subject, invitation = "" }: SignInInput,
  known: string | undefined,
): Decision<Person> {
  const { pass, person } = requirePass(state, context, invitation, "invitation");
  if (known !== undefined && known !== person.id) {
    throw new Refusal(
      "conflict",
      `You signed in with an account that is ${state.owners.get(known)?.name ?? "somebody else"}'s here, and the invitation is for ${person.name}.`,
    );
  }
  if (known === undefined && person.identities.length >= IDENTITIES_MAX)
    throw new Refusal("conflict", `${person.name} has too many accounts already. Ask an admin.`);
  const next: Person = {
    ...person,
    revision: context.revision,
    identities:
      known === undefined ? [...person.identities, { issuer, subject }] : person.identities,
  };
  return {
    changes: [
      { kind: "pass", id: pass.id, entity: null },
      { kind: "person", id: person.id, entity: next },
    ],
    event: {
      type: "person.linked",
      summary: `${person.name} accepted an invitation that ${pass.by} made`,
      owners: [person.id],
    },
    result: next,
  };
}

/** Somebody new, by the rules for names that everybody is held to. */
function join(state: State, context: Context, input: SignInInput): Decision<Person> {
  if (input.username === undefined || input.username === "") {
    throw new Refusal(
      "invalid_input",
      "The provider did not say what you are called. Ask an admin for an invitation.",
      { field: "username" },
    );
  }
  const id = context.newId("per");
  const { label, change } = claimLabel(state, context, input.username, id, "username");
  requireFreeName(state, label, "username");
  const displayName = lineField.min(1).safeParse(input.displayName).data;
  const email = emailField.safeParse(input.email).data;
  const person: Person = {
    ...stamp(context),
    v: 3,
    kind: "person",
    id,
    name: label,
    role: "member",
    identities: [{ issuer: input.issuer, subject: input.subject }],
    ...(displayName === undefined ? {} : { displayName }),
    ...(email === undefined ? {} : { email }),
  };
  const made: Change = { kind: "person", id, entity: person };
  return {
    changes: [made, change],
    event: {
      type: "person.created",
      summary: `${label} was added, by signing in for the first time`,
      owners: [id],
    },
    result: person,
  };
}

function requireWelcome(person: Person): void {
  if (person.suspended === undefined) return;
  throw new Refusal(
    "forbidden",
    `${person.name} is suspended: ${person.suspended.reason} Ask an admin.`,
  );
}
