import type { Part, Subject } from "../checks/check.ts";
import type { Config } from "../config.ts";
import { traefikParts } from "../traefik/doctor/part.ts";
import { backendsPart } from "./backends.ts";
import { clocksPart, type Clocked } from "./clocks.ts";
import { configurationPart } from "./configuration.ts";
import { consolePart, type NotAsked } from "./console.ts";
import { dataFolderPart } from "./data-folder.ts";
import { dnsPart } from "./dns.ts";
import { moduleParts, modulesOn } from "./modules.ts";
import { publicAddressPart } from "./public-address.ts";
import type { RunningFacts, StoreFacts } from "./running.ts";
import { storePart, type NotOpened } from "./store.ts";

/** What is to be looked at, and by whom. */
export interface Patient {
  readonly subject: Subject;
  /** Undefined where the one who looks is no console. */
  readonly running: RunningFacts | undefined;
  readonly notAsked?: NotAsked | undefined;
  readonly store: () => Promise<StoreFacts | NotOpened>;
}

/** Everything that the doctor looks at, in the order in which it is read. */
export function partsOf({ subject, running, notAsked, store }: Patient): readonly Part[] {
  const { config } = subject;
  const modules = modulesOn(subject);
  return [
    configurationPart(config),
    dataFolderPart(config.data),
    consolePart(subject, running, notAsked),
    storePart(subject, store),
    ...traefikParts(subject),
    dnsPart(
      subject,
      modules.flatMap(({ hosts }) => hosts(config)),
    ),
    publicAddressPart(subject),
    backendsPart(subject),
    ...moduleParts(subject),
    clocksPart(
      subject,
      onceEach([
        ...ownSystems(config),
        // GitLab before a sign-in that may be at the same place.
        ...modules.toReversed().flatMap(({ systems }) => systems(config)),
      ]),
    ),
  ];
}

function ownSystems({ traefik: { apiUrls } }: Config): readonly Clocked[] {
  return apiUrls.map((url) => ({
    name: apiUrls.length === 1 ? "Traefik" : `Traefik ${url}`,
    url,
  }));
}

/** One server has one clock, whatever it is asked for. */
function onceEach(systems: readonly Clocked[]): readonly Clocked[] {
  const byOrigin = new Map<string, Clocked>();
  for (const system of systems) {
    const { origin } = new URL(system.url);
    if (!byOrigin.has(origin)) byOrigin.set(origin, system);
  }
  return [...byOrigin.values()];
}
