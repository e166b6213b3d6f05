import type { Buckets } from "../buckets/module.ts";
import type { Databases } from "../databases/module.ts";
import { Refusal } from "../errors.ts";
import type { Namespaces } from "../namespaces/module.ts";
import type { Services } from "./services.ts";

/**
 * The module that keeps buckets.
 * @throws Refusal `conflict` where there is none
 */
export function requireBuckets(services: Pick<Services, "modules">): Buckets {
  const found = services.modules().buckets;
  if (found !== undefined) return found;
  throw new Refusal(
    "conflict",
    "There are no buckets here: buckets.enabled is off, or no console runs.",
  );
}

/**
 * The module that keeps databases.
 * @throws Refusal `conflict` where there is none
 */
export function requireDatabases(services: Pick<Services, "modules">): Databases {
  const found = services.modules().databases;
  if (found !== undefined) return found;
  throw new Refusal(
    "conflict",
    "There are no databases here: databases.enabled is off, or no console runs.",
  );
}

/**
 * The module that keeps namespaces.
 * @throws Refusal `conflict` where there is none
 */
export function requireNamespaces(services: Pick<Services, "modules">): Namespaces {
  const found = services.modules().namespaces;
  if (found !== undefined) return found;
  throw new Refusal(
    "conflict",
    "There are no namespaces here: namespaces.enabled is off, or no console runs.",
  );
}
