import type { DatabaseName } from "../../../src/domain/entities.ts";
import type { memoryModules } from "../../support/memory-modules.ts";

/** What an admin takes over in a module: where, and what is there. */
export interface AdoptedThing {
  readonly path: string;
  readonly name: string;
  /** What its preview says that the console changes, or that is to be known. */
  readonly told: RegExp;
  readonly limit: string;
  readonly event: string;
}

export const ADOPTED: readonly AdoptedThing[] = [
  {
    path: "/admin/namespaces",
    name: "old-lab",
    told: /marked the namespace as the console's/,
    limit: "1 of 1 namespaces",
    event: "namespace.adopted",
  },
  {
    path: "/admin/databases",
    name: "u_lab_archive",
    told: /the event nightly runs as root@%/,
    limit: "1 of 5 databases",
    event: "database.adopted",
  },
  {
    path: "/admin/buckets",
    name: "lab.archive",
    told: /marked the bucket as the console's set how much it may hold/,
    limit: "1 of 5 buckets, 5 of 20 gigabytes set aside",
    event: "bucket.adopted",
  },
];

/** Puts there what was there before the console. */
export async function fillSystems({
  storage,
  databaseServer,
  cluster,
}: ReturnType<typeof memoryModules>): Promise<void> {
  await storage.makeBucket("lab.archive");
  await storage.makeBucket("lab.marked");
  await storage.mark("lab.marked", "bkt-of-another-console");
  storage.held.set("lab.archive", { bytes: 12_400_000, objects: 9 });
  await databaseServer.makeDatabase("u_lab_archive" as DatabaseName);
  const type = { apiVersion: "v1", kind: "Namespace" } as const;
  const labels = { "tardis-console/adoptable": "true" };
  await cluster.create({ ...type, metadata: { name: "old-lab", labels } });
  await cluster.create({ ...type, metadata: { name: "kube-system" } });
}

/** All that the systems have, to compare. */
export function contentOf({
  storage,
  databaseServer,
  cluster,
}: ReturnType<typeof memoryModules>): string {
  return JSON.stringify([
    [...storage.stored],
    [...storage.kept],
    [...databaseServer.stored],
    [...databaseServer.kept],
    [...cluster.objects],
  ]);
}
