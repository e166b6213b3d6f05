import type { Kubeconfig, Namespace } from "../../src/domain/namespaces.ts";
import { createKubeconfig } from "../../src/namespaces/verbs/kubeconfigs.ts";
import { createNamespace, deleteNamespace } from "../../src/namespaces/verbs/namespaces.ts";
import { newId } from "../../src/store/ledger.ts";
import { NOW, type TestPages } from "./console-pages.ts";
import { MemoryCluster } from "./memory-cluster.ts";

/** A cluster at the moment at which the pages are. */
export function clusterOfPages(): MemoryCluster {
  return new MemoryCluster(() => new Date(NOW));
}

/** Has a person make a namespace, and the cluster follow. */
export async function addNamespace(
  pages: TestPages,
  who: string,
  owner: string,
  name: string,
): Promise<Namespace> {
  const id = newId("ns", new Date());
  const { done } = await moduleOf(pages).settleNamespace(id, () =>
    pages.as(who, (state, context) => createNamespace(state, context, { id, owner, name })),
  );
  return pages.ledger.state.namespaces.get(id) ?? done;
}

/** Has a person make a kubeconfig, and the cluster issue its token. */
export async function addKubeconfig(
  pages: TestPages,
  who: string,
  namespace: string,
  name: string,
): Promise<Kubeconfig> {
  const id = newId("kcfg", new Date());
  const { done } = await moduleOf(pages).settleKubeconfig(
    id,
    () =>
      pages.as(who, (state, context) => createKubeconfig(state, context, { id, namespace, name })),
    {},
  );
  return pages.ledger.state.kubeconfigs.get(id) ?? done;
}

/** What alice and her group keep: some of it used, some of it going, some of it wrong. */
export async function furnishNamespaces(pages: TestPages, cluster: MemoryCluster) {
  const shop = await addNamespace(pages, "alice", "alice", "shop");
  const scratch = await addNamespace(pages, "alice", "alice", "scratch");
  // Somebody made it by hand, before the console.
  const type = { apiVersion: "v1", kind: "Namespace" } as const;
  await cluster.create({ ...type, metadata: { name: "alice--old" } });
  const old = await addNamespace(pages, "alice", "alice", "old");
  const servers = await addNamespace(pages, "bob", "games", "servers");
  const laptop = await addKubeconfig(pages, "alice", shop.id, "my laptop");
  const ci = await addKubeconfig(pages, "bob", servers.id, "build runner");
  await moduleOf(pages).settleNamespace(scratch.id, () =>
    pages.as("alice", (state, context) =>
      deleteNamespace(state, context, { id: scratch.id, name: scratch.name }),
    ),
  );
  for (const [key, object] of cluster.objects) {
    const used = { "limits.cpu": "500m", "limits.memory": "1Gi", pods: "3" };
    if (object.kind === "ResourceQuota") cluster.objects.set(key, { ...object, status: { used } });
  }
  return { shop, scratch, old, servers, laptop, ci };
}

function moduleOf({ namespaces }: TestPages) {
  if (namespaces === undefined) throw new Error("these pages were started without a cluster");
  return namespaces;
}
