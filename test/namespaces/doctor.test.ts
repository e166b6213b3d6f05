import { writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Found, Part } from "../../src/checks/check.ts";
import { emptyState, type State } from "../../src/domain/state.ts";
import { isNewEnough, namesIn, namespaceDoctor } from "../../src/namespaces/doctor.ts";
import { tenancyOf } from "../../src/namespaces/layout.ts";
import { manifests } from "../../src/namespaces/manifests.ts";
import { lookAtStandings } from "../../src/reconcile/look.ts";
import type { Standings } from "../../src/reconcile/standing.ts";
import { configFrom, faultsIn, lookAt, saidOf, subjectOf } from "../doctor/support.ts";
import { type AnsweringProxy, startAnsweringProxy } from "../support/answering-proxy.ts";
import { certificateFor } from "../support/certificates.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type KubernetesServer, startKubernetes } from "../support/kubernetes.ts";
import { freePort } from "../support/ports.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { prepare } from "./support.ts";

const tenancy = tenancyOf(configFrom());
const ADMISSION = "/apis/admissionregistration.k8s.io/v1";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const MERGE = "application/merge-patch+json";
const PRINTS = "Apply what `tardis-console kubernetes manifests` prints.";

describeWithService(["kubernetes", "etcd"], "the doctor at a real Kubernetes", () => {
  let server: KubernetesServer;
  let proxy: AnsweringProxy;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let ca: string;
  let token: string;
  beforeAll(async () => {
    server = await startKubernetes();
    token = await prepare(server, tenancy);
    proxy = await startAnsweringProxy(server.url);
    folder = await temporaryFolder();
    ca = join(folder.path, "ca.crt");
    await writeFile(ca, server.ca);
  }, 150_000);
  afterAll(async () => {
    await proxy?.close();
    await server?.destroy();
    await folder?.remove();
  });
  afterEach(async () => {
    proxy.answer = () => undefined;
    await server.apply(manifests(tenancy));
  });

  const look = (
    more: Readonly<Record<string, string>> = {},
    state: State | undefined = emptyState,
  ) => {
    const config = configFrom({
      NAMESPACES__ENABLED: "true",
      NAMESPACES__URL: server.url,
      NAMESPACES__CA: ca,
      NAMESPACES__TOKEN: token,
      ...more,
    });
    const subject = subjectOf(config, { state: async () => state });
    const part: Part = { name: "Namespaces", look: (one) => namespaceDoctor.look(one, subject) };
    return lookAt(part);
  };
  const change = async (path: string, body: unknown, type = MERGE) => {
    const { status } = await server.ask("PATCH", path, { body, type });
    expect(status, path).toBe(200);
  };

  it("finds nothing wrong with what `kubernetes manifests` prints, and says so of each", async () => {
    const found = await look();
    expect(faultsIn(found)).toEqual([]);
    expect(found.map(({ what }) => what).toSorted()).toEqual([
      "clock",
      "cluster",
      "policies",
      "rights",
      "role",
      "strangers",
    ]);
    expect(saidOf(found, "cluster")).toMatch(/^ok: Kubernetes answers, version v1\.\d+/);
    expect(saidOf(found, "clock")).toMatch(/^ok: Kubernetes's clock and this machine's agree/);
  });

  it("names the rights that are missing, and what gives them", async () => {
    await change(`${RBAC}/namespaces/${tenancy.layout.consoleNamespace}/roles/tardis-console`, {
      rules: [{ apiGroups: [""], resources: ["serviceaccounts"], verbs: ["delete"] }],
    });
    await waitFor(async () => saidOf(await look(), "rights")?.startsWith("wrong"), {
      timeout: 30_000,
      describe: "the right to be gone",
    });
    expect(faultsIn(await look())).toEqual([
      `wrong rights: The console lacks rights there: create serviceaccounts/token, get secrets, list secrets and 2 more. ${PRINTS}`,
    ]);
  }, 60_000);

  it("warns of a token that may do everything", async () => {
    const faults = faultsIn(await look({ NAMESPACES__TOKEN: server.adminToken }));
    expect(faults).toEqual([expect.stringMatching(/^warning rights: .*may do everything there/)]);
    expect(JSON.stringify(faults)).not.toContain(server.adminToken);
  });

  it.each([
    [
      "a policy that is gone",
      () => server.ask("DELETE", `${ADMISSION}/validatingadmissionpolicies/tardis-console-secrets`),
      /^wrong policies: ValidatingAdmissionPolicy tardis-console-secrets is not there\. Without them/,
    ],
    [
      "a binding that is gone",
      () =>
        server.ask(
          "DELETE",
          `${ADMISSION}/validatingadmissionpolicybindings/tardis-console-secrets`,
        ),
      /^wrong policies: ValidatingAdmissionPolicyBinding tardis-console-secrets is not there\./,
    ],
    [
      "a policy that lets all be when it fails",
      () =>
        change(`${ADMISSION}/validatingadmissionpolicies/tardis-console-tokens`, {
          spec: { failurePolicy: "Ignore" },
        }),
      /^wrong policies: ValidatingAdmissionPolicy tardis-console-tokens is not as it is printed\./,
    ],
    [
      "a policy that passes over some",
      () =>
        change(`${ADMISSION}/validatingadmissionpolicies/tardis-console-tenant-ingresses`, {
          spec: { matchConstraints: { objectSelector: { matchLabels: { some: "label" } } } },
        }),
      /^wrong policies: ValidatingAdmissionPolicy tardis-console-tenant-ingresses is not as/,
    ],
    [
      "a binding that only warns",
      () =>
        change(`${ADMISSION}/validatingadmissionpolicybindings/tardis-console-objects`, {
          spec: { validationActions: ["Warn"] },
        }),
      /^wrong policies: ValidatingAdmissionPolicyBinding tardis-console-objects is not as/,
    ],
    [
      "a binding for some namespaces alone",
      () =>
        change(`${ADMISSION}/validatingadmissionpolicybindings/tardis-console-objects`, {
          spec: { matchResources: { namespaceSelector: { matchLabels: { some: "label" } } } },
        }),
      /^wrong policies: ValidatingAdmissionPolicyBinding tardis-console-objects is not as/,
    ],
    [
      "a role that gives members more",
      () =>
        change(`${RBAC}/clusterroles/tardis:tenant`, {
          rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
        }),
      /^wrong role: ClusterRole tardis:tenant is not as it is printed\. Members may do more or less/,
    ],
    [
      "pods let into the console's own namespace",
      () =>
        change("/api/v1/namespaces/tardis-console/resourcequotas/no-pods", {
          spec: { hard: { pods: "5" } },
        }),
      /^wrong role: ResourceQuota no-pods is not as it is printed\./,
    ],
  ])(
    "tells of %s",
    async (_what, harm, says) => {
      await harm();
      const faults = faultsIn(await look());
      expect(faults).toEqual([expect.stringMatching(says)]);
      expect(faults[0]).toContain(PRINTS);
      // What a narrower patch would leave is put back whole.
      const { status } = await server.ask(
        "DELETE",
        `${ADMISSION}/validatingadmissionpolicybindings/tardis-console-objects`,
      );
      expect(status).toBe(200);
      const constraints = `${ADMISSION}/validatingadmissionpolicies/tardis-console-tenant-ingresses`;
      expect((await server.ask("DELETE", constraints)).status).toBe(200);
      await server.apply(manifests(tenancy));
      expect(faultsIn(await look())).toEqual([]);
    },
    60_000,
  );

  it("tells of policies that it may not see, as after an upgrade", async () => {
    proxy.answer = (_method, path) =>
      path.includes("validatingadmissionpolicies/")
        ? { status: 403, body: { message: "is forbidden", reason: "Forbidden" } }
        : undefined;
    expect(faultsIn(await look({ NAMESPACES__URL: proxy.url }))).toEqual([
      expect.stringMatching(
        /^wrong policies: The console may not see ValidatingAdmissionPolicy [^;]*; .* more\. .*Apply what/,
      ),
    ]);
  });

  it("tells of a release without admission policies", async () => {
    proxy.answer = (_method, path) =>
      path.startsWith("/version")
        ? { status: 200, body: { major: "1", minor: "29", gitVersion: "v1.29.4+k0s" } }
        : undefined;
    const found = await look({ NAMESPACES__URL: proxy.url });
    expect(faultsIn(found)).toEqual([
      expect.stringMatching(/^wrong version: Kubernetes is older than 1\.30 \(v1\.29\.4\+k0s\)/),
    ]);
  });

  it("counts what carries its mark and is of none that it knows", async () => {
    const name = "somebody--stranger";
    const labels = { [tenancy.layout.tenant]: "true" };
    await server.apply([
      { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } } as never,
    ]);
    try {
      expect(faultsIn(await look())).toEqual([
        expect.stringMatching(/^wrong strangers: 1 thing there carries the console's mark/),
      ]);
      const config = configFrom({
        NAMESPACES__ENABLED: "true",
        NAMESPACES__URL: server.url,
        NAMESPACES__CA: ca,
        NAMESPACES__TOKEN: token,
      });
      const unread = await lookAt({
        name: "Namespaces",
        look: (one) => namespaceDoctor.look(one, subjectOf(config)),
      });
      expect(saidOf(unread, "strangers")).toMatch(/^skipped: .*store is not read/);
      expect(faultsIn(unread)).toEqual([]);
    } finally {
      await server.ask("PATCH", `/api/v1/namespaces/${name}`, {
        body: { metadata: { labels: { [tenancy.layout.tenant]: null } } },
        type: MERGE,
      });
    }
  });

  it("tells of a token that it does not take, of one that is away, and of certificates", async () => {
    const refused = await look({ NAMESPACES__TOKEN: "wrong-token-0123456789" });
    expect(saidOf(refused, "cluster")).toMatch(/^wrong: .*does not take the console's token/);
    const away = await look({ NAMESPACES__URL: `https://127.0.0.1:${await freePort()}` });
    expect(saidOf(away, "cluster")).toMatch(/^wrong: .*\(ECONNREFUSED\)\. Is namespaces\.url/);
    const other = join(folder.path, "other.crt");
    await writeFile(other, (await certificateFor(["other.test"])).cert);
    const untrusted = await look({ NAMESPACES__CA: other });
    expect(saidOf(untrusted, "cluster")).toMatch(/^wrong: .*Is namespaces\.ca the file/);
    const unread = await look({ NAMESPACES__CA: join(folder.path, "none.crt") });
    expect(saidOf(unread, "certificates")).toMatch(/^wrong: namespaces\.ca cannot be read/);
    const all = JSON.stringify([refused, away, untrusted, unread]);
    expect(all).not.toContain("wrong-token-0123456789");
    expect(all).not.toContain(token);
  });

  it("tells of a clock that goes otherwise", async () => {
    const { cert, key } = await certificateFor(["127.0.0.1"]);
    const late = createServer({ cert, key }, (_asked, answer) => {
      answer.setHeader("date", new Date(Date.now() - 3_600_000).toUTCString());
      answer.writeHead(503).end();
    });
    await new Promise<void>((resolve) => late.listen(0, "127.0.0.1", resolve));
    const file = join(folder.path, "late.crt");
    await writeFile(file, cert);
    try {
      const url = `https://127.0.0.1:${(late.address() as AddressInfo).port}`;
      const found = await look({ NAMESPACES__URL: url, NAMESPACES__CA: file });
      expect(saidOf(found, "clock")).toMatch(/^wrong: Kubernetes's clock is \d+.* s behind/);
    } finally {
      late.closeAllConnections();
      await new Promise((resolve) => late.close(resolve));
    }
  });
});

describe("the doctor of namespaces", () => {
  it("asks for the hosts of ingresses at Traefik, and for the one of kubeconfigs", () => {
    const hosts = (more: Record<string, string> = {}) => namespaceDoctor.hosts(configFrom(more));
    expect(hosts()).toEqual([
      { host: "*.on.tardis.test", use: "members' ingresses", toTraefik: true },
    ]);
    expect(hosts({ NAMESPACES__PUBLICURL: "https://k8s.tardis.test:6443" })).toContainEqual({
      host: "k8s.tardis.test",
      use: "members' kubeconfigs",
      toTraefik: false,
    });
  });

  it("says why there is nothing to look at", () => {
    expect(namespaceDoctor.off(configFrom())).toBe("namespaces.enabled is off.");
  });

  it.each([
    ["v1.30.0", true],
    ["v1.36.3+k0s", true],
    ["v1.29.15", false],
    ["v1.9.0", false],
    ["v2.0.0", true],
    ["nonsense", false],
  ])("takes %s for new enough: %s", (version, is) => expect(isNewEnough(version)).toBe(is));

  it("tells by name what is not where it should be, with why", async () => {
    const found: [string, Found][] = [];
    const state = {
      ...emptyState,
      namespaces: new Map([["ns-1", { id: "ns-1", name: "alice--shop" }]]),
      kubeconfigs: new Map([["kcfg-1", { id: "kcfg-1", name: "laptop" }]]),
    } as unknown as State;
    const all = async (kind: string) =>
      new Map(
        kind === "namespace"
          ? [
              ["ns-1", { state: "stuck", why: "It is locked.", tries: 3 }],
              ["ns-2", { state: "stuck", why: "Nobody's.", tries: 3 }],
            ]
          : [["kcfg-1", { state: "conflict", why: "It is another one.", tries: 0 }]],
      );
    const look = { tell: (what: string, one: Found) => void found.push([what, one]) };
    await lookAtStandings(look, { all } as unknown as Standings, namesIn(state));
    expect(found.map(([what, { state, says }]) => `${state} ${what}: ${says}`)).toEqual([
      "wrong standing: alice--shop (ns-1): stuck. It is locked.",
      "wrong standing: laptop (kcfg-1): conflict. It is another one.",
    ]);
  });
});
