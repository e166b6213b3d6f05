import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type { Stage, Step } from "./dockerfile.ts";
import { isLetThrough } from "./ignore.ts";

/** What came of running a Dockerfile's steps: the folder that stands for `/`, and how it starts. */
export interface BuiltImage {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly healthcheck: readonly string[];
}

export interface BuildOptions {
  readonly stages: readonly Stage[];
  /** The build context: the repository. */
  readonly context: string;
  /** An empty folder, where each stage gets a folder that stands for its `/`. */
  readonly into: string;
  readonly report: (line: string) => void;
}

/**
 * Runs the steps of every stage in folders of their own, in place of containers.
 * @returns the last stage
 * @throws Error with a command's output when it fails
 */
export function buildImage({ stages, context, into, report }: BuildOptions): BuiltImage {
  const roots = new Map<string, string>();
  const ignore = readFileSync(join(context, ".dockerignore"), "utf8");
  let built: BuiltImage | undefined;
  for (const [index, stage] of stages.entries()) {
    const name = stage.name ?? String(index);
    const root = join(into, name);
    mkdirSync(root);
    roots.set(name, root);
    const run = new StageRun(root, report);
    for (const step of stage.steps) {
      if (step.kind === "copy" && step.from === undefined) run.copyContext(step, context, ignore);
      else if (step.kind === "copy") run.copyStage(step, roots.get(step.from ?? ""));
      else run.apply(step);
    }
    built = run.result();
  }
  if (built === undefined) throw new Error("The Dockerfile has no stage.");
  return built;
}

type Copy = Extract<Step, { kind: "copy" }>;

class StageRun {
  readonly #root: string;
  readonly #report: (line: string) => void;
  readonly #env: Record<string, string> = {};
  readonly #words = { entrypoint: [], cmd: [], healthcheck: [] } as Record<
    string,
    readonly string[]
  >;
  #workdir = "/";
  #user: BuiltImage["user"];

  constructor(root: string, report: (line: string) => void) {
    this.#root = root;
    this.#report = report;
  }

  apply(step: Exclude<Step, Copy>): void {
    switch (step.kind) {
      case "workdir":
        this.#workdir = step.folder;
        mkdirSync(this.#at(step.folder), { recursive: true });
        break;
      case "env":
        this.#env[step.name] = step.value;
        break;
      case "user":
        this.#user = { uid: step.uid, gid: step.gid };
        break;
      case "run":
        this.#run(step.command);
        break;
      case "entrypoint":
      case "cmd":
      case "healthcheck":
        this.#words[step.kind] = step.words;
    }
  }

  copyContext({ sources, target }: Copy, context: string, ignore: string): void {
    for (const source of sources) {
      const filter = (path: string) => {
        const inContext = relative(context, path);
        return statSync(path).isDirectory() || isLetThrough(ignore, inContext);
      };
      this.#copy(join(context, source), this.#at(target), filter);
    }
  }

  copyStage({ from, sources, target }: Copy, root: string | undefined): void {
    if (root === undefined) throw new Error(`There is no stage ${from}.`);
    for (const source of sources) this.#copy(join(root, source), this.#at(target));
  }

  result(): BuiltImage {
    const { entrypoint = [], cmd = [], healthcheck = [] } = this.#words;
    const about = { env: this.#env, user: this.#user, entrypoint, cmd, healthcheck };
    return { root: this.#root, workdir: this.#at(this.#workdir), ...about };
  }

  /** A folder's contents are copied, not the folder; a file goes into a folder. */
  #copy(source: string, target: string, filter?: (path: string) => boolean): void {
    if (!existsSync(source)) throw new Error(`COPY: there is no ${source}`);
    const to = statSync(source).isDirectory() ? target : join(target, basename(source));
    cpSync(source, to, {
      recursive: true,
      verbatimSymlinks: true,
      ...(filter === undefined ? {} : { filter }),
    });
    const copied = statSync(to, { throwIfNoEntry: false });
    if (!copied || (copied.isDirectory() && filter && readdirSync(to).length === 0)) {
      throw new Error(`COPY: .dockerignore lets nothing of ${source} through`);
    }
  }

  #run(command: string): void {
    this.#report(`RUN ${command}`);
    const { status, stdout, stderr } = spawnSync("sh", ["-c", command], {
      cwd: this.#at(this.#workdir),
      env: { ...environment(), ...this.#env },
      encoding: "utf8",
      timeout: 15 * 60_000,
    });
    if (status !== 0) throw new Error(`${command} ended with ${status}\n${stdout}${stderr}`);
  }

  #at(path: string): string {
    return join(this.#root, path.startsWith("/") ? path : join(this.#workdir, path));
  }
}

/** This process's, without what npm tells its tasks of the repository that it runs them for. */
function environment(): NodeJS.ProcessEnv {
  const ofTask = /^(?:npm_(?!config_)|npm_config_(?:local|global)_prefix$|INIT_CWD$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofTask.test(name)));
}
