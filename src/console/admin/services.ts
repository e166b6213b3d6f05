import type { Services } from "../../api/services.ts";
import type { Sessions } from "../../auth/sessions.ts";
import type { Doctor } from "../../doctor/doctor.ts";
import type { Publication } from "../../publisher/publication.ts";
import type { SeenPoller } from "../../publisher/shared-pollers.ts";
import type { Layout } from "../../traefik/layout.ts";
import type { Unrouted } from "../../traefik/routes.ts";
import type { Delivery } from "../delivery.ts";
import type { Site } from "../site.ts";

/** What the admins' pages stand on. */
export interface AdminServices extends Services {
  readonly site: Site;
  readonly sessions: Sessions;
  readonly delivery: () => Delivery;
  readonly system: System;
}

/** How the parts of this console stand: what is not in the state, and differs between replicas. */
export interface System {
  /** What is wrong with each part, in a sentence for operators; undefined where nothing is. */
  readonly problems: () => {
    readonly store: string | undefined;
    readonly publisher: string | undefined;
    readonly replica: string | undefined;
  };
  /** What Traefik is given; undefined before there is anything. */
  readonly publication: () => Publication | undefined;
  /** How the document is laid out, and for how many hosts; undefined before the first. */
  readonly laidOut: () => { readonly layout: Layout; readonly hosts: number } | undefined;
  /** Everything that is not routed, in no particular order. */
  readonly unrouted: () => readonly Unrouted[];
  /** Who polled this console or another of its store, the latest last. */
  readonly pollers: () => readonly SeenPoller[];
  /** Looks at every system that this console needs. */
  readonly doctor: Pick<Doctor, "last" | "progress" | "look">;
}
