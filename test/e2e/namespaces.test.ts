import { readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { RunningConsole } from "../../src/app.ts";
import {
  type MustClient,
  mustClient,
  runCommand,
  startTestConsole,
  writeConfig,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import {
  type ApplicableObject,
  type KubernetesServer,
  startKubernetes,
} from "../support/kubernetes.ts";
import { expectPollsWhileFrozen } from "../support/frozen.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describeWithService(["kubernetes", "etcd"], "a console with namespaces", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: KubernetesServer;
  let running: RunningConsole;
  let must: MustClient;
  let config: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startKubernetes();
    const ca = join(folder.path, "ca.crt");
    await writeFile(ca, server.ca);
    const namespaces = { enabled: true, url: server.url, ca, prefix: "club" };
    // As an operator does it: what is printed is applied, and the token comes from there.
    const before = writeConfig(folder.path, { namespaces: { ...namespaces, enabled: false } });
    const printed = await runCommand(["-c", before, "kubernetes", "manifests"]);
    expect(printed).toMatchObject({ code: 0, stderr: "" });
    const objects = parseAllDocuments(printed.stdout).map((one) => one.toJS() as ApplicableObject);
    await server.apply(objects, "fieldValidation=Strict");
    const secret = "/api/v1/namespaces/club-console/secrets/console-token";
    const token = await waitFor(
      async () => (await server.ask("GET", secret)).body.data?.token as string | undefined,
      { timeout: 60_000, describe: "the console's token" },
    );
    const settings = {
      namespaces: { ...namespaces, token: Buffer.from(token, "base64").toString() },
    };
    config = writeConfig(folder.path, settings);
    running = await startTestConsole(folder.path, settings);
    must = mustClient(running.httpPort);
    await must("POST", "/persons", { username: "alice" });
  }, 150_000);
  afterAll(async () => {
    server?.signal("SIGCONT");
    await running?.close();
    await server?.destroy();
    await folder?.remove();
  });

  const command = (...args: string[]) => runCommand(["-c", config, ...args]);
  const pods = async (token: string) =>
    (await server.ask("GET", "/api/v1/namespaces/alice--shop/pods", { token })).status;

  it("gives a namespace and a kubeconfig that works, until the owner is suspended", async () => {
    const namespace = await must("POST", "/namespaces", { owner: "alice", name: "shop" });
    expect(namespace.standing).toMatchObject({ state: "ready", why: null });
    const made = await must("POST", "/kubeconfigs", { namespace: "alice--shop", name: "laptop" });
    const { users, clusters } = parse(made.file);
    const { token } = users[0].user;
    const { cluster } = clusters[0];
    expect(cluster.server).toBe(server.url);
    const ca = Buffer.from(cluster["certificate-authority-data"], "base64").toString();
    expect(ca).toBe(server.ca);
    expect(await pods(token)).toBe(200);
    await must("POST", "/persons/alice/suspend", { reason: "x" });
    expect(await pods(token)).toBe(403);
    await must("POST", "/persons/alice/resume");
    expect(await pods(token)).toBe(200);
    const target = "http://web.alice--shop.svc:8080";
    const endpoint = await must("POST", "/endpoints", { owner: "alice", target });
    expect(endpoint.targets).toEqual(["http://web.alice--shop.svc.cluster.local:8080"]);
  });

  it("shows and does at the command line what there is to do", async () => {
    const list = await command("namespaces", "list");
    expect(list).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/alice--shop +alice +ready/),
    });
    const check = await command("namespaces", "check");
    expect(check.stdout).toContain("Kubernetes answers, version v1.36");
    expect(check.stdout).toContain("all the rights there that it needs");
    expect(check.code).toBe(0);
    const created = await command("namespaces", "create", "alice", "lab", "--json");
    expect(created).toMatchObject({ code: 0 });
    const file = join(folder.path, "kubeconfig");
    const kubeconfig = await command("namespaces", "kubeconfig", "alice--shop", file);
    expect(kubeconfig).toMatchObject({ code: 0, stderr: "" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const written = readFileSync(file, "utf8");
    const { token } = parse(written).users[0].user;
    expect(await pods(token)).toBe(200);
    expect(kubeconfig.stdout).not.toContain(token);
    const again = await command("namespaces", "kubeconfig", "alice--shop", file);
    expect(again.code).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(written);
    const { id } = created.json() as { id: string };
    expect((await command("namespaces", "delete", id, "alice--wrong")).code).not.toBe(0);
    const gone = await command("namespaces", "delete", id, "alice--lab");
    expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining("deleting") });
    const back = await command("namespaces", "restore", id);
    expect(back.stdout).toContain(`alice--lab (${id}):`);
    expect(back.stdout).not.toContain("deleting");
  }, 90_000);

  it("takes over at the command line what the cluster's admin has labelled", async () => {
    const attic = (labels: Record<string, string>): ApplicableObject => {
      const metadata = { name: "attic", labels };
      return { apiVersion: "v1", kind: "Namespace", metadata };
    };
    await server.apply([attic({})]);
    const adopt = ["namespaces", "adopt", "attic", "--owner", "alice"];
    const strange = await command(...adopt, "--yes");
    expect(strange).toMatchObject({ code: 1, stdout: "" });
    expect(strange.stderr).toContain("kubectl label namespace attic club-console/adoptable=true");
    const labelled = attic({ "club-console/adoptable": "true" });
    await server.apply([labelled]);
    expect((await command("namespaces", "adoptable")).stdout).toMatch(/^attic +\d{4}-/m);
    const { result } = (await command(...adopt, "--dry-run", "--json")).json();
    const again = (await command(...adopt, "--dry-run", "--json")).json();
    expect(again.result.seen).toBe(result.seen);
    // Another one of the same name was never looked at.
    await server.ask("DELETE", "/api/v1/namespaces/attic");
    await waitFor(
      async () => (await server.ask("GET", "/api/v1/namespaces/attic")).status === 404,
      { timeout: 60_000, describe: "the namespace to be gone" },
    );
    await server.apply([labelled]);
    const moved = await command(...adopt, "--yes", "--seen", result.seen);
    expect(moved).toMatchObject({ code: 1, stdout: "" });
    expect(moved.stderr).toContain("not as it was when you looked at it");
    const done = await command(...adopt, "--yes");
    expect(done.stdout).toMatch(/^attic \(ns-\w+\) is alice's now: ready\n$/);
  }, 120_000);

  it("says which right is missing", async () => {
    const role =
      "/apis/rbac.authorization.k8s.io/v1/namespaces/club-console/rolebindings/club-console";
    const { metadata: _m, ...binding } = (await server.ask("GET", role)).body;
    await server.ask("DELETE", role);
    await waitFor(
      async () => {
        const { code, stdout } = await command("namespaces", "check");
        return code === 1 && stdout.includes("create serviceaccounts/token");
      },
      { timeout: 30_000, describe: "the missing right to be said" },
    );
    const metadata = { name: "club-console", namespace: "club-console" };
    await server.apply([{ ...binding, metadata }]);
  }, 60_000);

  it("answers polls as fast while Kubernetes is frozen and everybody asks for it", async () => {
    await expectPollsWhileFrozen({
      internalPort: running.internalPort,
      must,
      signal: (signal) => server.signal(signal),
      things: "/namespaces",
      nameOf: (at) => `frozen-${at}`,
      why: /answer/,
    });
  }, 150_000);
});
