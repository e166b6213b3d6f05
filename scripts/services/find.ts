import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { type ServiceName, services } from "./catalogue.ts";

/** The folder that services are installed into: `TARDIS_CACHE`, else the user's cache folder. */
export function cacheFolder(): string {
  const own = process.env["TARDIS_CACHE"];
  if (own) return resolve(own);
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "tardis-console");
}

/** The folder of one service in the cache; it exists only when the install was complete. */
export function installedFolder(name: ServiceName): string {
  return join(cacheFolder(), `${name}-${services[name].version}`);
}

/** The executable in the cache, or undefined when the service isn't installed there. */
export function findInCache(name: ServiceName): string | undefined {
  const executable = join(installedFolder(name), services[name].executable);
  return isExecutable(executable) ? executable : undefined;
}

/**
 * The executable of a service: the one that its variable names, else a fitting one on the PATH,
 * else the one in the cache. Undefined when there is none.
 * @throws Error when the variable names something that can't be run.
 */
export function findService(name: ServiceName): string | undefined {
  const service = services[name];
  const named = process.env[service.variable];
  if (named) {
    if (isExecutable(named)) return resolve(named);
    throw new Error(`${service.variable} names ${named}, which is not an executable file`);
  }
  const onPath = findOnPath(service.command);
  if (onPath && (service.accepts?.(onPath) ?? true)) return onPath;
  return findInCache(name);
}

/** The Traefik to use, or undefined when there is none. */
export function findTraefik(): string | undefined {
  return findService("traefik");
}

function findOnPath(command: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, command))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
