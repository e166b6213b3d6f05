import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "minio";
import { parse, parseAllDocuments } from "yaml";
import { type ApiAnswer, runCommand, writeConfig } from "./console.ts";
import { type ApplicableObject, startKubernetes } from "./kubernetes.ts";
import { startMariadb } from "./mariadb.ts";
import { startMinio } from "./minio.ts";
import { waitFor } from "./wait.ts";

/** A module that gives out secrets, at its real system, with what alice may have there. */
export interface RealModule {
  readonly settings: object;
  /** The console's own secret at the system. */
  readonly own: string;
  /** What has to be there before, and what a secret comes with. */
  readonly before: readonly [path: string, body: object];
  readonly path: string;
  readonly body: object;
  /** Gives another secret in place of the one before. */
  readonly again: "rotate" | "renew";
  secretIn(body: ApiAnswer["body"]): string | undefined;
  /** Whether what was given out lets somebody in at the system itself. */
  opens(given: ApiAnswer["body"]): Promise<boolean>;
  /** Sends a signal to the system. */
  signal(signal: NodeJS.Signals): void;
  destroy(): Promise<void>;
}

async function buckets(): Promise<RealModule> {
  const server = await startMinio();
  const { url, accessKey, secretKey: own } = server;
  return {
    settings: { buckets: { enabled: true, url, accessKey, secretKey: own } },
    own,
    before: ["/buckets", { owner: "alice", name: "files" }],
    path: "/bucket-keys",
    body: { owner: "alice", name: "laptop", access: "write" },
    again: "rotate",
    secretIn: ({ secretKey }) => secretKey,
    opens: ({ accessKey: id, secretKey: secret }) => {
      const keys = { accessKey: id, secretKey: secret, region: "us-east-1" };
      const client = new Client({
        endPoint: "127.0.0.1",
        port: server.port,
        useSSL: false,
        ...keys,
      });
      return didWork(client.putObject("alice.files", "hello", "world"));
    },
    signal: (signal) => server.signal(signal),
    destroy: () => server.destroy(),
  };
}

async function databases(folder: string): Promise<RealModule> {
  const server = await startMariadb();
  const own = "console-password-of-the-test";
  const { address } = server;
  const settings = { databases: { enabled: true, address, user: "console", password: own } };
  const { stdout } = await runCommand(["-c", writeConfig(folder, settings), "databases", "grants"]);
  const statements = stdout.trim().split("\n");
  await server.root(...statements.map((one) => one.replace("PUT A PASSWORD HERE", own)));
  return {
    settings,
    own,
    before: ["/databases", { owner: "alice", name: "wiki" }],
    path: "/database-accounts",
    body: { owner: "alice", name: "app", access: "write" },
    again: "rotate",
    secretIn: ({ password }) => password,
    opens: ({ name, password }) =>
      didWork(server.connect(name, password).then((connection) => connection.end())),
    signal: (signal) => server.signal(signal),
    destroy: () => server.destroy(),
  };
}

async function namespaces(folder: string): Promise<RealModule> {
  const server = await startKubernetes();
  const ca = join(folder, "ca.crt");
  await writeFile(ca, server.ca);
  const namespaces = { url: server.url, ca, prefix: "club" };
  const printed = await runCommand([
    "-c",
    writeConfig(folder, { namespaces }),
    "kubernetes",
    "manifests",
  ]);
  const objects = parseAllDocuments(printed.stdout).map((one) => one.toJS() as ApplicableObject);
  await server.apply(objects);
  const secret = "/api/v1/namespaces/club-console/secrets/console-token";
  const token = await waitFor(
    async () => (await server.ask("GET", secret)).body.data?.token as string | undefined,
    { timeout: 60_000, describe: "the console's token" },
  );
  const own = Buffer.from(token, "base64").toString();
  return {
    settings: { namespaces: { ...namespaces, enabled: true, token: own } },
    own,
    before: ["/namespaces", { owner: "alice", name: "shop" }],
    path: "/kubeconfigs",
    body: { namespace: "alice--shop", name: "laptop" },
    again: "renew",
    secretIn: tokenIn,
    opens: async (given) => {
      const asked = { token: tokenIn(given) ?? "" };
      return (await server.ask("GET", "/api/v1/namespaces/alice--shop/pods", asked)).status === 200;
    },
    signal: (signal) => server.signal(signal),
    destroy: () => server.destroy(),
  };
}

function tokenIn({ file }: ApiAnswer["body"]): string | undefined {
  return file === undefined ? undefined : parse(file).users[0].user.token;
}

function didWork(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

/** Each, with what it needs. */
export const REAL_MODULES = [
  ["minio", buckets],
  ["mariadb", databases],
  [["kubernetes", "etcd"], namespaces],
] as const;
