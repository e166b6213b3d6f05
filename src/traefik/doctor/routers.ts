import { ok, warning, wrong, type Look } from "../../checks/check.ts";
import type { Config } from "../../config.ts";
import type { TraefikApi, TraefikItem } from "../api.ts";

const NAMED_MAX = 3;
const ERROR_MAX = 160;
/** Where the document's entries are listed. */
const KINDS = ["http/routers", "http/services", "http/middlewares", "tcp/routers"] as const;
/** A router that every document has. */
const ALWAYS = "zone-default@http";

/** Whether the operators' middlewares are there, on which every HTTPS router hangs. */
export async function lookAtMiddlewares(
  { tell }: Look,
  api: TraefikApi,
  { traefik: { middlewares } }: Config,
): Promise<void> {
  for (const name of middlewares) {
    const found = await api.item("http/middlewares", name);
    const what = `middleware ${name}`;
    if (found === undefined) {
      const says = `Traefik has no ${name}, so every HTTPS router is switched off: make it there, or take it out of traefik.middlewares.`;
      tell(what, wrong(says));
    } else if (found.status === "disabled") {
      tell(what, wrong(`Traefik has switched ${name} off: ${errorOf(found)}`));
    } else tell(what, ok("It is there."));
  }
}

/** Whether our routers are in force, and what Traefik says of those that are not. */
export async function lookAtRouters({ tell }: Look, api: TraefikApi, total: number): Promise<void> {
  const known = await api.item("http/routers", ALWAYS);
  if (known === undefined) {
    const says =
      "Traefik has none of our routers. Its HTTP provider gets no document from here: look at Traefik's log for why (a wrong endpoint or token, or a document that it does not take).";
    tell("routers", wrong(says));
    return;
  }
  const faulty: TraefikItem[] = [];
  const doubtful: TraefikItem[] = [];
  for (const kind of KINDS) {
    faulty.push(...ours(await api.standing(kind, "disabled")));
    doubtful.push(...ours(await api.standing(kind, "warning")));
  }
  const facts = { total, disabled: faulty.length, warnings: doubtful.length };
  if (faulty.length > 0) {
    tell("routers", wrong(`Traefik has switched off ${summary(faulty)}`, facts));
  } else if (doubtful.length > 0) {
    tell("routers", warning(`Traefik is in doubt about ${summary(doubtful)}`, facts));
  } else tell("routers", ok(`All of ours are in force (${total} routers in all).`, facts));
}

function ours(items: readonly TraefikItem[]): TraefikItem[] {
  return items.filter(({ provider }) => provider === "http");
}

function summary(items: readonly TraefikItem[]): string {
  const named = items.slice(0, NAMED_MAX).map((item) => `${item.name} (${errorOf(item)})`);
  const more = items.length > NAMED_MAX ? `; and ${items.length - NAMED_MAX} more` : "";
  return `${named.join("; ")}${more}.`;
}

/** Traefik's own words: rules are quoted in them, which are ours. */
function errorOf({ error }: TraefikItem): string {
  const [first = "it does not say why"] = error ?? [];
  return first.length > ERROR_MAX ? `${first.slice(0, ERROR_MAX)}…` : first;
}
