import { type ServiceName, services } from "./catalogue.ts";
import { findService } from "./find.ts";

/**
 * The executable of a real system, for code that only runs where it is there.
 * @throws Error saying how to get it, when it is missing
 */
export function requireService(name: ServiceName): string {
  const executable = findService(name);
  if (!executable) throw new Error(howToGet(name));
  return executable;
}

/** What to do about a missing service, in one sentence. */
export function howToGet(name: ServiceName): string {
  const { version, variable } = services[name];
  return `${name} ${version} is not installed: run "npm run services" or set ${variable}`;
}
