import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenancyOf } from "../../src/namespaces/layout.ts";
import { manifests } from "../../src/namespaces/manifests.ts";
import { grantLabel, giveBackLabel } from "../../src/owners/labels.ts";
import { eachAtOnce } from "../../src/reconcile/at-once.ts";
import { testConfig } from "../support/domain.ts";
import { type KubernetesServer, startKubernetes } from "../support/kubernetes.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { refusalOf, rightsOf, tryOf, type Try } from "./role-tries.ts";
import { Host, MINUTES_MS } from "./support.ts";

interface Member {
  readonly owner: string;
  readonly namespace: string;
  readonly token: string;
}

function optionsOf([method, , body]: Try): { body?: object; type?: string } {
  const patch = Array.isArray(body) ? "json-patch" : "merge-patch";
  return {
    ...(body === undefined ? {} : { body }),
    ...(method === "PATCH" ? { type: `application/${patch}+json` } : {}),
  };
}

const CORE = "/api/v1/namespaces";
const APPS = "/apis/apps/v1/namespaces";
const NETWORK = "/apis/networking.k8s.io/v1/namespaces";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";

const container = { name: "c", image: "example/none" };
const podSpec = { containers: [container] };
const metadata = { name: "mine" };
const pod = (spec: object = {}) => ({ metadata, spec: { ...podSpec, ...spec } });
const privileged = { containers: [{ ...container, securityContext: { privileged: true } }] };
const service = (spec: object) => ({ metadata, spec: { ports: [{ port: 80 }], ...spec } });
const selected = { selector: { app: "a" } };
const ingress = (spec: object, annotations = {}) => ({
  metadata: { ...metadata, annotations },
  spec,
});
const at = (host: string, path = "/") => ({
  host,
  http: {
    paths: [
      {
        path,
        pathType: "ImplementationSpecific",
        backend: { service: { name: "web", port: { number: 80 } } },
      },
    ],
  },
});
const deployment = {
  metadata,
  spec: {
    selector: { matchLabels: { app: "a" } },
    template: { metadata: { labels: { app: "a" } }, spec: podSpec },
  },
};
const roleTo = (subject: object) => ({
  metadata,
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [subject],
});

const tenancy = tenancyOf(testConfig());
/** All that members may, as it is printed for the cluster's admin. */
const RIGHTS = manifests(tenancy)
  .filter((object) => object.metadata.name === tenancy.layout.tenantRole)
  .flatMap(rightsOf);

describeWithService(["kubernetes", "etcd"], "members at the real Kubernetes", () => {
  let server: KubernetesServer;
  let host: Host;
  let alice: Member;
  let other: Member;
  beforeAll(async () => {
    server = await startKubernetes();
    host = await Host.start(server);
    alice = await member("alice", "b-shop");
    other = await member("alice-b", "shop");
    for (const { namespace } of [alice, other]) {
      await server.ask("POST", `${CORE}/${namespace}/configmaps`, {
        body: { metadata: { name: "kept" } },
      });
      await server.ask("POST", `${CORE}/${namespace}/secrets`, {
        body: { metadata: { name: "kept" } },
      });
      await server.ask("POST", `${CORE}/${namespace}/pods`, {
        body: { metadata: { name: "kept" }, spec: podSpec },
      });
    }
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    await server?.destroy();
  });

  async function member(username: string, name: string): Promise<Member> {
    const owner = await host.person(username);
    const { done } = await host.namespace(owner, name);
    const { token = "" } = await host.kubeconfig(done.id);
    return { owner, namespace: done.name, token };
  }
  const asks = ({ token }: Member, work: Try) =>
    server.ask(work[0], work[1], { token, ...optionsOf(work) });

  /** What a member does in their namespace, or tries in another's. */
  const WORK: readonly (readonly [what: string, (namespace: string) => Try])[] = [
    ["read the namespace", (n) => ["GET", `${CORE}/${n}`]],
    ["list pods", (n) => ["GET", `${CORE}/${n}/pods`]],
    ["make a pod", (n) => ["POST", `${CORE}/${n}/pods?dryRun=All`, pod()]],
    ["read a pod's log", (n) => ["GET", `${CORE}/${n}/pods/kept/log`]],
    ["read a secret", (n) => ["GET", `${CORE}/${n}/secrets/kept`]],
    ["list secrets", (n) => ["GET", `${CORE}/${n}/secrets`]],
    ["make a secret", (n) => ["POST", `${CORE}/${n}/secrets?dryRun=All`, { metadata }]],
    [
      "change a config map",
      (n) => ["PUT", `${CORE}/${n}/configmaps/kept?dryRun=All`, { metadata: { name: "kept" } }],
    ],
    ["delete a config map", (n) => ["DELETE", `${CORE}/${n}/configmaps/kept?dryRun=All`]],
    ["delete all pods", (n) => ["DELETE", `${CORE}/${n}/pods?dryRun=All`]],
    ["make a service", (n) => ["POST", `${CORE}/${n}/services?dryRun=All`, service(selected)]],
    ["make an account", (n) => ["POST", `${CORE}/${n}/serviceaccounts?dryRun=All`, { metadata }]],
    [
      "ask for a volume",
      (n) => [
        "POST",
        `${CORE}/${n}/persistentvolumeclaims?dryRun=All`,
        {
          metadata,
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    ],
    ["make a deployment", (n) => ["POST", `${APPS}/${n}/deployments?dryRun=All`, deployment]],
    ["list deployments", (n) => ["GET", `${APPS}/${n}/deployments`]],
    ["list jobs", (n) => ["GET", `/apis/batch/v1/namespaces/${n}/jobs`]],
    [
      "list autoscalers",
      (n) => ["GET", `/apis/autoscaling/v2/namespaces/${n}/horizontalpodautoscalers`],
    ],
    ["list ingresses", (n) => ["GET", `${NETWORK}/${n}/ingresses`]],
    ["read network policies", (n) => ["GET", `${NETWORK}/${n}/networkpolicies`]],
    ["read the quota", (n) => ["GET", `${CORE}/${n}/resourcequotas/tardis-quota`]],
    ["read events", (n) => ["GET", `${CORE}/${n}/events`]],
  ];

  it.each(WORK)("%s: in their own namespace, and in no other", async (_what, work) => {
    const own = await asks(alice, work(alice.namespace));
    // No node runs the pod whose log is asked for: it is let through, and then there is none.
    expect(own.status === 400 ? 200 : own.status, JSON.stringify(own.body)).toBeLessThan(300);
    for (const [who, where] of [
      [alice, other],
      [other, alice],
    ] as const) {
      expect((await asks(who, work(where.namespace))).status).toBe(403);
      expect((await asks(who, work("kube-system"))).status).toBe(403);
      expect((await asks(who, work("tardis-console"))).status).toBe(403);
    }
  });

  it("have each verb of their role in their own namespace, and in no other", async () => {
    expect(RIGHTS.length).toBeGreaterThan(100);
    const wrong: string[] = [];
    await eachAtOnce(RIGHTS, 16, async (right) => {
      const tries = [alice, other].flatMap((who) =>
        [alice.namespace, other.namespace, "kube-system", "tardis-console"].map(async (where) => {
          const work = tryOf(right, where);
          if (work === undefined) return;
          const { status, body } = await asks(who, work);
          const isRefused = status === 403 && body.message.includes(refusalOf(right));
          // In their own it may be refused for what was asked, and not for who asked.
          if (isRefused === (where === who.namespace))
            wrong.push(`${work[0]} ${work[1]}: ${status} ${JSON.stringify(body)}`);
        }),
      );
      await Promise.all(tries);
    });
    expect(wrong).toEqual([]);
  }, 60_000);

  /** What nobody may, not even in their own namespace. */
  const REFUSED: readonly (readonly [what: string, (own: string) => Try])[] = [
    ["list all namespaces", () => ["GET", "/api/v1/namespaces"]],
    ["list all secrets", () => ["GET", "/api/v1/secrets"]],
    ["list all pods", () => ["GET", "/api/v1/pods"]],
    ["list nodes", () => ["GET", "/api/v1/nodes"]],
    [
      "make a namespace",
      () => ["POST", "/api/v1/namespaces", { metadata: { name: "alice--own" } }],
    ],
    ["delete their namespace", (n) => ["DELETE", `${CORE}/${n}`]],
    [
      "relabel their namespace",
      (n) => ["PUT", `${CORE}/${n}`, { metadata: { name: n, labels: {} } }],
    ],
    [
      "end their namespace's life",
      (n) => ["PUT", `${CORE}/${n}/finalize`, { metadata: { name: n } }],
    ],
    [
      "have a token issued",
      (n) => ["POST", `${CORE}/${n}/serviceaccounts/default/token`, { spec: {} }],
    ],
    [
      "have one made as a secret",
      (n) => [
        "POST",
        `${CORE}/${n}/secrets`,
        {
          metadata: {
            ...metadata,
            annotations: { "kubernetes.io/service-account.name": "default" },
          },
          type: "kubernetes.io/service-account-token",
        },
      ],
    ],
    [
      "raise their quota",
      (n) => [
        "PUT",
        `${CORE}/${n}/resourcequotas/tardis-quota`,
        { metadata: { name: "tardis-quota" }, spec: {} },
      ],
    ],
    ["delete their quota", (n) => ["DELETE", `${CORE}/${n}/resourcequotas/tardis-quota`]],
    ["delete their limits", (n) => ["DELETE", `${CORE}/${n}/limitranges/tardis-limits`]],
    [
      "open their network",
      (n) => [
        "POST",
        `${NETWORK}/${n}/networkpolicies`,
        { metadata, spec: { podSelector: {}, ingress: [{}], egress: [{}] } },
      ],
    ],
    [
      "delete a network policy",
      (n) => ["DELETE", `${NETWORK}/${n}/networkpolicies/tardis-deny-all`],
    ],
    [
      "make a role",
      (n) => [
        "POST",
        `${RBAC}/namespaces/${n}/roles`,
        { metadata, rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] },
      ],
    ],
    [
      "bind a role",
      (n) => [
        "POST",
        `${RBAC}/namespaces/${n}/rolebindings`,
        roleTo({ kind: "User", name: "alice" }),
      ],
    ],
    [
      "delete the console's binding",
      (n) => ["DELETE", `${RBAC}/namespaces/${n}/rolebindings/tardis-tenant`],
    ],
    [
      "bind a role everywhere",
      () => [
        "POST",
        `${RBAC}/clusterrolebindings`,
        roleTo({ kind: "Group", name: "system:authenticated" }),
      ],
    ],
    [
      "widen the tenants' role",
      () => [
        "PUT",
        `${RBAC}/clusterroles/tardis:tenant`,
        { metadata: { name: "tardis:tenant" }, rules: [] },
      ],
    ],
    [
      "read admission policies",
      () => ["GET", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"],
    ],
    [
      "remove an admission policy",
      () => [
        "DELETE",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/tardis-console-tenant-services",
      ],
    ],
    [
      "define a resource",
      () => ["POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { metadata }],
    ],
    [
      "have a certificate signed",
      () => ["POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", { metadata }],
    ],
    [
      "reach a pod through the API server's own proxy",
      (n) => ["GET", `${CORE}/${n}/pods/kept/proxy/`],
    ],
    ["reach a service so", (n) => ["GET", `${CORE}/${n}/services/web/proxy/`]],
    [
      "write where a service leads to",
      (n) => ["POST", `${CORE}/${n}/endpoints`, { metadata, subsets: [] }],
    ],
    [
      "write slices of it",
      (n) => [
        "POST",
        `/apis/discovery.k8s.io/v1/namespaces/${n}/endpointslices`,
        { metadata, addressType: "IPv4", endpoints: [] },
      ],
    ],
    [
      "put a pod onto a node",
      (n) => ["POST", `${CORE}/${n}/pods/kept/binding`, { target: { kind: "Node", name: "n" } }],
    ],
    ["name a pod's node", (n) => ["POST", `${CORE}/${n}/pods`, pod({ nodeName: "control" })]],
    [
      "tolerate the control plane",
      (n) => ["POST", `${CORE}/${n}/pods`, pod({ tolerations: [{ operator: "Exists" }] })],
    ],
    [
      "tolerate it by name",
      (n) => [
        "POST",
        `${CORE}/${n}/pods`,
        pod({
          tolerations: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists" }],
        }),
      ],
    ],
    [
      "take the system's priority",
      (n) => ["POST", `${CORE}/${n}/pods`, pod({ priorityClassName: "system-node-critical" })],
    ],
    [
      "name the node of one that is there",
      (n) => ["PATCH", `${CORE}/${n}/pods/kept`, { spec: { nodeName: "control" } }],
    ],
    [
      "debug a pod as a privileged one",
      (n) => [
        "PATCH",
        `${CORE}/${n}/pods/kept/ephemeralcontainers`,
        [{ op: "add", path: "/spec/ephemeralContainers", value: privileged.containers }],
      ],
    ],
    ["run a privileged pod", (n) => ["POST", `${CORE}/${n}/pods`, pod(privileged)]],
    ["run on the node's network", (n) => ["POST", `${CORE}/${n}/pods`, pod({ hostNetwork: true })]],
    [
      "run among the node's processes",
      (n) => ["POST", `${CORE}/${n}/pods`, pod({ hostPID: true })],
    ],
    [
      "mount the node's files",
      (n) => [
        "POST",
        `${CORE}/${n}/pods`,
        pod({ volumes: [{ name: "v", hostPath: { path: "/" } }] }),
      ],
    ],
    [
      "take a port of the node",
      (n) => [
        "POST",
        `${CORE}/${n}/pods`,
        pod({ containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 80 }] }] }),
      ],
    ],
    [
      "use more than a container may",
      (n) => [
        "POST",
        `${CORE}/${n}/pods`,
        pod({ containers: [{ ...container, resources: { limits: { cpu: "64" } } }] }),
      ],
    ],
    ["run on every node", (n) => ["POST", `${APPS}/${n}/daemonsets`, deployment]],
    [
      "have a service be another name",
      (n) => [
        "POST",
        `${CORE}/${n}/services`,
        service({ type: "ExternalName", externalName: "redis.internal" }),
      ],
    ],
    [
      "take addresses of others",
      (n) => ["POST", `${CORE}/${n}/services`, service({ ...selected, externalIPs: ["10.0.0.1"] })],
    ],
    [
      "take a port of all nodes",
      (n) => ["POST", `${CORE}/${n}/services`, service({ ...selected, type: "NodePort" })],
    ],
    [
      "take a load balancer",
      (n) => ["POST", `${CORE}/${n}/services`, service({ ...selected, type: "LoadBalancer" })],
    ],
    ["have a service lead where they like", (n) => ["POST", `${CORE}/${n}/services`, service({})]],
    [
      "take every host",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress({ defaultBackend: { service: { name: "web", port: { number: 80 } } } }),
      ],
    ],
    [
      "take a rule without a host",
      (n) => ["POST", `${NETWORK}/${n}/ingresses`, ingress({ rules: [{ http: at("x").http }] })],
    ],
    [
      "take all hosts of a domain",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress({ rules: [at("*.alice.on.tardis.test")] }),
      ],
    ],
    [
      "take the console's host",
      (n) => ["POST", `${NETWORK}/${n}/ingresses`, ingress({ rules: [at("console.tardis.test")] })],
    ],
    [
      "take their own label's host, which is the console's to route",
      (n) => ["POST", `${NETWORK}/${n}/ingresses`, ingress({ rules: [at("alice.tardis.test")] })],
    ],
    [
      "take what is above",
      (n) => ["POST", `${NETWORK}/${n}/ingresses`, ingress({ rules: [at("on.tardis.test")] })],
    ],
    [
      "take a host that ends alike",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress({ rules: [at("malice.on.tardis.test")] }),
      ],
    ],
    [
      "take another's host",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress({ rules: [at("alice-b-c.on.tardis.test")] }),
      ],
    ],
    [
      "hide one among their own",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress({ rules: [at("alice.on.tardis.test"), at("bob.on.tardis.test")] }),
      ],
    ],
    [
      "have a certificate for another's host",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress({ rules: [at("alice.on.tardis.test")], tls: [{ hosts: ["bob.on.tardis.test"] }] }),
      ],
    ],
    [
      "have one for every host",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress({ rules: [at("alice.on.tardis.test")], tls: [{}] }),
      ],
    ],
    [
      "put a rule into a path",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress({ rules: [at("alice.on.tardis.test", "/`) || Host(`bob.tardis.test")] }),
      ],
    ],
    [
      "set another's middleware",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress(
          { rules: [at("alice.on.tardis.test")] },
          { "traefik.ingress.kubernetes.io/router.middlewares": "x" },
        ),
      ],
    ],
    [
      "set a priority",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress(
          { rules: [at("alice.on.tardis.test")] },
          { "traefik.ingress.kubernetes.io/router.priority": "9999" },
        ),
      ],
    ],
    [
      "set how a path is matched",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress(
          { rules: [at("alice.on.tardis.test")] },
          { "traefik.ingress.kubernetes.io/router.pathmatcher": "Host" },
        ),
      ],
    ],
    [
      "choose the entry point",
      (n) => [
        "POST",
        `${NETWORK}/${n}/ingresses`,
        ingress(
          { rules: [at("alice.on.tardis.test")] },
          { "traefik.ingress.kubernetes.io/router.entrypoints": "traefik" },
        ),
      ],
    ],
  ];

  it.each(REFUSED)("may not %s", async (_what, work) => {
    const { status, body } = await asks(alice, work(alice.namespace));
    expect([403, 422], JSON.stringify(body)).toContain(status);
    expect(body.reason).toMatch(/^(Forbidden|Invalid)$/);
    expect((await asks(other, work(alice.namespace))).status).toBe(403);
  });

  const tolerating = (toleration: object) => [
    { op: "add", path: "/spec/tolerations/-", value: toleration },
  ];
  const TOLERATIONS: readonly (readonly [what: string, toleration: object])[] = [
    ["everything", { operator: "Exists" }],
    ["all of one effect", { operator: "Exists", effect: "NoSchedule" }],
    ["the control plane", { key: "node-role.kubernetes.io/control-plane", operator: "Exists" }],
  ];

  it.each(TOLERATIONS)(
    "may not have a pod that is there tolerate %s",
    async (_what, toleration) => {
      const pods = `${CORE}/${alice.namespace}/pods`;
      // Behind a gate it waits until it is as its owner wants it, and is put onto a node then.
      const name = "gated";
      const spec = { ...podSpec, schedulingGates: [{ name: "example.test/wait" }] };
      const made = await asks(alice, ["POST", pods, { metadata: { name }, spec }]);
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      for (const one of ["gated", "kept"]) {
        const path = `${pods}/${one}`;
        const before = await host.stored(path);
        const added = await asks(alice, ["PATCH", path, tolerating(toleration)]);
        expect(added.status, JSON.stringify(added.body)).toBe(403);
        expect(added.body.message).toContain("none of the control plane");
        const tolerations = [...before.spec.tolerations, toleration];
        const put = { ...before, spec: { ...before.spec, tolerations } };
        expect((await asks(alice, ["PUT", path, put])).status).toBe(403);
        // This one changes ephemeral containers alone.
        await asks(alice, ["PATCH", `${path}/ephemeralcontainers`, tolerating(toleration)]);
        expect((await host.stored(path)).spec).toEqual(before.spec);
      }
      const isOut = { op: "remove", path: "/spec/schedulingGates" };
      expect((await asks(alice, ["PATCH", `${pods}/${name}`, [isOut]])).status).toBe(200);
      expect((await asks(alice, ["DELETE", `${pods}/${name}?gracePeriodSeconds=0`])).status).toBe(
        200,
      );
    },
  );

  it("may have one tolerate a taint by its name, and change one that tolerated more before", async () => {
    const path = `${CORE}/${alice.namespace}/pods/kept?dryRun=All`;
    const named = tolerating({ key: "example.test/gpu", operator: "Exists" });
    expect((await asks(alice, ["PATCH", path, named])).status).toBe(200);

    // As one is that was there when its namespace was taken over.
    const pods = `${CORE}/before/pods`;
    await server.ask("POST", CORE, { body: { metadata: { name: "before" } } });
    const spec = { ...podSpec, tolerations: [{ operator: "Exists" }] };
    const body = { metadata: { name: "old" }, spec };
    await waitFor(async () => (await server.ask("POST", pods, { body })).status === 201, {
      timeout: 30_000,
      describe: "the pod to be taken",
    });
    const labels = { "tardis-console/tenant": "true" };
    const marked: Try = ["PATCH", `${CORE}/before`, { metadata: { labels } }];
    await server.ask(marked[0], marked[1], optionsOf(marked));
    const asAdmin = (patch: object) => {
      const work: Try = ["PATCH", `${pods}/old`, patch];
      return server.ask(work[0], work[1], optionsOf(work));
    };
    await waitFor(
      async () => (await asAdmin(tolerating(TOLERATIONS[2]?.[1] ?? {}))).status === 403,
      {
        timeout: 30_000,
        describe: "the policies to hold there",
      },
    );
    expect((await asAdmin({ metadata: { labels: { a: "b" } } })).status).toBe(200);
  });

  it("may not be anybody else", async () => {
    for (const name of ["admin", "system:admin", "system:serviceaccount:tardis-console:console"]) {
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: { verb: "impersonate", resource: "users", name } },
      };
      const { body } = await asks(alice, [
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        review,
      ]);
      expect(body.status.allowed).toBe(false);
    }
  });

  it("have ingresses at their own hosts, of every shape that there is", async () => {
    for (const spec of [
      { rules: [at("alice.on.tardis.test")] },
      { rules: [at("a.alice.on.tardis.test", "/api/v1")] },
      { rules: [at("a.b.alice.on.tardis.test")], tls: [{ hosts: ["a.b.alice.on.tardis.test"] }] },
    ]) {
      const path = `${NETWORK}/${alice.namespace}/ingresses?dryRun=All`;
      const annotations = { "traefik.ingress.kubernetes.io/router.tls": "true" };
      const made = await asks(alice, ["POST", path, ingress(spec, annotations)]);
      expect(made.status, JSON.stringify(made.body)).toBe(201);
    }
  });

  it("lose the hosts of a name that they gave back, and ingresses that stayed at them", async () => {
    await host.do(grantLabel, { label: "shop", owner: alice.owner });
    await host.pass(0);
    await host.module.settleOwner(alice.owner);
    const path = `${NETWORK}/${alice.namespace}/ingresses`;
    const own = {
      ...ingress({ rules: [at("x.shop.on.tardis.test")] }),
      metadata: { name: "shop" },
    };
    const kept = {
      ...ingress({ rules: [at("alice.on.tardis.test")] }),
      metadata: { name: "kept" },
    };
    await waitFor(async () => (await asks(alice, ["POST", path, own])).status === 201, {
      timeout: 30_000,
      describe: "the new host to be theirs",
    });
    expect((await asks(alice, ["POST", path, kept])).status).toBe(201);
    await host.do(giveBackLabel, { label: "shop" });
    await host.pass(MINUTES_MS);
    await host.module.settleOwner(alice.owner);
    const { body } = await asks(alice, ["GET", path]);
    expect(body.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual([
      "kept",
    ]);
  });

  describe("and the console's own account", () => {
    const by = (work: Try) =>
      server.ask(work[0], work[1], { token: host.token, ...optionsOf(work) });
    const tenant = {
      "tardis-console/tenant": "true",
      "pod-security.kubernetes.io/enforce": "baseline",
    };
    const binding = (name: string, subject: object) => ({
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [subject],
    });
    const account = { kind: "ServiceAccount", name: "x", namespace: "tardis-console" };
    const TRIES: readonly (readonly [what: string, (own: string) => Try])[] = [
      ["read members' secrets", (n) => ["GET", `${CORE}/${n}/secrets`]],
      ["list all secrets", () => ["GET", "/api/v1/secrets"]],
      ["run a pod", (n) => ["POST", `${CORE}/${n}/pods`, pod()]],
      ["run a pod beside the tokens", () => ["POST", `${CORE}/tardis-console/pods`, pod()]],
      [
        "make a namespace without its mark",
        () => ["POST", "/api/v1/namespaces", { metadata: { name: "x--y" } }],
      ],
      [
        "make one without pod security",
        () => [
          "POST",
          "/api/v1/namespaces",
          { metadata: { name: "x--y", labels: { "tardis-console/tenant": "true" } } },
        ],
      ],
      [
        "make one called like the system's",
        () => ["POST", "/api/v1/namespaces", { metadata: { name: "kube-other", labels: tenant } }],
      ],
      [
        "take its mark off a member's namespace",
        (n) => [
          "PATCH",
          `${CORE}/${n}`,
          { metadata: { labels: { "tardis-console/tenant": null } } },
        ],
      ],
      [
        "have a member's namespace take any pod",
        (n) => [
          "PATCH",
          `${CORE}/${n}`,
          { metadata: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } } },
        ],
      ],
      [
        "mount tokens into the system's pods",
        () => [
          "PATCH",
          `${CORE}/kube-system/serviceaccounts/default`,
          { automountServiceAccountToken: false },
        ],
      ],
      ["delete the system's namespace", () => ["DELETE", `${CORE}/kube-public`]],
      [
        "mark the system's namespace as a member's",
        () => [
          "PATCH",
          `${CORE}/kube-public`,
          { metadata: { name: "kube-public", labels: tenant } },
        ],
      ],
      [
        "bind a role in the system's namespace",
        () => [
          "POST",
          `${RBAC}/namespaces/kube-system/rolebindings`,
          binding("tardis:tenant", account),
        ],
      ],
      [
        "bind another role",
        (n) => ["POST", `${RBAC}/namespaces/${n}/rolebindings`, binding("cluster-admin", account)],
      ],
      [
        "bind the tenants' role to itself",
        (n) => [
          "POST",
          `${RBAC}/namespaces/${n}/rolebindings`,
          binding("tardis:tenant", { ...account, name: "console" }),
        ],
      ],
      [
        "bind it to a user",
        (n) => [
          "POST",
          `${RBAC}/namespaces/${n}/rolebindings`,
          binding("tardis:tenant", {
            apiGroup: "rbac.authorization.k8s.io",
            kind: "User",
            name: "x",
          }),
        ],
      ],
      [
        "bind it everywhere",
        () => ["POST", `${RBAC}/clusterrolebindings`, binding("tardis:tenant", account)],
      ],
      [
        "widen the tenants' role",
        () => [
          "PATCH",
          `${RBAC}/clusterroles/tardis:tenant`,
          {
            metadata: { name: "tardis:tenant" },
            rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
          },
        ],
      ],
      [
        "take away another role's binding in the system's namespace",
        () => [
          "DELETE",
          `${RBAC}/namespaces/kube-system/rolebindings/system::leader-locking-kube-scheduler`,
        ],
      ],
      [
        "open the system's network",
        () => [
          "POST",
          `${NETWORK}/kube-system/networkpolicies`,
          { metadata, spec: { podSelector: {} } },
        ],
      ],
      [
        "limit the system",
        () => [
          "POST",
          `${CORE}/kube-system/resourcequotas`,
          { metadata, spec: { hard: { pods: "0" } } },
        ],
      ],
      [
        "make an account in the system's namespace",
        () => [
          "POST",
          `${CORE}/kube-system/serviceaccounts`,
          { metadata, automountServiceAccountToken: false },
        ],
      ],
      [
        "make an account in a member's namespace",
        (n) => [
          "POST",
          `${CORE}/${n}/serviceaccounts`,
          { metadata, automountServiceAccountToken: false },
        ],
      ],
      [
        "delete its own account",
        () => ["DELETE", `${CORE}/tardis-console/serviceaccounts/console`],
      ],
      [
        "have a token issued for the system's accounts",
        () => ["POST", `${CORE}/kube-system/serviceaccounts/default/token`, { spec: {} }],
      ],
      [
        "have one issued for itself",
        () => ["POST", `${CORE}/tardis-console/serviceaccounts/console/token`, { spec: {} }],
      ],
      [
        "have one issued that nothing ends",
        () => ["POST", `${CORE}/tardis-console/serviceaccounts/default/token`, { spec: {} }],
      ],
      [
        "have one made as a secret",
        () => [
          "POST",
          `${CORE}/tardis-console/secrets`,
          {
            metadata: {
              ...metadata,
              labels: { "tardis-console/access": "token" },
              annotations: { "kubernetes.io/service-account.name": "console" },
            },
            type: "kubernetes.io/service-account-token",
          },
        ],
      ],
      ["delete its own token", () => ["DELETE", `${CORE}/tardis-console/secrets/console-token`]],
      [
        "write a member's ingress",
        (n) => [
          "POST",
          `${NETWORK}/${n}/ingresses`,
          ingress({ rules: [at("alice.on.tardis.test")] }),
        ],
      ],
      [
        "remove an admission policy",
        () => [
          "DELETE",
          "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/tardis-console-namespaces",
        ],
      ],
    ];

    it.each(TRIES)("may not %s", async (_what, work) => {
      const { status, body } = await by(work(alice.namespace));
      expect([403, 422], JSON.stringify(body)).toContain(status);
      expect(body.reason).toMatch(/^(Forbidden|Invalid)$/);
    });
  });
});
