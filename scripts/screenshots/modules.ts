import { fillSystems } from "../../test/console/admin/adoption-stage.ts";
import { startAdminWorld } from "../../test/console/admin/support.ts";
import { memoryModules } from "../../test/support/memory-modules.ts";
import { MODULE_SHOTS } from "./module-shots.ts";
import type { ShownStage } from "./shot.ts";

/** A console with all modules on, on systems in memory, as its admin ada sees it. */
export async function stageModules(): Promise<ShownStage> {
  const systems = memoryModules();
  await fillSystems(systems);
  const world = await startAdminWorld(
    // Without HTTPS, as for a trial on a laptop: browsers keep its cookies.
    { publicUrl: "http://localhost:0", ...systems.settings },
    systems.overrides,
  );
  const { must } = world;
  const type = { apiVersion: "v1", kind: "Namespace" } as const;
  await systems.cluster.create({ ...type, metadata: { name: "games--arena" } });
  await systems.storage.makeBucket("alice.old");
  for (const [owner, name] of [
    ["alice", "photos"],
    ["alice", "old"],
    ["bob", "thesis"],
    ["games", "maps"],
  ])
    await must("POST", "/buckets", { owner, name });
  await must("POST", "/bucket-keys", { owner: "alice", name: "laptop", access: "read" });
  for (const [owner, name] of [
    ["alice", "wiki"],
    ["bob", "films"],
    ["games", "ladder"],
  ])
    await must("POST", "/databases", { owner, name });
  await must("POST", "/database-accounts", { owner: "alice", name: "app", access: "write" });
  for (const [owner, name] of [
    ["alice", "shop"],
    ["bob", "lab"],
    ["games", "arena"],
  ])
    await must("POST", "/namespaces", { owner, name });
  await must("POST", "/kubeconfigs", { namespace: "alice--shop", name: "laptop" });
  await must("DELETE", "/persons/bob");
  const ada = await world.as("ada");
  return {
    origin: world.running.config.publicUrl,
    shots: MODULE_SHOTS,
    ids: {},
    does: {},
    by: () => ({ session: [...ada.cookies.values()][0] ?? "" }),
    close: () => world.close(),
  };
}
