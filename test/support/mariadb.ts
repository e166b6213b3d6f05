import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import { requireService } from "../../scripts/services/require.ts";
import { madeOnce } from "./made-once.ts";
import { withFreePorts } from "./ports.ts";
import { waitFor } from "./wait.ts";

/** One server, alone or a node of a cluster, in a folder of its own. */
export interface MariadbServer {
  readonly port: number;
  /** `127.0.0.1:<port>`. */
  readonly address: string;
  readonly rootPassword: string;
  /** A connection of somebody's; the caller ends it. */
  connect(user: string, password: string, database?: string): Promise<Connection>;
  /** Runs statements as root. @returns the rows of the last */
  root(...statements: string[]): Promise<RowDataPacket[]>;
  /** Sends a signal to its process: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it by force, its data left. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes all. */
  destroy(): Promise<void>;
}

/** Three nodes that hold the same. */
export interface GaleraCluster {
  readonly nodes: readonly [MariadbServer, MariadbServer, MariadbServer];
  destroy(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Small, and without waiting for a disk. */
const SETTINGS = [
  "--bind-address=127.0.0.1",
  "--skip-name-resolve",
  "--skip-log-bin",
  "--default-storage-engine=InnoDB",
  "--innodb-autoinc-lock-mode=2",
  "--innodb-buffer-pool-size=16M",
  "--innodb-log-file-size=8M",
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-use-native-aio=0",
  "--innodb-doublewrite=0",
  "--aria-pagecache-buffer-size=4M",
  "--key-buffer-size=1M",
  "--max-connections=80",
  // As every server with a binary log, a cluster lets nobody else make triggers and routines.
  "--log-bin-trust-function-creators=ON",
];

interface Place {
  readonly executable: string;
  /** What holds `share/mysql`, `lib/galera` and the scripts. */
  readonly base: string;
}

function place(): Place {
  const executable = requireService("mariadb");
  const unpacked = resolve(dirname(executable), "../root/usr");
  return { executable, base: existsSync(unpacked) ? unpacked : resolve(dirname(executable), "..") };
}

/** A mariadbd of root's refuses to run without being told so. */
const asRoot = process.getuid?.() === 0 ? ["--user=root"] : [];

/** What new servers begin with: made once for all of them, and copied, as it takes seconds. */
interface Seed {
  readonly data: string;
  readonly rootPassword: string;
}

async function seed(): Promise<Seed> {
  const folder = await madeOnce("mariadb", async (empty) => {
    const rootPassword = randomBytes(16).toString("hex");
    await writeFile(join(empty, "password"), rootPassword, { mode: 0o600 });
    await makeData(place(), join(empty, "data"), rootPassword);
  });
  const rootPassword = await readFile(join(folder, "password"), "utf8");
  return { data: join(folder, "data"), rootPassword };
}

/**
 * The tables that a server keeps its accounts in, with one account, root. What Debian makes of them has
 * one without a name, too, that takes the place of members' on this machine.
 */
async function makeData({ executable, base }: Place, data: string, rootPassword: string) {
  const scripts = ["mysql_system_tables.sql", "mysql_performance_tables.sql"];
  const tables = await Promise.all(
    [...scripts, "mysql_system_tables_data.sql", "maria_add_gis_sp_bootstrap.sql"].map((name) =>
      readFile(join(base, "share/mysql", name), "utf8"),
    ),
  );
  const root = `JSON_OBJECT('access', -1, 'plugin', 'mysql_native_password', 'authentication_string', PASSWORD('${rootPassword}'))`;
  const sql = [
    "CREATE DATABASE mysql;",
    "USE mysql;",
    "SET @auth_root_socket=NULL;",
    ...tables,
    "DELETE FROM global_priv WHERE User IN ('', 'root');",
    "DELETE FROM proxies_priv;",
    `INSERT INTO global_priv VALUES ('%', 'root', ${root}), ('localhost', 'root', ${root});`,
  ].join("\n");
  await mkdir(data);
  const args = ["--no-defaults", "--bootstrap", `--basedir=${base}`, `--datadir=${data}`];
  const child = spawn(executable, [...args, ...asRoot, "--log-warnings=0", ...SETTINGS], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  child.stdin.end(sql);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`MariaDB's own tables could not be made:\n${log}`);
}

/** A node is sent its data through rsync's daemon, which of root's processes becomes nobody's. */
async function writeRsync({ base }: Place, bin: string): Promise<void> {
  await mkdir(bin);
  const rsync = join(base, "bin/rsync");
  const script = [
    "#!/bin/sh",
    `if [ "$1" = --daemon ]; then shift; exec "${rsync}" --daemon --dparam=uid=0 --dparam=gid=0 "$@"; fi`,
    `exec "${rsync}" "$@"`,
    "",
  ];
  await writeFile(join(bin, "rsync"), script.join("\n"), { mode: 0o755 });
}

interface NodeOptions {
  readonly port: number;
  /** Further settings, for this start. */
  readonly settings: (first: boolean) => readonly string[];
  /** Whether it is of no cluster. */
  readonly isAlone: boolean;
  /** Whether another node gives it its data. */
  readonly given: boolean;
}

async function startNode(options: NodeOptions): Promise<MariadbServer> {
  const { port, settings, isAlone, given } = options;
  const found = place();
  const { data: fresh, rootPassword } = await seed();
  const folder = await mkdtemp(join(tmpdir(), "tardis-mariadb-"));
  const data = join(folder, "data");
  const socket = join(folder, "socket");
  if (given) await mkdir(data);
  else await cp(fresh, data, { recursive: true });
  if (asRoot.length > 0) await writeRsync(found, join(folder, "bin"));
  let child: ChildProcess;
  let log = "";

  async function start(first = false): Promise<void> {
    const { executable, base } = found;
    const args = [
      "--no-defaults",
      // Its `bin` is the first that the scripts for its data look in.
      `--basedir=${folder}`,
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${join(folder, "pid")}`,
      `--port=${port}`,
      `--lc-messages-dir=${join(base, "share/mysql")}`,
      `--character-sets-dir=${join(base, "share/mysql/charsets")}`,
      ...asRoot,
      ...SETTINGS,
      ...settings(first),
    ];
    child = spawn(executable, args, {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: folder,
      env: {
        ...process.env,
        TMPDIR: folder,
        PATH: [join(base, "bin"), process.env["PATH"] ?? ""].join(delimiter),
      },
    });
    running.add(child);
    const keep = (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000));
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const started = child;
    child.once("exit", () => running.delete(started));
    const hasEnded = () => started.exitCode !== null || started.signalCode !== null;
    await waitFor(() => hasEnded() || isReady(), {
      timeout: 90_000,
      describe: () => `MariaDB to be ready\n${log}`,
    });
    if (hasEnded()) throw new Error(`MariaDB ended:\n${log}`);
  }

  /** A node of a cluster listens before it has joined. */
  async function isReady(): Promise<boolean> {
    const connection = await connect("root", rootPassword);
    try {
      const [rows] = await connection.query<RowDataPacket[]>(
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_connected')",
      );
      return isAlone || (rows.length === 2 && rows.every(({ Value }) => Value === "ON"));
    } finally {
      connection.destroy();
    }
  }

  function connect(user: string, password: string, database?: string): Promise<Connection> {
    return createConnection({
      host: "127.0.0.1",
      port,
      user,
      password,
      connectTimeout: 5_000,
      ...(database === undefined ? {} : { database }),
    });
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  await start(true);
  return {
    port,
    address: `127.0.0.1:${port}`,
    rootPassword,
    connect,
    async root(...statements) {
      const connection = await connect("root", rootPassword);
      try {
        let rows: unknown = [];
        for (const statement of statements) [rows] = await connection.query(statement);
        return Array.isArray(rows) ? (rows as RowDataPacket[]) : [];
      } finally {
        connection.destroy();
      }
    },
    signal: (signal) => void child.kill(signal),
    kill,
    start: () => start(),
    async destroy() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A server that stands alone.
 * @param own further settings, as on its command line
 */
export function startMariadb(own: readonly string[] = []): Promise<MariadbServer> {
  return withFreePorts(1, ([port = 0]) =>
    startNode({
      port,
      settings: () => own,
      isAlone: true,
      given: false,
    }),
  );
}

/** Ports of a node: clients, the others, what it missed, all that there is. */
const PORTS = 4;

/** A cluster of three nodes, each with the data that the first began with. */
export function startGalera(): Promise<GaleraCluster> {
  return withFreePorts(3 * PORTS, async (ports) => {
    const name = `tardis-${randomBytes(4).toString("hex")}`;
    const { base } = place();
    const of = (node: number, which: number) => ports[node * PORTS + which] ?? 0;
    const members = [0, 1, 2].map((node) => `127.0.0.1:${of(node, 1)}`).join(",");
    const settingsOf = (node: number) => (first: boolean) => [
      "--wsrep-on=ON",
      "--binlog-format=ROW",
      `--wsrep-provider=${join(base, "lib/galera/libgalera_smm.so")}`,
      `--wsrep-cluster-name=${name}`,
      `--wsrep-cluster-address=gcomm://${first && node === 0 ? "" : members}`,
      `--wsrep-node-name=node-${node}`,
      "--wsrep-node-address=127.0.0.1",
      `--wsrep-node-incoming-address=127.0.0.1:${of(node, 0)}`,
      "--wsrep-sst-method=rsync",
      `--wsrep-sst-receive-address=127.0.0.1:${of(node, 3)}`,
      `--wsrep-provider-options=${[
        `gmcast.listen_addr=tcp://127.0.0.1:${of(node, 1)}`,
        `base_port=${of(node, 1)}`,
        `ist.recv_addr=127.0.0.1:${of(node, 2)}`,
        "gcache.size=16M",
        "pc.recovery=false",
      ].join(";")}`,
    ];
    const nodes: MariadbServer[] = [];
    try {
      for (const node of [0, 1, 2]) {
        nodes.push(
          await startNode({
            port: of(node, 0),
            settings: settingsOf(node),
            isAlone: false,
            given: node > 0,
          }),
        );
      }
    } catch (error) {
      for (const node of nodes) await node.destroy();
      throw error;
    }
    return {
      nodes: nodes as [MariadbServer, MariadbServer, MariadbServer],
      async destroy() {
        for (const node of nodes) await node.destroy();
      },
    };
  });
}
