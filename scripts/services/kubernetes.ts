import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { InstallTools } from "./install.ts";

const modulePath = "k8s.io/kubernetes";
/** What a control plane is made of here, beside etcd. There are no nodes, so no scheduler either. */
const commands = ["kube-apiserver", "kube-controller-manager"] as const;
/** The oldest Go that builds it. */
const goVersion = "1.26";

/**
 * Builds the API server and the controller manager into `folder/bin` from their Go module: some
 * twelve minutes on two cores. What was compiled is kept in the cache, so that an install that was
 * ended goes on where it was.
 * @param version such as `v1.36.3`
 */
export async function buildKubernetes(
  folder: string,
  tools: InstallTools,
  version: string,
): Promise<void> {
  const go = await goCommand(tools);
  const work = join(folder, "work");
  const bin = join(folder, "bin");
  mkdirSync(work);
  mkdirSync(bin);
  writeFileSync(join(work, "go.mod"), `module kubernetes\n\ngo ${goVersion}\n`);
  const found = await go(["mod", "download", "-json", `${modulePath}@${version}`], work);
  const { GoMod: moduleFile } = JSON.parse(found.slice(found.indexOf("{"))) as { GoMod: string };
  writeFileSync(join(work, "go.mod"), ownModule(readFileSync(moduleFile, "utf8"), version));
  for (const command of commands) {
    const packagePath = `${modulePath}/cmd/${command}`;
    const flags = ["-p", "2", "-trimpath", "-ldflags", linkerFlags(version)];
    await go(["build", ...flags, "-o", join(bin, command), packagePath], work);
  }
  rmSync(work, { recursive: true });
}

/** Whether the controller manager lies beside an API server, as a release has them. */
export function hasControllerManager(apiServer: string): boolean {
  return existsSync(join(dirname(apiServer), "kube-controller-manager"));
}

async function goCommand(tools: InstallTools) {
  const settings = ["GOFLAGS=-mod=mod", `GOCACHE=${join(tools.cache, "go-build")}`];
  const go = (args: readonly string[], cwd?: string) =>
    tools.run("nice", ["-n", "10", "env", ...settings, "go", ...args], cwd);
  await go(["version"]).catch((error: unknown) => {
    const need = `it is built by Go ${goVersion} or newer, which is not installed`;
    throw new Error(need, { cause: error });
  });
  return go;
}

/**
 * Kubernetes keeps its libraries in its own repository and replaces them by folders that its module
 * does not contain: each is replaced by what is published of it.
 */
function ownModule(theirs: string, version: string): string {
  const staged = [...theirs.matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm)];
  const published = version.replace(/^v1\./, "v0.");
  return [
    "module kubernetes",
    `go ${goVersion}`,
    `require ${modulePath} ${version}`,
    ...staged.map(([, path]) => `replace ${path} => ${path} ${published}`),
    "",
  ].join("\n");
}

/** Without its version it says `v0.0.0-master`, which clients and its own checks take for very old. */
function linkerFlags(version: string): string {
  const [major = "", minor = ""] = version.slice(1).split(".");
  const set = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const settings = Object.entries(set).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return ["-s", "-w", ...settings].join(" ");
}
