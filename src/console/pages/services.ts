import type { Services } from "../../api/services.ts";
import type { Delivery } from "../delivery.ts";
import type { Site } from "../site.ts";

/** What the pages stand on: what the API stands on, and what only people are shown. */
export interface PageServices extends Services {
  readonly site: Site;
  readonly delivery: () => Delivery;
}
