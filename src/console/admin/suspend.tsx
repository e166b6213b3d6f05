import { Hono, type Context } from "hono";
import { carryOut, preview } from "../../api/carry-out.ts";
import { lineField, type Owner } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import { settleOwner } from "../../modules.ts";
import { resumeOwner, suspendOwner } from "../../owners/suspend.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, FormErrors, noErrors, revisionOf, statusOf } from "../forms.ts";
import { Confirmation } from "../parts/confirmation.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { TextField } from "../parts/fields.tsx";
import type { PageEnv } from "../visitor.ts";
import { fieldsOf } from "../act.ts";
import { showAdmin } from "./nav.tsx";
import { backTo, ownerFor, pathOf } from "./owner-find.ts";
import type { AdminServices } from "./services.ts";
import { inOtherSystems } from "./other-systems.ts";
import { Cut, cutBy, Hosts, hostsIn, NotCut } from "./suspension-cut.tsx";

/** `/admin/owners/{owner}/suspend` and `/resume`: each says first what it cuts, or gives back. */
export function suspensions(services: AdminServices): Hono<PageEnv> {
  const { site } = services;
  const app = new Hono<PageEnv>();

  const suspendPage = async (
    context: Context<PageEnv>,
    owner: Owner,
    { reason = "", errors = noErrors, refusal }: SuspendShown = {},
  ) => {
    const { actor } = context.get("visitor");
    const previewed = previewOrRefusal(() =>
      preview(services, actor, (state, decided) =>
        suspendOwner(state, decided, { id: owner.id, reason: "?" }),
      ),
    );
    if (previewed instanceof Refusal) return notPossible(context, owner, previewed);
    const cut = await cutBy(services, owner, previewed);
    return showAdmin(
      context,
      services,
      {
        title: `Suspend ${owner.name}?`,
        place: "owners",
        back: backTo(owner),
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <Confirmation
          action={`${pathOf(owner)}/suspend`}
          label={`Suspend ${owner.name}`}
          cancel={pathOf(owner)}
          hidden={{ revision: String(owner.revision) }}
          danger
        >
          <h2>What this cuts at once</h2>
          <Cut {...cut} />
          <h2>What it does not cut</h2>
          <NotCut {...cut} />
          <TextField
            name="reason"
            label="Why"
            hint="They and other admins read it; visitors do not."
            value={reason}
            errors={errors}
            maxlength={200}
            required
          />
        </Confirmation>
      </>,
    );
  };

  const notPossible = (context: Context<PageEnv>, owner: Owner, refusal: Refusal) => {
    leaveFlash(context, site, { tone: "bad", text: refusal.message });
    return context.redirect(pathOf(owner), 303);
  };

  /** Has their things in other systems follow now, and says what came of it. */
  const settled = async (context: Context<PageEnv>, owner: Owner, what: string) => {
    const parts = await settleOwner(services.modules(), owner.id);
    const text = `${owner.name} ${what}.${inOtherSystems(parts)}`;
    leaveFlash(context, site, { tone: "good", text });
    return context.redirect(pathOf(owner), 303);
  };

  app.get("/admin/owners/:owner/suspend", (context) =>
    suspendPage(context, ownerFor(services, context, "owner.administer")),
  );

  app.post("/admin/owners/:owner/suspend", async (context) => {
    const owner = ownerFor(services, context, "owner.administer");
    const fields = await fieldsOf(context);
    const ifMatch = revisionOf(fields("revision"));
    const parsed = lineField.min(1, "Say why, in a few words.").safeParse(fields("reason"));
    if (!parsed.success) {
      const message = parsed.error.issues[0]?.message ?? "This cannot be the reason.";
      const errors = new FormErrors([{ field: "reason", message }]);
      const refusal = new Refusal("invalid_input", message);
      return suspendPage(context, owner, { reason: fields("reason"), errors, refusal });
    }
    const reason = parsed.data;
    try {
      await carryOut(services, context.get("visitor").actor, (state, decided) =>
        suspendOwner(state, decided, { id: owner.id, reason, ifMatch }),
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      const errors = errorsOf(error, { reason: "reason" });
      const newest = ownerFor(services, context, "owner.administer");
      return suspendPage(context, newest, { reason, errors, refusal: error });
    }
    return settled(context, owner, "is suspended");
  });

  const resumePage = (context: Context<PageEnv>, owner: Owner, refusal?: Refusal) => {
    const { actor } = context.get("visitor");
    const previewed = previewOrRefusal(() =>
      preview(services, actor, (state, decided) => resumeOwner(state, decided, { id: owner.id })),
    );
    if (previewed instanceof Refusal) return notPossible(context, owner, previewed);
    const hosts = hostsIn(previewed, "removed");
    const errors = refusal === undefined ? noErrors : errorsOf(refusal, {});
    return showAdmin(
      context,
      services,
      {
        title: `Resume ${owner.name}?`,
        place: "owners",
        back: backTo(owner),
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <Confirmation
          action={`${pathOf(owner)}/resume`}
          label={`Resume ${owner.name}`}
          cancel={pathOf(owner)}
          hidden={{ revision: String(owner.revision) }}
        >
          <p>They were suspended for: {owner.suspended?.reason}</p>
          <h2>What comes back</h2>
          <ul>
            <li>
              <Hosts hosts={hosts} none="No host." />
            </li>
            <li>Tokens that have not ended meanwhile let them in again.</li>
            <li>Sessions stay ended: they sign in anew.</li>
          </ul>
        </Confirmation>
      </>,
    );
  };

  app.get("/admin/owners/:owner/resume", (context) =>
    resumePage(context, ownerFor(services, context, "owner.administer")),
  );

  app.post("/admin/owners/:owner/resume", async (context) => {
    const owner = ownerFor(services, context, "owner.administer");
    const ifMatch = revisionOf((await fieldsOf(context))("revision"));
    try {
      await carryOut(services, context.get("visitor").actor, (state, decided) =>
        resumeOwner(state, decided, { id: owner.id, ifMatch }),
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      return resumePage(context, ownerFor(services, context), error);
    }
    return settled(context, owner, "is back");
  });

  return app;
}

interface SuspendShown {
  readonly reason?: string;
  readonly errors?: FormErrors;
  readonly refusal?: Refusal;
}

function previewOrRefusal<T>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal && error.code === "conflict") return error;
    throw error;
  }
}
