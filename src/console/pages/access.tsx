import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { carryOut } from "../../api/carry-out.ts";
import { lineField, SCOPES, type Token } from "../../domain/entities.ts";
import { authorise } from "../../domain/policy.ts";
import { hasScope, quotaOf } from "../../domain/rules.ts";
import { tokensOf } from "../../domain/state.ts";
import { createToken, revokeToken, type MintedToken } from "../../owners/tokens.ts";
import { Refusal } from "../../errors.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, FormErrors, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { Confirmation } from "../parts/confirmation.tsx";
import { Copyable } from "../parts/copyable.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { CheckField, FieldSet, SelectField, TextField } from "../parts/fields.tsx";
import { Live } from "../parts/live.tsx";
import { markOf } from "../delivery.ts";
import { Time } from "../parts/time.tsx";
import type { PageEnv } from "../visitor.ts";
import { ownersFor } from "./picture.ts";
import { moreOf } from "./remedy.ts";
import { SessionList, sessionRoutes } from "./sessions.tsx";
import type { PageServices } from "./services.ts";
import { startOf, stretchOf } from "./start-of.ts";
import { SCOPE_WORDS, TokenList } from "./token-list.tsx";

interface TokenForm {
  readonly name: string;
  readonly owner: string;
  readonly scopes: readonly string[];
  readonly days: string;
}

/** Of tokens, and of sessions, on one page. */
const ROWS = 25;

/** `/access`: the tokens of the visitor and their groups, and where they are signed in. */
export function access(services: PageServices): Hono<PageEnv> {
  const { ledger, site, rules } = services;
  const app = new Hono<PageEnv>();

  app.get("/access", async (context) => {
    const { state } = ledger;
    const { person, session } = context.get("visitor");
    const owners = ownersFor(state, person);
    const now = site.now();
    const tokens = owners.flatMap((owner) =>
      tokensOf(state, owner.id)
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .map((token) => ({ token, owner })),
    );
    const start = {
      tokens: startOf(context.req.query("tokens")),
      sessions: startOf(context.req.query("sessions")),
    };
    /** This page with a list of it elsewhere, and led to that. */
    const at = (list: keyof typeof start) => (from: number) =>
      `/access?${new URLSearchParams({
        tokens: String(start.tokens),
        sessions: String(start.sessions),
        [list]: String(from),
      }).toString()}#${list}`;
    const all = await services.sessions.of(person.id);
    return show(
      context,
      site,
      {
        title: "Access",
        section: "access",
        action: { href: "/access/new", label: "Make a token" },
        lead: "What lets programs, and browsers, act as you.",
      },
      <Live context={context} mark={markOf(state, services)}>
        <TokenList tokens={stretchOf(tokens, start.tokens, ROWS, at("tokens"))} now={now} />
        <SessionList
          sessions={stretchOf(all, start.sessions, ROWS, at("sessions"))}
          present={session}
          now={now}
        />
      </Live>,
    );
  });

  const form = (
    context: Context<PageEnv>,
    typed: TokenForm,
    errors = noErrors,
    status: ContentfulStatusCode = 200,
  ) => {
    const { person, actor } = context.get("visitor");
    const owners = ownersFor(ledger.state, person);
    return show(
      context,
      site,
      {
        title: "Make a token",
        section: "access",
        back: { href: "/access", label: "Access" },
        status,
      },
      <>
        <ErrorSummary errors={errors} />
        <form class="form" method="post" action="/access/tokens" novalidate>
          <TextField
            name="name"
            label="What it is for"
            value={typed.name}
            maxlength={200}
            required
            errors={errors}
            hint="Like “deploy from CI”. You know it by this when you revoke it."
          />
          {owners.length === 1 ? (
            <input type="hidden" name="owner" value={person.id} />
          ) : (
            <SelectField
              name="owner"
              label="Whose token it is"
              value={typed.owner}
              options={owners.map(({ id, name }) => [id, name])}
              errors={errors}
              hint="It may do what they may."
            />
          )}
          <FieldSet name="scopes" legend="What it may do" errors={errors}>
            {SCOPES.filter((scope) => actor.scopes.has(scope) && hasScope(rules, scope)).map(
              (scope) => (
                <CheckField
                  name={`scope.${scope}`}
                  label={SCOPE_WORDS[scope][0]}
                  hint={SCOPE_WORDS[scope][1]}
                  checked={typed.scopes.includes(scope)}
                  errors={errors}
                />
              ),
            )}
          </FieldSet>
          <TextField
            name="days"
            label="For how many days"
            inputmode="numeric"
            value={typed.days}
            errors={errors}
            hint={`At most ${rules.tokens.maxDays}. Then it ends by itself.`}
          />
          <p class="buttons">
            <button type="submit">Make it</button>
            <a class="button quiet" href="/access">
              Cancel
            </a>
          </p>
        </form>
      </>,
    );
  };

  app.get("/access/new", (context) =>
    form(context, {
      name: "",
      owner: context.get("visitor").person.id,
      scopes: ["read"],
      days: String(rules.tokens.defaultDays),
    }),
  );

  app.post("/access/tokens", async (context) => {
    const fields = await context.req.parseBody();
    const text = (name: string) => (typeof fields[name] === "string" ? fields[name].trim() : "");
    const scopes = SCOPES.filter((scope) => fields[`scope.${scope}`] === "yes");
    const typed = { name: text("name"), owner: text("owner"), scopes, days: text("days") };
    const name = lineField.min(1).safeParse(typed.name);
    const wrong = [
      ...(name.success ? [] : [{ field: "name", message: "Say in one line what it is for." }]),
      ...(scopes.length > 0 ? [] : [{ field: "scopes", message: "Tick what it may do." }]),
      ...(/^\d{1,6}$/.test(typed.days) ? [] : [{ field: "days", message: "Give whole days." }]),
    ];
    if (wrong.length > 0 || !name.success) return form(context, typed, new FormErrors(wrong), 400);
    try {
      const { result } = await carryOut(services, context.get("visitor").actor, (state, decided) =>
        createToken(state, decided, {
          name: name.data,
          owner: typed.owner,
          scopes,
          expiresInDays: Number(typed.days),
        }),
      );
      return await minted(context, result);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const names = { owner: "owner", scopes: "scopes", expiresInDays: "days" };
      return form(
        context,
        typed,
        errorsOf(error, names, roomFor(context, typed, error)),
        statusOf(error),
      );
    }
  });

  /** The request for room for more tokens, where there is none. */
  const roomFor = (context: Context<PageEnv>, { owner: id }: TokenForm, { code }: Refusal) => {
    const owner = ownersFor(ledger.state, context.get("visitor").person).find(
      (one) => one.id === id,
    );
    if (code !== "quota_exceeded" || owner === undefined) return undefined;
    return moreOf(owner, "tokens", quotaOf(rules, owner).tokens + 1, "Ask for room for more");
  };

  /** The one time that a secret is shown: in the answer itself, and in nothing that is kept. */
  const minted = (context: Context<PageEnv>, { token, secret }: MintedToken) =>
    show(
      context,
      site,
      { title: "Your new token", section: "access", back: { href: "/access", label: "Access" } },
      <section class="secret">
        <h2>Copy it now: it is shown only this once</h2>
        <p>
          <Copyable text={secret} />
        </p>
        <p class="quiet-text">
          “{token.name}” ends <Time at={token.expiresAt} now={site.now()} />. Send it as{" "}
          <code>Authorization: Bearer …</code>; the <a href="/api/docs">reference</a> says where to.
        </p>
      </section>,
    );

  const tokenFor = (context: Context<PageEnv>): Token => {
    const token = ledger.state.tokens.get(context.req.param("token") ?? "");
    const { actor } = context.get("visitor");
    authorise(ledger.state, actor, "token.read", token?.owner ?? null, "token");
    if (token === undefined) throw new Refusal("not_found", "There is no such token.");
    return token;
  };

  app.get("/access/tokens/:token/revoke", (context) => {
    const token = tokenFor(context);
    return show(
      context,
      site,
      {
        title: `Revoke “${token.name}”?`,
        section: "access",
        back: { href: "/access", label: "Access" },
      },
      <Confirmation
        action={`/access/tokens/${token.id}/revoke`}
        label="Revoke it"
        cancel="/access"
        danger
      >
        <p>Whatever uses it is refused from then on. This cannot be taken back.</p>
      </Confirmation>,
    );
  });

  app.post("/access/tokens/:token/revoke", async (context) => {
    const token = tokenFor(context);
    await carryOut(services, context.get("visitor").actor, (state, decided) =>
      revokeToken(state, decided, { id: token.id }),
    );
    leaveFlash(context, site, { tone: "good", text: `The token “${token.name}” was revoked.` });
    return context.redirect("/access", 303);
  });

  app.route("/", sessionRoutes(services));
  return app;
}
