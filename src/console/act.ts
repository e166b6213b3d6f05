import type { Context } from "hono";
import { carryOut } from "../api/carry-out.ts";
import type { Services } from "../api/services.ts";
import { Refusal } from "../errors.ts";
import type { Decide } from "../store/ledger.ts";
import { leaveFlash, type Flash } from "./flash.ts";
import { roomFor } from "./forms.ts";
import type { Site } from "./site.ts";
import type { PageEnv } from "./visitor.ts";

/** A button's doing: where it leads back to, and what is said then. */
export interface Act<T> {
  readonly decide: Decide<T>;
  /** In the past tense. */
  readonly done: (result: T) => string;
  /** A path of the console. */
  readonly to: string;
  /** How it is taken back. */
  readonly undo?: Flash["undo"];
}

/** Carries out what a button stands for, and says on the next page what came of it. */
export async function act<T>(
  context: Context<PageEnv>,
  services: Pick<Services, "ledger" | "limits"> & { readonly site: Site },
  { decide, done, to, undo }: Act<T>,
): Promise<Response> {
  const { actor } = context.get("visitor");
  const work = async () => {
    const { result } = await carryOut(services, actor, decide);
    return done(result);
  };
  return doing(context, services, to, work, undo);
}

/**
 * Does something, and says on the next page what came of it, or why it was not done.
 * @param work gives what is to be said
 * @param to a path of the console, asked for at the end where it depends on what came of it
 */
export async function doing(
  context: Context<PageEnv>,
  { site }: { readonly site: Site },
  to: string | (() => string),
  work: () => Promise<string>,
  undo?: Flash["undo"],
): Promise<Response> {
  try {
    leaveFlash(context, site, { tone: "good", text: await work(), undo });
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === "not_found") throw error;
    leaveFlash(context, site, { tone: "bad", text: error.message, remedy: roomFor(error) });
  }
  return context.redirect(typeof to === "string" ? to : to(), 303);
}

/** The fields of a form that was sent, as text; one that was not sent is empty. */
export async function fieldsOf(context: Context): Promise<(name: string) => string> {
  const body = await context.req.parseBody();
  return (name) => {
    const value = body[name];
    return typeof value === "string" ? value : "";
  };
}
