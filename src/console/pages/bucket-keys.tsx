import { Hono, type Context } from "hono";
import { carryOut } from "../../api/carry-out.ts";
import { requireBuckets } from "../../api/modules.ts";
import { revokeKey, rotateKey } from "../../buckets/verbs/keys.ts";
import type { BucketKey } from "../../domain/entities.ts";
import { Refusal } from "../../errors.ts";
import { doing } from "../act.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { Confirmation } from "../parts/confirmation.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import type { PageEnv } from "../visitor.ts";
import { giveKey } from "./bucket-act.ts";
import { GivenKeyPage } from "./bucket-key-given.tsx";
import { keyFor } from "./bucket-view.ts";
import type { PageServices } from "./services.ts";

const BACK = { href: "/buckets#keys", label: "Buckets" } as const;

/** `/bucket-keys/{id}/rotate` and `/revoke`: a new secret in the place of the old, or an end. */
export function bucketKeys(services: PageServices): Hono<PageEnv> {
  const { ledger, site } = services;
  const app = new Hono<PageEnv>();

  const rotation = (context: Context<PageEnv>, key: BucketKey, refusal?: Refusal) =>
    show(
      context,
      site,
      {
        title: `Rotate “${key.name}”?`,
        section: "buckets",
        back: BACK,
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={refusal === undefined ? noErrors : errorsOf(refusal, {})} />
        <Confirmation action={`/bucket-keys/${key.id}/rotate`} label="Rotate it" cancel={BACK.href}>
          <p>
            It gets another access key and another secret, which are shown once. The old ones end at
            once: give the new ones to whatever uses it.
          </p>
        </Confirmation>
      </>,
    );

  app.get("/bucket-keys/:id/rotate", (context) => rotation(context, keyFor(services, context)));

  app.post("/bucket-keys/:id/rotate", async (context) => {
    const key = keyFor(services, context);
    try {
      const given = await giveKey(context, services, key.id, (state, decided) =>
        rotateKey(state, decided, { id: key.id }),
      );
      return await show(
        context,
        site,
        { title: `The new secret of “${key.name}”`, section: "buckets", back: BACK },
        <GivenKeyPage services={services} given={given} />,
      );
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      return rotation(context, key, error);
    }
  });

  app.get("/bucket-keys/:id/revoke", (context) => {
    const key = keyFor(services, context);
    return show(
      context,
      site,
      { title: `Revoke “${key.name}”?`, section: "buckets", back: BACK },
      <Confirmation
        action={`/bucket-keys/${key.id}/revoke`}
        label="Revoke it"
        cancel={BACK.href}
        danger
      >
        <p>Whatever uses it is refused from then on. This cannot be taken back.</p>
      </Confirmation>,
    );
  });

  app.post("/bucket-keys/:id/revoke", (context) => {
    const key = keyFor(services, context);
    const { actor } = context.get("visitor");
    return doing(context, services, BACK.href, async () => {
      const decide = (state: typeof ledger.state, decided: Parameters<typeof revokeKey>[1]) =>
        revokeKey(state, decided, { id: key.id });
      const module = requireBuckets(services);
      ledger.preview(actor, decide);
      const { outcome } = await module.settleKey(
        key.id,
        () => carryOut(services, actor, decide),
        () => undefined,
      );
      return outcome === undefined
        ? `The key “${key.name}” was revoked.`
        : `The key “${key.name}” is revoked as soon as the storage can be reached. ${outcome.why ?? ""}`;
    });
  });

  return app;
}
