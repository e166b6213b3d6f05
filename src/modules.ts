import type { Buckets } from "./buckets/module.ts";
import type { ObjectStorage } from "./buckets/storage.ts";
import type { Config } from "./config.ts";
import type { Databases } from "./databases/module.ts";
import type { DatabaseServer } from "./databases/server.ts";
import type { Logger } from "./observability/log.ts";
import type { Cluster } from "./namespaces/cluster.ts";
import type { Namespaces } from "./namespaces/module.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { PartOutcome, ResourceModule } from "./reconcile/module.ts";
import type { Ledger } from "./store/ledger.ts";
import type { Volatile } from "./store/volatile.ts";

/** What every module stands on. */
export interface ModuleParts {
  readonly config: Config;
  /** The state; undefined while it cannot be read or written. */
  readonly ledger: () => Ledger | undefined;
  readonly volatile: () => Volatile | undefined;
  /** Whether this replica runs the loops. */
  readonly leads: () => boolean;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Other real systems than the configured ones, for the modules that are on. */
export interface Systems {
  readonly storage?: ObjectStorage | undefined;
  readonly databaseServer?: DatabaseServer | undefined;
  readonly cluster?: Cluster | undefined;
}

/** The modules that are on, each by its name. */
export interface Modules {
  readonly buckets?: Buckets | undefined;
  readonly databases?: Databases | undefined;
  readonly namespaces?: Namespaces | undefined;
}

export const noModules: Modules = {};

/**
 * Makes the modules that the configuration asks for; the code of those that are off is not loaded.
 * @param systems in place of those that the configuration names
 */
export async function modulesFor(
  { config, ...parts }: ModuleParts,
  { storage, databaseServer: server, cluster }: Systems = {},
): Promise<Modules> {
  return {
    buckets: config.buckets.enabled
      ? new (await import("./buckets/module.ts")).Buckets({
          ...parts,
          config: config.buckets,
          storage,
        })
      : undefined,
    databases: config.databases.enabled
      ? new (await import("./databases/module.ts")).Databases({
          ...parts,
          config: config.databases,
          server,
        })
      : undefined,
    namespaces: config.namespaces.enabled
      ? new (await import("./namespaces/module.ts")).Namespaces({ ...parts, config, cluster })
      : undefined,
  };
}

/** Those that are on, in the order in which an owner is cut off: what lets people in comes first. */
export function allOf(modules: Modules): readonly ResourceModule[] {
  return [modules.namespaces, modules.databases, modules.buckets].filter(
    (module) => module !== undefined,
  );
}

/**
 * Has everything of an owner's in all systems follow a suspension, its undoing or a deletion now, in
 * all systems at once.
 * @returns part by part; what could not be reached is tried again by itself
 */
export async function settleOwner(
  modules: Modules,
  owner: string,
): Promise<readonly PartOutcome[]> {
  const settled = await Promise.all(allOf(modules).map((module) => module.settleOwner(owner)));
  return settled.flat();
}
