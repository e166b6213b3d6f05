import { createEndpoint } from "../../src/endpoints/create.ts";
import { updateEndpoint } from "../../src/endpoints/update.ts";
import { createPerson } from "../../src/owners/create.ts";
import { updatePerson } from "../../src/owners/update.ts";
import { furnishBuckets } from "../../test/support/bucket-world.ts";
import { startPages, type TestPages } from "../../test/support/console-pages.ts";
import { askAround, furnish } from "../../test/support/console-world.ts";
import { furnishDatabases } from "../../test/support/database-world.ts";
import { MemoryDatabases } from "../../test/support/memory-databases.ts";
import { MemoryStorage } from "../../test/support/memory-storage.ts";
import { clusterOfPages, furnishNamespaces } from "../../test/support/namespace-world.ts";
import { MEMBER_SHOTS } from "./member-shots.ts";
import type { ShownStage } from "./shot.ts";
import { addStuck, inConflict } from "./stuck.ts";

/** Members' pages: alice has some of everything, carol nothing yet, dora a host with many places. */
export async function stageMembers(): Promise<ShownStage> {
  const storage = new MemoryStorage();
  const server = new MemoryDatabases();
  const cluster = clusterOfPages();
  const quotas = JSON.stringify({ namespaces: 5 });
  const env = { TARDIS_QUOTAS__PERSON: quotas, TARDIS_QUOTAS__GROUP: quotas };
  const pages = await startPages(undefined, env, storage, server, cluster);
  const { wiki } = await furnish(pages);
  const { photos, scratch, laptop } = await furnishBuckets(pages, storage);
  const { wiki: kept, scratch: going, app } = await furnishDatabases(pages, server);
  const spaces = await furnishNamespaces(pages, cluster);
  await askAround(pages);
  await addMany(pages, "dora", 45);
  const stuck = await addStuck(pages, { storage, server, cluster });
  const conflict = inConflict(pages.ledger.state);
  const idOf = (name: string) => pages.ledger.state.ownersByName.get(name) ?? "";
  return {
    origin: pages.origin,
    shots: MEMBER_SHOTS,
    ids: {
      alice: idOf("alice"),
      bob: idOf("bob"),
      games: idOf("games"),
      wiki: wiki.id,
      token: [...pages.ledger.state.tokens.keys()][0] ?? "",
      shop: spaces.shop.id,
      goingNamespace: spaces.scratch.id,
      conflictNamespace: spaces.old.id,
      stuckNamespace: stuck.namespace.id,
      kubeconfig: spaces.laptop.id,
      photos: photos.id,
      goingBucket: scratch.id,
      conflictBucket: conflict.bucket,
      stuckBucket: stuck.bucket.id,
      bucketKey: laptop.id,
      kept: kept.id,
      goingDatabase: going.id,
      conflictDatabase: conflict.database,
      stuckDatabase: stuck.database.id,
      account: app.id,
    },
    does: { changeWiki: () => changeWiki(pages, wiki.id) },
    by: (who = "alice") => ({ headers: pages.by(who) }),
    close: () => pages.close(),
  };
}

/** Somebody with many places at one host. */
async function addMany({ must }: TestPages, name: string, count: number): Promise<void> {
  const { id } = await must((state, context) =>
    createPerson(state, context, { username: name, displayName: "Dora Lind" }),
  );
  await must((state, context) => updatePerson(state, context, { id, quota: { endpoints: count } }));
  for (let number = 1; number <= count; number++)
    await must((state, context) =>
      createEndpoint(state, context, {
        owner: name,
        path: `/course-${String(number).padStart(2, "0")}`,
        targets: [`http://10.0.8.${number}:8080`],
      }),
    );
}

/** Has an admin lead it elsewhere, and at the next time back. */
function changeWiki({ must, ledger }: TestPages, id: string): Promise<unknown> {
  const [now] = ledger.state.endpoints.get(id)?.targets ?? [];
  const [usual, other] = ["http://10.0.3.7:8080", "http://10.0.3.7:2222"];
  const target = now === usual ? other : usual;
  return must((state, context) => updateEndpoint(state, context, { id, target }));
}
