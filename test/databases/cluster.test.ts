import { afterAll, beforeAll, expect, it } from "vitest";
import { type GaleraCluster, startGalera } from "../support/mariadb.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describeWithService("mariadb", "the Galera cluster that the tests run on", () => {
  let cluster: GaleraCluster;
  beforeAll(async () => {
    cluster = await startGalera();
  }, 180_000);
  afterAll(() => cluster?.destroy());

  it("has three nodes that hold the same, and no account without a name", async () => {
    const [first, second, third] = cluster.nodes;
    await first.root("CREATE DATABASE held", "CREATE TABLE held.t (id INT PRIMARY KEY)");
    await second.root("INSERT INTO held.t VALUES (7)");
    await waitFor(async () => (await third.root("SELECT id FROM held.t"))[0]?.["id"] === 7, {
      describe: "what another node wrote",
    });
    for (const node of cluster.nodes) {
      const [size] = await node.root("SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'");
      expect(size?.["Value"]).toBe("3");
      const nameless = await node.root("SELECT Host FROM mysql.global_priv WHERE User = ''");
      expect(nameless).toEqual([]);
    }
  });
});
