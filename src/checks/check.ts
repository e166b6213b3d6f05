import type { Config } from "../config.ts";
import type { State } from "../domain/state.ts";
import type { Volatile } from "../store/volatile.ts";
import type { Reach } from "./reach.ts";

/** How a thing stands that was looked at. `skipped`: it was not, and why. */
export const CHECK_STATES = ["ok", "warning", "wrong", "skipped"] as const;
export type CheckState = (typeof CHECK_STATES)[number];

/** What programs want to know of a finding beside its sentence: versions, seconds, days. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

export interface Found {
  readonly state: CheckState;
  /** A sentence or two for people: what was found and, where it is wrong, what to do. No secrets. */
  readonly says: string;
  readonly facts?: Facts | undefined;
}

export const ok = (says: string, facts?: Facts): Found => ({ state: "ok", says, facts });
export const warning = (says: string, facts?: Facts): Found => ({ state: "warning", says, facts });
export const wrong = (says: string, facts?: Facts): Found => ({ state: "wrong", says, facts });
export const skipped = (says: string): Found => ({ state: "skipped", says });

/** A look at one part, as long as it goes on. */
export interface Look {
  /** Says what was found. What comes after the deadline is not heard. */
  readonly tell: (what: string, found: Found) => void;
  /** Ends at the deadline. */
  readonly signal: AbortSignal;
}

/** What is looked at by itself, under a deadline of its own. */
export interface Part {
  /** As people know it: `Traefik`. */
  readonly name: string;
  /** Changes nothing in the system. What it throws is told as wrong. */
  readonly look: (look: Look) => Promise<void>;
}

/** What a look may need to know of the console. */
export interface Subject {
  readonly config: Config;
  readonly now: () => Date;
  /** How systems are reached from here. */
  readonly reach: Reach;
  /** What is stored; undefined where that cannot be read. */
  readonly state: () => Promise<State | undefined>;
  /** What replicas tell each other; undefined where no console runs. */
  readonly volatile: () => Volatile | undefined;
}

/** A name in DNS that people reach something of ours by. */
export interface PublicHost {
  /** A host name; `*.` before it stands for any name below. */
  readonly host: string;
  /** What for, as in "for members' buckets". */
  readonly use: string;
  /** Whether it has to lead to Traefik; else anywhere. */
  readonly toTraefik: boolean;
}

/** What a module says of itself: `src/<module>/doctor.ts`, listed in `src/doctor/modules.ts`. */
export interface ModuleDoctor {
  readonly name: string;
  /** Why there is nothing to look at; undefined where there is. */
  readonly off: (config: Config) => string | undefined;
  /** Systems that speak HTTP, whose clocks are compared with this machine's. */
  readonly systems: (config: Config) => readonly { readonly name: string; readonly url: string }[];
  readonly hosts: (config: Config) => readonly PublicHost[];
  /** A client that takes long to load is to be imported in here. */
  readonly look: (look: Look, subject: Subject) => Promise<void>;
}
