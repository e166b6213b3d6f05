import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { requireService } from "../../scripts/services/require.ts";
import { certificateFor } from "./certificates.ts";
import { withFreePorts } from "./ports.ts";
import { waitFor } from "./wait.ts";

/** What the API server answers to a request. */
export interface KubernetesAnswer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- objects of the API, which tests look into
  readonly body: any;
}

/** A real API server with etcd and controllers, without nodes: pods are taken, and never run. */
export interface KubernetesServer {
  readonly url: string;
  readonly port: number;
  /** Its certificate, PEM: what clients trust. */
  readonly ca: string;
  /** Of the group `system:masters`: may do everything. */
  readonly adminToken: string;
  /**
   * Asks the API server, as it is spelt on the wire.
   * @param token whose; the admin's when left out
   * @param type of the body; JSON when left out
   */
  ask(
    method: string,
    path: string,
    options?: { body?: unknown; token?: string; type?: string },
  ): Promise<KubernetesAnswer>;
  /** Applies objects by the server's side, as an admin does with what is printed for them. */
  apply(objects: readonly ApplicableObject[], query?: string): Promise<void>;
  /** Sends a signal to the API server's process: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it all and removes all. */
  destroy(): Promise<void>;
}

export interface ApplicableObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

/** Enough for namespaces to end, quotas to be counted, and tokens and accounts to be made. */
const CONTROLLERS = [
  "namespace-controller",
  "serviceaccount-controller",
  "serviceaccount-token-controller",
  "resourcequota-controller",
  "garbage-collector-controller",
  "clusterrole-aggregation-controller",
  "root-ca-certificate-publisher-controller",
  "validatingadmissionpolicy-status-controller",
];

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A process of the control plane, and the end of what it said. */
function begin(command: string, args: readonly string[], cwd: string) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], cwd });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let log = "";
  const keep = (chunk: Buffer) => (log = (log + chunk.toString()).slice(-6_000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    log: () => log,
    hasEnded,
    async end() {
      if (hasEnded()) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export async function startKubernetes(): Promise<KubernetesServer> {
  return withFreePorts(4, startOn);
}

async function startOn([port = 0, etcdPort = 0, peerPort = 0, managerPort = 0]: number[]) {
  const apiServer = requireService("kubernetes");
  const folder = await mkdtemp(join(tmpdir(), "tardis-kubernetes-"));
  const { cert, key } = await certificateFor(["127.0.0.1"]);
  const adminToken = randomBytes(24).toString("hex");
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const url = `https://127.0.0.1:${port}`;
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: url, "certificate-authority": "server.crt" } }],
    users: [{ name: "u", user: { token: adminToken } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  };
  for (const [name, text] of [
    ["server.crt", cert],
    ["server.key", key],
    ["accounts.key", privateKey],
    ["accounts.pub", publicKey],
    ["tokens.csv", `${adminToken},admin,1,"system:masters"\n`],
    ["manager.json", JSON.stringify(kubeconfig)],
  ] as const)
    await writeFile(join(folder, name), text, { mode: 0o600 });

  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const etcd = begin(
    requireService("etcd"),
    [
      "--data-dir=etcd",
      "--unsafe-no-fsync",
      "--name=one",
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=one=${peerUrl}`,
    ],
    folder,
  );
  const server = begin(
    apiServer,
    [
      `--etcd-servers=${etcdUrl}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      "--tls-cert-file=server.crt",
      "--tls-private-key-file=server.key",
      "--cert-dir=certificates",
      "--service-account-key-file=accounts.pub",
      "--service-account-signing-key-file=accounts.key",
      "--service-account-issuer=https://kubernetes.default.svc",
      "--token-auth-file=tokens.csv",
      "--authorization-mode=RBAC",
      "--service-cluster-ip-range=10.0.0.0/24",
    ],
    folder,
  );
  const agent = new Agent({ ca: cert, keepAlive: true });

  function ask(
    method: string,
    path: string,
    options: { body?: unknown; token?: string; type?: string } = {},
  ): Promise<KubernetesAnswer> {
    const { body, token = adminToken, type = "application/json" } = options;
    return new Promise((resolve, reject) => {
      const sent = request(
        url + path,
        { method, agent, headers: { authorization: `Bearer ${token}`, "content-type": type } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            const isWatch = response.statusCode === 200 && /[?&]timeoutSeconds=/.test(path);
            // What a watch tells is one document after the other, or none.
            const isJson = response.headers["content-type"]?.includes("json") === true && !isWatch;
            resolve({
              status: response.statusCode ?? 0,
              body: isJson ? (JSON.parse(text) as unknown) : text,
            });
          });
        },
      );
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async function apply(objects: readonly ApplicableObject[], query = ""): Promise<void> {
    for (const object of objects) {
      const path = await pathOf(object);
      const { status, body } = await ask(
        "PATCH",
        `${path}?fieldManager=admin&force=true${query === "" ? "" : `&${query}`}`,
        { body: object, type: "application/apply-patch+yaml" },
      );
      if (status >= 300) {
        const what = `${object.kind} ${object.metadata.name}`;
        throw new Error(`${what}: ${status} ${JSON.stringify(body)}`);
      }
    }
  }

  const plurals = new Map<string, { name: string; namespaced: boolean }>();
  async function pathOf({ apiVersion, kind, metadata }: ApplicableObject): Promise<string> {
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const id = `${apiVersion} ${kind}`;
    if (!plurals.has(id)) {
      const { body } = await ask("GET", root);
      for (const one of body.resources as { kind: string; name: string; namespaced: boolean }[])
        if (!one.name.includes("/")) plurals.set(`${apiVersion} ${one.kind}`, one);
    }
    const found = plurals.get(id);
    if (found === undefined) throw new Error(`there is no ${id}`);
    const within = found.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    return `${root}${within}/${found.name}/${metadata.name}`;
  }

  let manager: ReturnType<typeof begin> | undefined;
  async function destroy(): Promise<void> {
    agent.destroy();
    await Promise.all([manager?.end(), server.end(), etcd.end()]);
    await rm(folder, { recursive: true, force: true });
  }

  try {
    const ready = async () => (await ask("GET", "/readyz")).status === 200;
    await waitFor(async () => etcd.hasEnded() || server.hasEnded() || (await ready()), {
      timeout: 90_000,
      describe: () => `the API server to be ready\n${server.log()}\n${etcd.log()}`,
    });
    if (server.hasEnded() || etcd.hasEnded())
      throw new Error(`the API server ended:\n${server.log()}\n${etcd.log()}`);
    manager = begin(
      join(dirname(apiServer), "kube-controller-manager"),
      [
        "--kubeconfig=manager.json",
        `--controllers=${CONTROLLERS.join(",")}`,
        "--service-account-private-key-file=accounts.key",
        "--root-ca-file=server.crt",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        `--secure-port=${managerPort}`,
        "--use-service-account-credentials=false",
        "--cert-dir=certificates",
      ],
      folder,
    );
    // Its first work: until it runs, nothing can be made in a namespace that needs its account.
    const hasAccount = async () =>
      (await ask("GET", "/api/v1/namespaces/default/serviceaccounts/default")).status === 200;
    await waitFor(async () => manager?.hasEnded() === true || (await hasAccount()), {
      timeout: 90_000,
      describe: () => `the controllers to work\n${manager?.log()}`,
    });
    if (manager.hasEnded()) throw new Error(`the controllers ended:\n${manager.log()}`);
  } catch (error) {
    await destroy();
    throw error;
  }
  const kubernetes: KubernetesServer = {
    url,
    port,
    ca: cert,
    adminToken,
    ask,
    apply,
    signal: (signal) => void server.child.kill(signal),
    destroy,
  };
  return kubernetes;
}
