import { Hono } from "hono";
import { Refusal } from "../../errors.ts";
import type { Person } from "../../domain/entities.ts";
import { updatePerson } from "../../owners/update.ts";
import { act, fieldsOf } from "../act.ts";
import { revisionOf } from "../forms.ts";
import type { PageEnv } from "../visitor.ts";
import { ownerFor, pathOf } from "./owner-find.ts";
import type { AdminServices } from "./services.ts";

/** The accounts that a person signs in with, each with the way to take it from them. */
export function Identities({ person }: { person: Person }) {
  const { identities, revision } = person;
  if (identities.length === 0) return <>nobody yet: by a link alone</>;
  return (
    <>
      {identities.map(({ issuer, subject }) => (
        <form class="in-line" method="post" action={`${pathOf(person)}/identities/unlink`}>
          <input type="hidden" name="issuer" value={issuer} />
          <input type="hidden" name="subject" value={subject} />
          <input type="hidden" name="revision" value={String(revision)} />
          <span>
            {subject} at {issuer}
          </span>{" "}
          <button type="submit" class="quiet small">
            Unlink<span class="unseen"> {`${subject} at ${issuer}`}</span>
          </button>
        </form>
      ))}
    </>
  );
}

/** `POST /admin/owners/{owner}/identities/unlink`: an account is no longer somebody's. */
export function identityPages(services: AdminServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.post("/admin/owners/:owner/identities/unlink", async (context) => {
    const owner = ownerFor(services, context, "owner.administer");
    const fields = await fieldsOf(context);
    const [issuer, subject] = [fields("issuer"), fields("subject")];
    if (owner.kind !== "person") throw new Refusal("not_found", "There is no such identity.");
    const identities = owner.identities.filter(
      (one) => one.issuer !== issuer || one.subject !== subject,
    );
    const ifMatch = revisionOf(fields("revision"));
    return act(context, services, {
      decide: (state, decided) =>
        updatePerson(state, decided, { id: owner.id, identities, ifMatch }),
      done: ({ name }) =>
        `${subject} no longer signs in as ${name}. Who is signed in stays so: end their sessions, and invite the right account.`,
      to: pathOf(owner),
    });
  });
  return app;
}
