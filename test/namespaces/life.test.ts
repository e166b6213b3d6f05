import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deleteOwner } from "../../src/owners/delete.ts";
import { resumeOwner, suspendOwner } from "../../src/owners/suspend.ts";
import {
  adoptNamespace,
  limitNamespace,
  restoreNamespace,
} from "../../src/namespaces/verbs/namespaces.ts";
import { type KubernetesServer, startKubernetes } from "../support/kubernetes.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { DAY_MS, Host, MINUTES_MS } from "./support.ts";

describeWithService(["kubernetes", "etcd"], "an owner's namespaces at the real Kubernetes", () => {
  let server: KubernetesServer;
  let host: Host;
  let alice: string;
  beforeAll(async () => {
    server = await startKubernetes();
    host = await Host.start(server);
    alice = await host.person("alice");
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    await server?.destroy();
  });

  const within = (name: string) => `/api/v1/namespaces/${name}`;
  const policies = async (name: string) =>
    (await host.stored(`/apis/networking.k8s.io/v1/namespaces/${name}/networkpolicies`)).items;
  const asks = async (token: string, path: string) =>
    (await server.ask("GET", path, { token })).status;

  it("are made with all that holds them, as the server has it", async () => {
    const { done, outcome } = await host.namespace(alice, "shop");
    expect(outcome).toMatchObject({ state: "ready", why: null });
    expect(done.name).toBe("alice--shop");
    const { metadata } = await host.stored(within("alice--shop"));
    expect(host.state.namespaces.get(done.id)?.uid).toBe(metadata.uid);
    expect(metadata.labels).toMatchObject({
      "app.kubernetes.io/managed-by": "tardis-console",
      "tardis-console/tenant": "true",
      "pod-security.kubernetes.io/enforce": "baseline",
      "pod-security.kubernetes.io/warn": "restricted",
    });
    expect(metadata.annotations).toEqual({
      "tardis-console/id": done.id,
      "tardis-console/owner": alice,
      "tardis-console/hosts": "alice.on.tardis.test",
    });
    const quota = await host.stored(`${within("alice--shop")}/resourcequotas/tardis-quota`);
    expect(quota.spec.hard).toMatchObject({
      pods: "20",
      "limits.cpu": "2",
      "limits.memory": "4Gi",
      "requests.storage": "20Gi",
      "services.nodeports": "0",
      "services.loadbalancers": "0",
    });
    const limits = await host.stored(`${within("alice--shop")}/limitranges/tardis-limits`);
    // The client drops `default` and `from` where they are given as they are spelt.
    expect(limits.spec.limits).toEqual([
      {
        type: "Container",
        max: { cpu: "2", memory: "4Gi" },
        default: { cpu: "500m", memory: "512Mi", "ephemeral-storage": "1Gi" },
        defaultRequest: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "64Mi" },
      },
    ]);
    const [allow, deny] = await policies("alice--shop");
    expect(deny.spec).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    expect(allow.spec.ingress).toEqual([
      { from: [{ podSelector: {} }] },
      {
        from: [
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "traefik" } } },
        ],
      },
    ]);
    expect(allow.spec.egress[2].to[0].ipBlock).toEqual({
      cidr: "0.0.0.0/0",
      except: ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
    });
    const account = await host.stored(`${within("alice--shop")}/serviceaccounts/default`);
    expect(account.automountServiceAccountToken).toBe(false);
    const binding = await host.stored(
      "/apis/rbac.authorization.k8s.io/v1/namespaces/alice--shop/rolebindings/tardis-tenant",
    );
    expect(binding.roleRef.name).toBe("tardis:tenant");
    expect(binding.subjects).toEqual([
      { kind: "ServiceAccount", name: done.id, namespace: "tardis-console" },
    ]);
  });

  it("are left alone by looks that find nothing to do", async () => {
    await host.pass(MINUTES_MS);
    const revision = host.state.revision;
    const { metadata } = await host.stored(within("alice--shop"));
    await host.pass(MINUTES_MS);
    expect(host.module.loop.lastSweep).toMatchObject({ attempted: 0, why: undefined });
    expect(host.state.revision).toBe(revision);
    const after = await host.stored(within("alice--shop"));
    expect(after.metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  it("are opened by a kubeconfig, until it is revoked, renewed or over", async () => {
    const id = host.state.namespacesByName.get("alice--shop") ?? "";
    const { done, outcome, token = "" } = await host.kubeconfig(id, 7);
    expect(outcome).toMatchObject({ state: "ready", why: null });
    expect(await asks(token, `${within("alice--shop")}/pods`)).toBe(200);
    expect(await asks(token, `${within("kube-system")}/pods`)).toBe(403);
    const record = host.state.kubeconfigs.get(done.id);
    const days = (Date.parse(record?.expiresAt ?? "") - Date.now()) / DAY_MS;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);

    const renewed = await host.renew(done.id);
    expect(renewed.outcome).toMatchObject({ state: "ready" });
    expect(await asks(renewed.token ?? "", `${within("alice--shop")}/pods`)).toBe(200);
    // The API server remembers for some seconds whom it let in.
    await waitFor(async () => (await asks(token, `${within("alice--shop")}/pods`)) === 401, {
      timeout: 60_000,
      describe: "the old token to end",
    });
    expect((await host.revoke(done.id)).outcome).toBeUndefined();
    expect(host.state.kubeconfigs.has(done.id)).toBe(false);
    await waitFor(
      async () => (await asks(renewed.token ?? "", `${within("alice--shop")}/pods`)) === 401,
      { timeout: 60_000, describe: "the token to end" },
    );
    const brief = await host.kubeconfig(id, 1);
    expect(host.state.kubeconfigs.has(brief.done.id)).toBe(true);
    await host.pass(DAY_MS + MINUTES_MS);
    expect(host.state.kubeconfigs.has(brief.done.id)).toBe(false);
    const secrets = await host.stored("/api/v1/namespaces/tardis-console/secrets");
    expect(secrets.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual([
      "console-token",
    ]);
  }, 180_000);

  it("are closed by a suspension, and opened again by its end", async () => {
    const id = host.state.namespacesByName.get("alice--shop") ?? "";
    const { token = "" } = await host.kubeconfig(id, 30);
    const ingress = (name: string) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name },
      spec: { rules: [{ host: "alice.on.tardis.test" }] },
    });
    const pod = (name: string) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: { containers: [{ name: "c", image: "example/none" }] },
    });
    const admits = async (path: string, body: object) =>
      (await server.ask("POST", path, { body })).status;
    const ingresses = "/apis/networking.k8s.io/v1/namespaces/alice--shop/ingresses";
    expect(await admits(`${within("alice--shop")}/pods`, pod("before"))).toBe(201);
    expect(await admits(ingresses, ingress("before"))).toBe(201);

    await host.do(suspendOwner, { id: alice, reason: "" });
    const parts = await host.module.settleOwner(alice);
    expect(parts.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      "namespace suspended",
      "kubeconfig suspended",
    ]);
    expect(parts[0]?.why).toContain("Pods that run go on");
    expect(await asks(token, `${within("alice--shop")}/pods`)).toBe(403);
    expect(
      (await policies("alice--shop")).map(
        (one: { metadata: { name: string } }) => one.metadata.name,
      ),
    ).toEqual(["tardis-deny-all"]);
    // The counters of quotas follow by and by.
    await waitFor(
      async () => (await admits(`${within("alice--shop")}/pods?dryRun=All`, pod("after"))) === 403,
      { timeout: 30_000, describe: "pods to be refused" },
    );
    await waitFor(async () => (await admits(ingresses, ingress("after"))) === 403, {
      timeout: 30_000,
      describe: "ingresses to be refused",
    });

    await host.do(resumeOwner, { id: alice });
    const back = await host.module.settleOwner(alice);
    expect(back.map(({ state }) => state)).toEqual(["ready", "ready"]);
    expect(await asks(token, `${within("alice--shop")}/pods`)).toBe(200);
    expect(await policies("alice--shop")).toHaveLength(2);
  }, 180_000);

  it("are limited by an admin, one by one", async () => {
    const id = host.state.namespacesByName.get("alice--shop") ?? "";
    const limit = (limits: object) =>
      host.module.settleNamespace(id, () => host.do(limitNamespace, { id, limits }));
    await limit({ pods: 3, cpu: 2500 });
    const quota = () => host.stored(`${within("alice--shop")}/resourcequotas/tardis-quota`);
    expect((await quota()).spec.hard).toMatchObject({ pods: "3", "limits.cpu": "2500m" });
    await limit({ pods: null, cpu: null });
    expect((await quota()).spec.hard).toMatchObject({ pods: "20", "limits.cpu": "2" });
    expect(host.state.namespaces.get(id)?.limits).toBeUndefined();
  });

  it("are kept for a while when they are deleted, and can be had back", async () => {
    const id = host.state.namespacesByName.get("alice--shop") ?? "";
    const { outcome } = await host.remove(id);
    expect(outcome).toMatchObject({ state: "deleting" });
    expect(await policies("alice--shop")).toHaveLength(1);
    await host.module.settleNamespace(id, () => host.do(restoreNamespace, { id }));
    expect(await policies("alice--shop")).toHaveLength(2);
  });

  it("leave with their owner, when the time is over, and nothing of them stays", async () => {
    await host.do(deleteOwner, { id: alice, kind: "person" });
    await host.module.settleOwner(alice);
    expect(host.state.kubeconfigs.size).toBe(0);
    expect(host.state.namespaces.size).toBe(1);
    await host.pass(8 * DAY_MS);
    await waitFor(
      async () => {
        await host.pass(MINUTES_MS);
        return host.state.namespaces.size === 0;
      },
      { timeout: 120_000, describe: "the namespace to end" },
    );
    expect((await server.ask("GET", within("alice--shop"))).status).toBe(404);
    const accounts = await host.stored("/api/v1/namespaces/tardis-console/serviceaccounts");
    const names = accounts.items.map((one: { metadata: { name: string } }) => one.metadata.name);
    expect(names.toSorted()).toEqual(["console", "default"]);
  }, 180_000);

  describe("that were there before", () => {
    it("are taken over once the cluster's admin says so, with what is in them", async () => {
      const owner = await host.person("ann");
      const metadata = { name: "ann-lab" };
      await server.apply([{ apiVersion: "v1", kind: "Namespace", metadata }]);
      const kept = { metadata: { name: "kept" }, data: { a: "b" } };
      await server.ask("POST", `${within("ann-lab")}/configmaps`, { body: kept });
      const bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/ann-lab/rolebindings";
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" };
      const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ann" }];
      await server.ask("POST", bindings, {
        body: { metadata: { name: "anns" }, roleRef, subjects },
      });
      const { metadata: found } = await host.stored(within("ann-lab"));
      const input = { id: "ns-ann", owner, name: "ann-lab", uid: found.uid };
      const { outcome } = await host.module.settleNamespace("ns-ann", () =>
        host.do(adoptNamespace, input),
      );
      expect(outcome).toMatchObject({
        state: "stuck",
        why: expect.stringContaining("tardis-console/adoptable"),
      });
      const labels = { "tardis-console/adoptable": "true" };
      await server.apply([
        { apiVersion: "v1", kind: "Namespace", metadata: { ...metadata, labels } as never },
      ]);
      await waitFor(
        async () => {
          await host.pass(MINUTES_MS);
          return (await host.module.standings.get("namespace/ns-ann"))?.state === "ready";
        },
        { timeout: 60_000, describe: "it to be taken over" },
      );
      expect((await host.stored(`${within("ann-lab")}/configmaps/kept`)).data).toEqual({ a: "b" });
      expect((await server.ask("GET", `${bindings}/anns`)).status).toBe(404);
      const { token = "" } = await host.kubeconfig("ns-ann");
      expect(await asks(token, `${within("ann-lab")}/configmaps/kept`)).toBe(200);
    }, 90_000);

    it("are a conflict, and not touched", async () => {
      const bob = await host.person("bob");
      const metadata = { name: "bob--old", labels: { theirs: "yes" } };
      await server.apply([{ apiVersion: "v1", kind: "Namespace", metadata }]);
      const before = await host.stored(within("bob--old"));
      const { done, outcome } = await host.namespace(bob, "old");
      expect(outcome).toMatchObject({ state: "conflict" });
      await host.remove(done.id);
      await host.pass(8 * DAY_MS);
      expect(host.state.namespaces.has(done.id)).toBe(false);
      const after = await host.stored(within("bob--old"));
      expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });
  });
});
