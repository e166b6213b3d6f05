import { Hono, type Context } from "hono";
import type { Child } from "hono/jsx";
import { grace } from "../../domain/decision.ts";
import type { Module } from "../../domain/rules.ts";
import { Refusal } from "../../errors.ts";
import { doing, fieldsOf } from "../act.ts";
import { leaveFlash } from "../flash.ts";
import { errorsOf, noErrors, statusOf } from "../forms.ts";
import { show } from "../layout.tsx";
import { ErrorSummary } from "../parts/error-summary.tsx";
import { exactly } from "../parts/time.tsx";
import { TypedName } from "../parts/typed-name.tsx";
import type { PageEnv } from "../visitor.ts";
import type { PageServices } from "./services.ts";

/** What is kept for a while when it is deleted. */
interface Deletable {
  readonly id: string;
  readonly name: string;
  readonly deleting?: { readonly until: string } | undefined;
}

/** How things of a module are deleted, and had back. */
interface Deletion<T extends Deletable> {
  /** The module, which its pages stand under: `buckets`. */
  readonly of: Module;
  /** The thing that an address means. @throws Refusal where the visitor may not change it */
  readonly find: (context: Context<PageEnv>) => T;
  readonly remove: (context: Context<PageEnv>, id: string, typed: string) => Promise<T>;
  readonly restore: (context: Context<PageEnv>, id: string) => Promise<T>;
  /** What it means, as items of a list. @param kept until when it is kept, for people */
  readonly means: (thing: T, kept: string) => Child | Promise<Child>;
  /** How it is then, and how once it was had back: `out of use`, `back`. */
  readonly words: { readonly gone: string; readonly back: string };
}

/** `/{module}/{id}/delete` and `/restore`: takes a thing out of use, and has it back. */
export function deletions<T extends Deletable>(
  services: PageServices,
  { of, find, remove, restore, means, words }: Deletion<T>,
): Hono<PageEnv> {
  const { site, rules } = services;
  const app = new Hono<PageEnv>();

  const page = async (
    context: Context<PageEnv>,
    thing: T,
    { typed = "", refusal }: { typed?: string; refusal?: Refusal } = {},
  ) => {
    const { id, name } = thing;
    const at = `/${of}/${id}`;
    const errors = refusal === undefined ? noErrors : errorsOf(refusal, { name: "name" });
    const { until } = grace({ now: site.now(), rules }, of);
    const items = await means(thing, exactly(new Date(until)));
    return show(
      context,
      site,
      {
        title: `Delete ${name}?`,
        section: of,
        back: { href: at, label: name },
        status: refusal === undefined ? 200 : statusOf(refusal),
      },
      <>
        <ErrorSummary errors={errors} />
        <TypedName name={name} typed={typed} errors={errors} action={`${at}/delete`} cancel={at}>
          <ul>{items}</ul>
        </TypedName>
      </>,
    );
  };

  app.get(`/${of}/:id/delete`, (context) => page(context, find(context)));

  app.post(`/${of}/:id/delete`, async (context) => {
    const { id } = find(context);
    const typed = (await fieldsOf(context))("name").trim().slice(0, 200);
    try {
      const { name, deleting } = await remove(context, id, typed);
      leaveFlash(context, site, {
        tone: "good",
        text: `${name} is ${words.gone}, and deleted on ${exactly(new Date(deleting?.until ?? 0))}.`,
        undo: { action: `/${of}/${id}/restore`, label: "Undo" },
      });
      return context.redirect(`/${of}`, 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === "not_found") throw error;
      return page(context, find(context), { typed, refusal: error });
    }
  });

  app.post(`/${of}/:id/restore`, (context) => {
    const { id } = find(context);
    return doing(context, services, `/${of}/${id}`, async () => {
      const { name } = await restore(context, id);
      return `${name} is ${words.back}, with all that was in it.`;
    });
  });

  return app;
}
