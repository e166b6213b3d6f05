import { Hono } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { PASS_USES, type Owner } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import { createPass, passUrl, type MintedPass } from "../../owners/passes.ts";
import { fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { Copyable } from "../parts/copyable.tsx";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { showAdmin } from "./nav.tsx";
import { ownerFor, pathOf } from "./owner-find.ts";
import type { AdminServices } from "./services.ts";

/** Buttons that make the ways in for a person: a link, or an invitation where there is a provider. */
export function WaysIn({ owner, services }: { owner: Owner; services: AdminServices }) {
  if (owner.kind !== "person" || owner.suspended !== undefined) return null;
  return (
    <form method="post" action={`${pathOf(owner)}/passes`}>
      <button type="submit" name="use" value="sign-in" class="quiet">
        Make a sign-in link
      </button>
      {services.rules.signIn.provider ? (
        <button type="submit" name="use" value="invitation" class="quiet">
          Invite
        </button>
      ) : null}
    </form>
  );
}

/** `POST /admin/owners/{owner}/passes`: a link that is shown in the answer, and nowhere again. */
export function passPages(services: AdminServices): Hono<PageEnv> {
  const { site, config } = services;
  const app = new Hono<PageEnv>();
  app.post("/admin/owners/:owner/passes", async (context) => {
    const owner = ownerFor(services, context);
    const wanted = (await fieldsOf(context))("use");
    const use = PASS_USES.find((one) => one === wanted);
    if (use === undefined) throw new Refusal("invalid_input", "Say what the link is for.");
    let made: MintedPass;
    try {
      const done = await carryOut(services, context.get("visitor").actor, (state, decided) =>
        createPass(state, decided, { person: owner.id, use }),
      );
      made = done.result;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      leaveFlash(context, site, { tone: "bad", text: error.message });
      return context.redirect(pathOf(owner), 303);
    }
    const { pass } = made;
    const isLink = use === "sign-in";
    return showAdmin(
      context,
      services,
      {
        title: isLink ? `A sign-in link for ${owner.name}` : `An invitation for ${owner.name}`,
        place: "owners",
        back: { href: pathOf(owner), label: owner.name },
      },
      <section class="secret">
        <h2>Copy it now: it is shown only this once</h2>
        <p>
          <Copyable text={passUrl(config.publicUrl, made)} />
        </p>
        <p class="quiet-text">
          {isLink
            ? `Whoever opens it and presses its button is ${owner.name}, once. `
            : `The account that accepts it is ${owner.name}'s from then on. `}
          Send it where only they read. It ends <Time at={pass.expiresAt} now={site.now()} />, and
          the one before it has ended.
        </p>
      </section>,
    );
  });
  return app;
}
