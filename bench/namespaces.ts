import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Host } from "../test/namespaces/support.ts";
import { temporaryFolder } from "../test/support/folder.ts";
import { type KubernetesServer, startKubernetes } from "../test/support/kubernetes.ts";
import { resync, type ResyncSystem } from "./resync.ts";
import { type Bench, median, plainRow, type Row, timed } from "./table.ts";

const ROUNDS = 10;
const INTERVAL_MS = 11 * 60_000;
const DAYS_MS = 8 * 24 * 60 * 60_000;

/** What namespaces cost at a real Kubernetes: one made and deleted, and looks at those of many owners. */
export const namespaces: Bench = {
  name: "namespaces",
  async run({ quick }) {
    const server = await startKubernetes();
    const host = await Host.start(server);
    const folder = await temporaryFolder();
    try {
      const ca = join(folder.path, "ca.pem");
      await writeFile(ca, server.ca);
      return [...(await oneOfEach(host)), ...(await resync(resyncOf(server, host, ca), { quick }))];
    } finally {
      await host.close();
      await server.destroy();
      await folder.remove();
    }
  },
};

async function oneOfEach(host: Host): Promise<Row[]> {
  const owner = await host.person("one");
  const made: number[] = [];
  const opened: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    made.push(await timed(() => host.namespace(owner, `n-${round}`)));
  const [first = ""] = host.state.namespaces.keys();
  for (let round = 0; round < ROUNDS; round++)
    opened.push(await timed(() => host.kubeconfig(first, 1)));
  for (const { id } of host.state.kubeconfigs.values()) await host.revoke(id);
  const closed: number[] = [];
  for (const { id } of host.state.namespaces.values())
    closed.push(await timed(() => host.remove(id)));
  const deleted = await timed(async () => {
    await host.pass(DAYS_MS);
    while (host.state.namespaces.size > 0) await host.pass(INTERVAL_MS);
  });
  return [
    plainRow("a namespace made, median", `${median(made).toFixed(0)} ms`),
    plainRow("a kubeconfig made, median", `${median(opened).toFixed(0)} ms`),
    plainRow("a namespace closed, median", `${median(closed).toFixed(0)} ms`),
    plainRow(`${ROUNDS} empty namespaces deleted for good, together`, `${deleted.toFixed(0)} ms`),
  ];
}

const OWN_TYPES = [
  "/api/v1/namespaces",
  "/api/v1/resourcequotas",
  "/api/v1/limitranges",
  "/api/v1/serviceaccounts",
  "/api/v1/secrets",
  "/apis/networking.k8s.io/v1/networkpolicies",
  "/apis/rbac.authorization.k8s.io/v1/rolebindings",
];
const MERGE = { type: "application/merge-patch+json" };

/** A namespace and a kubeconfig for each owner; by hand the quota is widened and the policies removed. */
function resyncOf(
  server: KubernetesServer,
  { token, tenancy }: Host,
  ca: string,
): ResyncSystem<{ name: string }> {
  const { layout } = tenancy;
  const must = async (
    method: string,
    path: string,
    options: { body?: unknown; type?: string } = {},
  ) => {
    const { status, body } = await server.ask(method, path, options);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  const versions = async () => {
    const found = new Map<string, string>();
    for (const path of OWN_TYPES) {
      for (const { metadata } of (await must("GET", path)).items)
        found.set(metadata.uid, metadata.resourceVersion);
    }
    return found;
  };
  return {
    module: "namespaces",
    name: "Kubernetes",
    settings: { url: server.url, ca, token },
    async furnish(api, owner) {
      const { id, name } = await api("POST", "/namespaces", { owner, name: "lab" });
      await api("POST", "/kubeconfigs", { namespace: id, name: "laptop" });
      return { name };
    },
    async spoil({ name }) {
      const quota = `/api/v1/namespaces/${name}/resourcequotas/${layout.quota}`;
      await must("PATCH", quota, { body: { spec: { hard: { pods: "999" } } }, ...MERGE });
      await must("DELETE", `/apis/networking.k8s.io/v1/namespaces/${name}/networkpolicies`);
    },
    async countWrites() {
      const before = await versions();
      return async () => {
        const now = await versions();
        const gone = [...before.keys()].filter((uid) => !now.has(uid));
        const changed = [...now].filter(([uid, version]) => before.get(uid) !== version);
        return gone.length + changed.length;
      };
    },
  };
}
