import { afterAll, beforeAll, expect, it } from "vitest";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { type AnsweringProxy, startAnsweringProxy } from "../support/answering-proxy.ts";
import { type KubernetesServer, startKubernetes } from "../support/kubernetes.ts";
import { startProxy, type Proxy } from "../support/proxy.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { Host, MINUTES_MS } from "./support.ts";

const CORE = "/api/v1/namespaces";
const NETWORK = "/apis/networking.k8s.io/v1/namespaces";
const RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces";
const NEEDED = ["kubernetes", "etcd"] as const;

describeWithService(NEEDED, "what is changed behind the console's back", () => {
  let server: KubernetesServer;
  let host: Host;
  beforeAll(async () => {
    server = await startKubernetes();
    host = await Host.start(server);
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    await server?.destroy();
  });

  let people = 0;
  async function someone() {
    const owner = await host.person(`p${++people}`);
    const { done } = await host.namespace(owner, "a");
    const { done: way, token = "" } = await host.kubeconfig(done.id);
    await host.pass(MINUTES_MS);
    return { owner, id: done.id, name: done.name, way: way.id, token };
  }
  const merge = (path: string, body: object) =>
    server.ask("PATCH", path, { body, type: "application/merge-patch+json" });
  const remove = (path: string) => server.ask("DELETE", path);

  const DRIFT: readonly [string, (name: string) => Promise<unknown>, string][] = [
    [
      "robbed of its mark",
      (name) =>
        merge(`${CORE}/${name}`, { metadata: { annotations: { "tardis-console/id": null } } }),
      "marked the namespace as the console's",
    ],
    [
      "freed of pod security",
      (name) =>
        merge(`${CORE}/${name}`, {
          metadata: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
        }),
      "marked the namespace as the console's",
    ],
    [
      "given another host",
      (name) =>
        merge(`${CORE}/${name}`, {
          metadata: { annotations: { "tardis-console/hosts": "bob.on.tardis.test" } },
        }),
      "marked the namespace as the console's",
    ],
    [
      "given more room",
      (name) =>
        merge(`${CORE}/${name}/resourcequotas/tardis-quota`, { spec: { hard: { pods: "99" } } }),
      "set what it may use",
    ],
    [
      "freed of its quota",
      (name) => remove(`${CORE}/${name}/resourcequotas/tardis-quota`),
      "set what it may use",
    ],
    [
      "freed of its limits",
      (name) => remove(`${CORE}/${name}/limitranges/tardis-limits`),
      "set what one container may use",
    ],
    [
      "opened to every network",
      (name) =>
        merge(`${NETWORK}/${name}/networkpolicies/tardis-allow`, { spec: { ingress: [{}] } }),
      "opened its network to what it may reach",
    ],
    [
      "freed of its network policy",
      (name) => remove(`${NETWORK}/${name}/networkpolicies/tardis-deny-all`),
      "shut its network",
    ],
    [
      "given one network policy more",
      (name) =>
        server.ask("POST", `${NETWORK}/${name}/networkpolicies`, {
          body: { metadata: { name: "open" }, spec: { podSelector: {}, ingress: [{}] } },
        }),
      "took away a network policy",
    ],
    [
      "given to someone else, too",
      (name) =>
        server.ask("POST", `${RBAC}/${name}/rolebindings`, {
          body: {
            metadata: { name: "also" },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
            subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "x" }],
          },
        }),
      "took away someone's rights",
    ],
    [
      "taken from its owner",
      (name) => remove(`${RBAC}/${name}/rolebindings/tardis-tenant`),
      "let its owner in",
    ],
    [
      "bound to another role",
      async (name) => {
        await remove(`${RBAC}/${name}/rolebindings/tardis-tenant`);
        await server.ask("POST", `${RBAC}/${name}/rolebindings`, {
          body: {
            metadata: { name: "tardis-tenant" },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "admin" },
            subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "x" }],
          },
        });
      },
      "let its owner in",
    ],
    [
      "made to mount tokens",
      (name) =>
        merge(`${CORE}/${name}/serviceaccounts/default`, { automountServiceAccountToken: true }),
      "kept tokens out of its pods",
    ],
    [
      "given an ingress at another's host from before it was looked at",
      async (name) => {
        const binding =
          "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/tardis-console-tenant-ingresses";
        const { metadata: _m, ...kept } = await host.stored(binding);
        await remove(binding);
        const body = {
          metadata: { name: "stray" },
          spec: { rules: [{ host: "bob.on.tardis.test" }] },
        };
        // Admission forgets what was removed by and by.
        await waitFor(
          async () =>
            (await server.ask("POST", `${NETWORK}/${name}/ingresses`, { body })).status === 201,
          { timeout: 30_000, describe: "the ingress to be taken" },
        );
        const metadata = { name: "tardis-console-tenant-ingresses" };
        await server.apply([{ ...kept, metadata }]);
      },
      "took away an ingress at a host that is not its owner's",
    ],
  ];

  it.each(DRIFT)(
    "a namespace that is %s is put right, and it is said",
    async (_w, drift, what) => {
      const { id, name } = await someone();
      await drift(name);
      await host.pass(MINUTES_MS);
      const standing = await host.module.standings.get(`namespace/${id}`);
      expect(standing).toMatchObject({ state: "ready" });
      expect(standing?.repaired.map((one) => one.what)).toContain(what);
      await host.pass(MINUTES_MS);
      expect(host.module.loop.lastSweep).toMatchObject({ attempted: 0 });
    },
    60_000,
  );

  it("what a cluster's admin has labelled to be kept is left alone", async () => {
    const { name } = await someone();
    const metadata = { name: "monitoring", labels: { "tardis-console/keep": "true" } };
    const body = { metadata, spec: { podSelector: {}, ingress: [{}] } };
    await server.ask("POST", `${NETWORK}/${name}/networkpolicies`, { body });
    await host.pass(MINUTES_MS);
    const kept = await server.ask("GET", `${NETWORK}/${name}/networkpolicies/monitoring`);
    expect(kept.status).toBe(200);
  });

  it.each([true, false])(
    "a namespace that lost the console's mark lets nobody in, and it is said who helps: suspended %s",
    async (suspended) => {
      const { owner, id, name, way, token } = await someone();
      const standing = () => host.module.standings.get(`namespace/${id}`);
      const { tenant, adoptable } = host.tenancy.layout;
      await merge(`${CORE}/${name}`, { metadata: { labels: { [tenant]: null } } });
      if (suspended) await host.do(suspendOwner, { id: owner, reason: "" });
      await host.module.settleOwner(owner);
      expect((await server.ask("GET", `${CORE}/${name}/pods`, { token })).status).toBe(403);
      expect(await standing()).toMatchObject({
        state: "stuck",
        why: expect.stringContaining(`kubectl label namespace ${name} ${adoptable}=true`),
      });
      const { state, why } = (await host.module.standings.get(`kubeconfig/${way}`)) ?? {};
      expect([state, why ?? ""]).toEqual(
        suspended ? ["suspended", expect.stringContaining("opens nothing")] : ["ready", ""],
      );
      // Every look finds it so, and tries nothing.
      await host.pass(MINUTES_MS);
      await host.pass(MINUTES_MS);
      expect(host.module.loop.lastSweep).toMatchObject({ why: undefined });
      expect(await standing()).toMatchObject({ state: "stuck" });

      await merge(`${CORE}/${name}`, { metadata: { labels: { [adoptable]: "true" } } });
      const right = suspended ? "suspended" : "ready";
      await waitFor(
        async () => {
          await host.pass(MINUTES_MS);
          return (await standing())?.state === right;
        },
        { timeout: 60_000, describe: "it to be the console's again" },
      );
      expect((await host.stored(`${CORE}/${name}`)).metadata.labels[tenant]).toBe("true");
      const { status } = await server.ask("GET", `${CORE}/${name}/pods`, { token });
      expect(status).toBe(suspended ? 403 : 200);
    },
    90_000,
  );

  it("a namespace that is deleted is said to be, and made anew", async () => {
    const { id, name, way } = await someone();
    const finalizers = ["example.test/keeps"];
    const held = { metadata: { name: "held", finalizers } };
    await server.ask("POST", `${CORE}/${name}/configmaps`, { body: held });
    await remove(`${CORE}/${name}`);
    await waitFor(
      async () => {
        await host.pass(MINUTES_MS);
        const { why } = (await host.module.standings.get(`namespace/${id}`)) ?? {};
        return why?.includes("example.test/keeps");
      },
      { timeout: 60_000, describe: "what it waits for to be said" },
    );
    expect(await host.module.standings.get(`namespace/${id}`)).toMatchObject({ state: "stuck" });
    const still = await host.stored(`${CORE}/${name}/configmaps/held`);
    expect(still.metadata.finalizers).toEqual(finalizers);
    await merge(`${CORE}/${name}/configmaps/held`, { metadata: { finalizers: null } });
    await waitFor(
      async () => {
        await host.pass(MINUTES_MS);
        return (await host.module.standings.get(`namespace/${id}`))?.state === "ready";
      },
      { timeout: 90_000, describe: "it to be made anew" },
    );
    expect(await host.module.standings.get(`kubeconfig/${way}`)).toMatchObject({ state: "ready" });
  }, 180_000);

  it("a namespace that a stranger made in its place is not touched", async () => {
    const { id, name } = await someone();
    await remove(`${CORE}/${name}`);
    await waitFor(async () => (await server.ask("GET", `${CORE}/${name}`)).status === 404, {
      timeout: 60_000,
      describe: "it to be gone",
    });
    await server.ask("POST", CORE, { body: { metadata: { name } } });
    const before = await host.stored(`${CORE}/${name}`);
    await host.pass(MINUTES_MS);
    expect(await host.module.standings.get(`namespace/${id}`)).toMatchObject({ state: "conflict" });
    const after = await host.stored(`${CORE}/${name}`);
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  }, 120_000);

  it.each([
    ["secret", (way: string) => `secrets/kubeconfig-${host.state.kubeconfigs.get(way)?.handle}`],
    ["account", (_way: string, id: string) => `serviceaccounts/${id}`],
  ] as const)("a kubeconfig whose %s is lost says what to do, and that works", async (_w, path) => {
    const { id, name, way } = await someone();
    await remove(`${CORE}/tardis-console/${path(way, id)}`);
    await host.pass(MINUTES_MS);
    await host.pass(MINUTES_MS);
    expect(await host.module.standings.get(`kubeconfig/${way}`)).toMatchObject({
      state: "stuck",
      why: expect.stringContaining("Renew it"),
    });
    const { outcome, token = "" } = await host.renew(way);
    expect(outcome).toMatchObject({ state: "ready" });
    expect((await server.ask("GET", `${CORE}/${name}/pods`, { token })).status).toBe(200);
  });

  it("a secret and an account that somebody else put beside are left alone", async () => {
    const metadata = { name: "stranger", labels: { "tardis-console/access": "token" } };
    for (const what of ["secrets", "serviceaccounts"]) {
      await server.ask("POST", `${CORE}/tardis-console/${what}`, { body: { metadata } });
      await host.pass(MINUTES_MS);
      const { status } = await server.ask("GET", `${CORE}/tardis-console/${what}/stranger`);
      expect(status).toBe(200);
      await remove(`${CORE}/tardis-console/${what}/stranger`);
    }
  });
});

/** How long a call to the API server in trouble may take. */
const CALL_MS = 3_000;

describeWithService(NEEDED, "an API server that is in trouble", () => {
  let server: KubernetesServer;
  let proxy: Proxy;
  let answering: AnsweringProxy;
  let host: Host;
  beforeAll(async () => {
    server = await startKubernetes();
    answering = await startAnsweringProxy(server.url);
    proxy = await startProxy(Number(new URL(answering.url).port));
    host = await Host.start(server, { url: `https://127.0.0.1:${proxy.port}`, callMs: CALL_MS });
  }, 120_000);
  afterAll(async () => {
    proxy?.restore();
    await host?.close();
    await proxy?.close();
    await answering?.close();
    await server?.destroy();
  });

  const restore = () => {
    proxy.restore();
    answering.answer = () => undefined;
    server.signal("SIGCONT");
  };
  let people = 0;
  async function before() {
    const owner = await host.person(`p${++people}`);
    const { done } = await host.namespace(owner, "before");
    const { done: way, token = "" } = await host.kubeconfig(done.id);
    return { owner, id: done.id, name: done.name, way: way.id, token };
  }
  const settled = (things: readonly string[], state: string) =>
    waitFor(
      async () => {
        await host.pass(MINUTES_MS);
        const standings = await Promise.all(things.map((one) => host.module.standings.get(one)));
        return standings.every((standing) => standing?.state === state);
      },
      { timeout: 60_000, describe: "everything to be right" },
    );

  const AWAY: readonly [string, () => void][] = [
    ["away", () => proxy.cut()],
    ["out of reach: nothing is answered", () => proxy.stall()],
    ["frozen", () => server.signal("SIGSTOP")],
    ["deaf: it does what it is asked and does not answer", () => proxy.swallowAnswers()],
    ["cut off in the middle of its answers", () => proxy.cutAnswersAfter(2_000)],
    ["slow: it does what it is asked and answers too late", () => proxy.slow(CALL_MS - 1_000)],
    [
      "failing with 500",
      () => (answering.answer = () => ({ status: 500, body: { message: "etcd is away" } })),
    ],
    [
      "asking for patience with 429",
      () => (answering.answer = () => ({ status: 429, body: { message: "too many" } })),
    ],
    ["behind a gateway that fails", () => (answering.answer = () => ({ status: 503, body: {} }))],
  ];

  it.each(AWAY)(
    "%s: it is said, and heals by itself",
    async (_what, begin) => {
      const { owner, id, name, way, token } = await before();
      begin();
      const { done, outcome } = await host.namespace(owner, "new");
      expect(outcome).toMatchObject({ state: "creating", why: expect.stringMatching(/\.$/) });
      await host.do(suspendOwner, { id: owner, reason: "" });
      await host.module.settleOwner(owner);
      // Soon nobody waits for it any more.
      await waitFor(
        async () => {
          if (host.module.system.away === undefined) await host.pass(MINUTES_MS);
          return host.module.system.away;
        },
        { timeout: 60_000, describe: "Kubernetes to be taken for away" },
      );
      await expect(host.module.requireAnswer()).rejects.toThrow("Nothing was changed");
      restore();
      await settled([`namespace/${id}`, `namespace/${done.id}`, `kubeconfig/${way}`], "suspended");
      expect((await server.ask("GET", `${CORE}/${name}/pods`, { token })).status).toBe(403);
    },
    180_000,
  );

  it("slow, and not too slow, is waited for; nobody waits beyond the deadline", async () => {
    const { owner } = await before();
    const timed = async (name: string) => {
      const began = performance.now();
      const { done, outcome } = await host.namespace(owner, name);
      return { ...done, outcome, ms: performance.now() - began };
    };
    proxy.slow(100);
    const late = await timed("late");
    expect(late.outcome).toMatchObject({ state: "ready" });
    expect(host.module.system.away).toBeUndefined();

    // What is asked and what is answered take their time, so that no call is done in it.
    proxy.slow(CALL_MS - 1_000);
    const tooLate = await timed("too-late");
    expect(tooLate.outcome).toMatchObject({
      state: "creating",
      why: "Kubernetes did not answer within 3 s.",
      retryAt: expect.any(String),
    });
    // One call fails, and nothing else is tried after it.
    expect(tooLate.ms).toBeGreaterThanOrEqual(CALL_MS - 100);
    expect(tooLate.ms).toBeLessThan(2 * CALL_MS);
    restore();
    await settled([`namespace/${late.id}`, `namespace/${tooLate.id}`], "ready");
  }, 120_000);

  const SAYS_NO: readonly [string, number, object, RegExp][] = [
    ["409", 409, { message: "the object has been modified", reason: "Conflict" }, /./],
    ["422", 422, { message: "spec.hard: Invalid value", reason: "Invalid" }, /does not take it/],
    ["403", 403, { message: "quota exceeded", reason: "Forbidden" }, /does not let the console/],
  ];
  it.each(SAYS_NO)(
    "answering %s to every change: it is said, and heals when it is over",
    async (_what, status, body, why) => {
      const { owner } = await before();
      answering.answer = (method) => (method === "GET" ? undefined : { status, body });
      const { done, outcome } = await host.namespace(owner, "new");
      expect(outcome).toMatchObject({ state: "stuck", why: expect.stringMatching(why) });
      expect(host.module.system.away).toBeUndefined();
      restore();
      await settled([`namespace/${done.id}`], "ready");
    },
    120_000,
  );

  const KEPT: readonly [string, string, { state: string; why: RegExp; status: number }][] = [
    [
      "network policies",
      "networkpolicies",
      { state: "suspended", why: /opens nothing/, status: 403 },
    ],
    ["role bindings", "rolebindings", { state: "ready", why: /still opens it/, status: 200 }],
  ];
  it.each(KEPT)(
    "that lets no %s go: a suspension cuts access first, and says whether it did",
    async (_what, kind, { state, why, status }) => {
      const { owner, id, name, way, token } = await before();
      const body = { message: "a webhook keeps it", reason: "Forbidden" };
      answering.answer = (method, path) =>
        method === "DELETE" && path.includes(kind) ? { status: 403, body } : undefined;
      await host.do(suspendOwner, { id: owner, reason: "" });
      const parts = await host.module.settleOwner(owner);
      expect(parts).toEqual([
        expect.objectContaining({ id, state: "stuck", why: expect.stringContaining("a webhook") }),
        expect.objectContaining({ id: way, state, why: expect.stringMatching(why) }),
      ]);
      expect((await server.ask("GET", `${CORE}/${name}/pods`, { token })).status).toBe(status);
      restore();
      await settled([`namespace/${id}`, `kubeconfig/${way}`], "suspended");
      const words = await host.module.standings.get(`kubeconfig/${way}`);
      expect(words?.why).toContain("opens nothing");
      expect((await server.ask("GET", `${CORE}/${name}/pods`, { token })).status).toBe(403);
    },
    90_000,
  );

  it("that loses the console's rights says so, and a look leaves all as it is", async () => {
    const { id } = await before();
    answering.answer = (_method, path) =>
      path.includes("networkpolicies")
        ? { status: 403, body: { message: "networkpolicies is forbidden", reason: "Forbidden" } }
        : undefined;
    await host.pass(MINUTES_MS);
    expect(host.module.loop.lastSweep?.why).toContain("networkpolicies is forbidden");
    expect(await host.module.standings.get(`namespace/${id}`)).toMatchObject({ state: "ready" });
    restore();
    await host.pass(MINUTES_MS);
    expect(host.module.loop.lastSweep?.why).toBeUndefined();
  }, 60_000);
});
