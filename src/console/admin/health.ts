import type { Owner } from "../../domain/entities.ts";
import type { State } from "../../domain/state.ts";
import { inWords } from "../parts/time.tsx";
import type { Tone } from "../parts/badge.tsx";
import { wrongCount, wrongInWords, type ModuleFace, type RunningModule } from "./module-face.ts";
import { FACES } from "./modules.ts";
import { pollersShown } from "./pollers.ts";
import type { AdminServices } from "./services.ts";
import { counted } from "../words.ts";

/** How a part of the system is, in a line, and where more is to be seen. */
export interface PartHealth {
  readonly part: string;
  readonly tone: Tone;
  readonly word: string;
  readonly text: string;
  readonly href?: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60_000;
/** A sync that misses a turn may only be slow; this many are a fault. */
const TURNS_MISSED = 3;

/** The health of every part, as this replica knows it. */
export async function healthOf(services: AdminServices): Promise<readonly PartHealth[]> {
  const gitlab = await gitlabHealth(services);
  return [
    storeHealth(services),
    publisherHealth(services),
    pollersHealth(services),
    ...(gitlab === undefined ? [] : [gitlab]),
    setAsideHealth(services),
    ...(await modulesHealth(services)),
  ];
}

/** The modules that are on. */
function modulesHealth({ modules, ledger }: AdminServices): Promise<readonly PartHealth[]> {
  const running = FACES.flatMap((face) => {
    const module = face.running(modules());
    return module === undefined ? [] : [{ face, module }];
  });
  return Promise.all(
    running.map(async ({ face, module }) => {
      const wrong = await wrongCount(face, module, ledger.state);
      return moduleHealth(face, module, wrong);
    }),
  );
}

function moduleHealth(face: ModuleFace, module: RunningModule, wrong: number): PartHealth {
  const part = { part: face.title, href: face.path };
  const { away } = module.system;
  if (away !== undefined) return { ...part, tone: "bad", word: "Away", text: away };
  if (wrong > 0) return { ...part, tone: "bad", word: "Wrong", text: wrongInWords(face, wrong) };
  const text = `Nothing at ${module.where} is known to be wrong.`;
  return { ...part, tone: "good", word: "Well", text };
}

function storeHealth({ system, ledger }: AdminServices): PartHealth {
  const { store, replica } = system.problems();
  const problem = store ?? replica;
  if (problem !== undefined) return { part: "Store", tone: "bad", word: "Fault", text: problem };
  const text = `All changes are stored; the state is at revision ${ledger.state.revision}.`;
  return { part: "Store", tone: "good", word: "Well", text };
}

function publisherHealth({ system, ledger }: AdminServices): PartHealth {
  const part = { part: "Publisher", href: "/admin/traefik" };
  const { publisher } = system.problems();
  const current = system.publication();
  if (publisher !== undefined) {
    const text = `The newest state is not published: ${publisher} Traefik keeps what it has.`;
    return { ...part, tone: "bad", word: "Fault", text };
  }
  if (current === undefined)
    return { ...part, tone: "wait", word: "Starting", text: "There is no document yet." };
  if (current.restored) {
    const text = "What an earlier run published is served: the store has not been read yet.";
    return { ...part, tone: "bad", word: "Restored", text };
  }
  const behind = ledger.state.revision - current.revision;
  if (behind > 0) {
    const text = `It is ${counted(behind, "revision")} behind the state.`;
    return { ...part, tone: "wait", word: "Behind", text };
  }
  const text = `Revision ${current.revision} is published.`;
  return { ...part, tone: "good", word: "Well", text };
}

function pollersHealth({ system, site }: AdminServices): PartHealth {
  const part = { part: "Traefik", href: "/admin/traefik" };
  const now = site.now();
  const pollers = pollersShown({ system }, now).filter(({ tone }) => tone !== "off");
  if (pollers.length === 0) {
    const text = "No Traefik has asked this console lately, so no change goes live from here.";
    return { ...part, tone: "wait", word: "Silent", text };
  }
  const late = pollers.filter(({ tone }) => tone !== "good");
  const names = (late.length > 0 ? late : pollers).slice(0, 5).map(({ name }) => name);
  if (late.length > 0) {
    const text = `${names.join(", ")} has not fetched what is published last.`;
    return { ...part, tone: "wait", word: "Behind", text };
  }
  const text = `${names.join(", ")} ${pollers.length === 1 ? "has" : "have"} what is published.`;
  return { ...part, tone: "good", word: "Well", text };
}

async function gitlabHealth(services: AdminServices): Promise<PartHealth | undefined> {
  const { gitlabPages, config, site } = services;
  const records = gitlabPages?.()?.records;
  if (!config.gitlab.enabled || records === undefined) return undefined;
  const part = { part: "GitLab", href: "/admin/gitlab" };
  const [{ completeAt, error }, held] = await Promise.all([records.status(), records.held()]);
  if (held !== undefined) {
    const what = `${counted(held.projects.length, "site")} of ${counted(held.owners, "owner")}`;
    const text = `A plan that removes ${what} waits for an admin.`;
    return { ...part, tone: "bad", word: "Held", text };
  }
  if (error !== null) return { ...part, tone: "bad", word: "Fault", text: error };
  if (completeAt === null)
    return { ...part, tone: "wait", word: "Starting", text: "It has not been read yet." };
  const now = site.now();
  const age = now.getTime() - Date.parse(completeAt);
  const isOld = age > TURNS_MISSED * config.gitlab.interval * MINUTE_MS;
  const text = `It was last read completely ${inWords(new Date(completeAt), now)}.`;
  return { ...part, tone: isOld ? "bad" : "good", word: isOld ? "Old" : "Well", text };
}

function setAsideHealth({ system }: AdminServices): PartHealth {
  const part = { part: "Entries", href: "/admin/set-aside" };
  const unrouted = system.unrouted();
  const setAside = unrouted.filter(({ state }) => state === "set-aside").length;
  const conflicts = unrouted.filter(({ state }) => state === "conflict").length;
  if (setAside + conflicts === 0)
    return { ...part, tone: "good", word: "Well", text: "Nothing is set aside." };
  const found = [
    ...(setAside === 0 ? [] : [`${counted(setAside, "entry", "entries")} set aside`]),
    ...(conflicts === 0 ? [] : [`${counted(conflicts, "page")} in conflict`]),
  ];
  return { ...part, tone: "bad", word: "Set aside", text: `${found.join(", ")}.` };
}

/** The owners whose membership ends soon or has ended, the soonest first. */
export function endingMemberships(
  state: State,
  { rules, site }: Pick<AdminServices, "rules" | "site">,
): readonly Owner[] {
  const until = site.now().getTime() + rules.memberships.warnDays * DAY_MS;
  const found: { readonly owner: Owner; readonly end: number }[] = [];
  for (const owner of state.owners.values()) {
    if (owner.membership === undefined) continue;
    const end = Date.parse(owner.membership.endsAt);
    if (end <= until) found.push({ owner, end });
  }
  return found.sort((a, b) => a.end - b.end).map(({ owner }) => owner);
}
