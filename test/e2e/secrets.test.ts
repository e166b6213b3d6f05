import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import {
  adminToken,
  apiClient,
  runCommand,
  spawnConsole,
  writeConfig,
  type ApiAnswer,
} from "../support/console.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type ApplicableObject, startKubernetes } from "../support/kubernetes.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMinio } from "../support/minio.ts";
import { everythingIn, expectNowhere } from "../support/secret-traces.ts";
import { describeWithService } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

/** A module that gives out secrets, at its real system. */
interface Module {
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
  /** Sends a signal to the system. */
  signal(signal: NodeJS.Signals): void;
  destroy(): Promise<void>;
}

async function buckets(): Promise<Module> {
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
    signal: (signal) => server.signal(signal),
    destroy: () => server.destroy(),
  };
}

async function databases(folder: string): Promise<Module> {
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
    signal: (signal) => server.signal(signal),
    destroy: () => server.destroy(),
  };
}

async function namespaces(folder: string): Promise<Module> {
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
    secretIn: ({ file }) => (file === undefined ? undefined : parse(file).users[0].user.token),
    signal: (signal) => server.signal(signal),
    destroy: () => server.destroy(),
  };
}

const MODULES = [
  ["minio", buckets],
  ["mariadb", databases],
  [["kubernetes", "etcd"], namespaces],
] as const;

for (const [needed, start] of MODULES) {
  describeWithService(needed, `a console's process with ${start.name}`, () => {
    const ends: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).toReversed()) await end();
    });

    it("gives each secret out once, and has it nowhere, whatever it is asked for", async () => {
      const folder = await temporaryFolder();
      ends.push(() => folder.remove());
      const module = await start(folder.path);
      ends.push(() => module.destroy());
      const { path, body, again, secretIn, before } = module;
      const settings = { ...module.settings, log: { level: "debug" } };
      const begin = async () => {
        const process = await spawnConsole(folder.path, settings);
        ends.push(() => process.stop());
        return process;
      };
      const first = await begin();
      const answers: string[] = [];
      const given: string[] = [];
      let port = first.httpPort;
      const ask = async (...asked: Parameters<ReturnType<typeof apiClient>>) => {
        const { status, body: answer } = await apiClient(port)(...asked);
        const secret = answer === null ? undefined : secretIn(answer);
        if (secret === undefined) answers.push(JSON.stringify(answer));
        else given.push(secret);
        return { status, id: answer?.id as string, isGiven: secret !== undefined };
      };
      const lookAtAll = async (id: string) => {
        for (const what of [path, `${path}/${id}`, "/events", "/owners/alice"])
          await ask("GET", what);
      };

      await ask("POST", "/persons", { username: "alice" });
      await ask("POST", ...before);
      const twice = async (to: string, json: object, key: string) => {
        const send = () => ask("POST", to, json, { "Idempotency-Key": key });
        const made = await send();
        expect(made).toMatchObject({ isGiven: true });
        expect(await send()).toEqual({ ...made, isGiven: false });
        return made.id;
      };
      const id = await twice(path, body, "made");
      await twice(`${path}/${id}/${again}`, {}, "again");
      await lookAtAll(id);

      module.signal("SIGSTOP");
      ends.push(async () => module.signal("SIGCONT"));
      const asked = ask("POST", `${path}/${id}/${again}`, {}, { "Idempotency-Key": "lost" });
      expect(await asked).toMatchObject({ status: 503 });
      module.signal("SIGCONT");
      await waitFor(async () => (await ask("POST", `${path}/${id}/${again}`, {})).isGiven, {
        timeout: 60_000,
        describe: "another secret to be given out",
      });
      const file = join(folder.path, "tardis.yaml");
      const exported = await runCommand(["-c", file, "export"]);

      first.kill("SIGKILL");
      await first.ended;
      const second = await begin();
      port = second.httpPort;
      await lookAtAll(id);
      await second.stop();

      expect(given.length).toBe(3);
      const logs = [first, second].flatMap(({ stdout, stderr }) => [stdout(), stderr()]);
      expectNowhere([...given, module.own, adminToken], {
        "what is answered": { text: answers.join("\n"), known: id },
        "the log": { text: logs.join("\n"), known: "tardis-console runs" },
        "the export": { text: exported.stdout, known: id },
        "the data": { text: await everythingIn(join(folder.path, "data")), known: id },
      });
    }, 180_000);
  });
}
