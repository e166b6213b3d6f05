import { Hono } from "hono";
import type { Session } from "../../auth/sessions.ts";
import { Refusal } from "../../errors.ts";
import { browserOf } from "../browser-name.ts";
import { leaveFlash } from "../flash.ts";
import { Pager } from "../parts/pager.tsx";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import type { PageServices } from "./services.ts";
import type { Stretch } from "./start-of.ts";

/** Where a person is signed in, this browser among them. */
export function SessionList({
  sessions: { shown, newer, older, says },
  present,
  now,
}: {
  sessions: Stretch<Session>;
  present: string;
  now: Date;
}) {
  return (
    <>
      <h2 id="sessions">Where you are signed in</h2>
      <Table
        caption="Sessions"
        columns={["Browser", "From", "Last used", "Since", ""]}
        rows={shown.map(({ id, agent, address, usedAt, createdAt }) => [
          id === present ? <strong>This browser</strong> : browserOf(agent),
          address,
          <Time at={usedAt} now={now} />,
          <Time at={createdAt} now={now} />,
          id === present ? null : (
            <form method="post" action={`/access/sessions/${id}/end`}>
              <button type="submit" class="quiet">
                Sign out<span class="unseen"> {browserOf(agent)}</span>
              </button>
            </form>
          ),
        ])}
      />
      <Pager newer={newer} older={older} says={says} of="sessions" />
    </>
  );
}

/** `/access/sessions/{id}/end` */
export function sessionRoutes({ sessions, site }: PageServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.post("/access/sessions/:session/end", async (context) => {
    const { person } = context.get("visitor");
    const ended = await sessions.end(person.id, context.req.param("session"));
    if (!ended) throw new Refusal("not_found", "There is no such session any more.");
    leaveFlash(context, site, { tone: "good", text: "That browser is signed out." });
    return context.redirect("/access", 303);
  });
  return app;
}
