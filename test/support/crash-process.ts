import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { bundled } from "./bundled.ts";

/** What a process is to do, and after how many of its steps it is to be killed. */
export interface Order<Task> {
  readonly task: Task;
  readonly killAfter: number;
}

/** An act of a console's that is done at a place to something. */
export interface Act<Place, Name extends string> {
  readonly place: Place;
  readonly act: Name;
  readonly id: string;
}

/** A console that lets another process have its place, and is a new one after it. */
interface LendingHost<Place> {
  lend<T>(use: (place: Place) => Promise<T>): Promise<T>;
  pass(ms: number): Promise<void>;
}

/** How it ended: killed, or with so many steps done and nothing left to do. */
export type Ending = "killed" | { readonly steps: number };

/** What a process says: that it can begin, and how it went. */
export type Word = "ready" | { readonly steps: number } | { readonly failed: string };

/** More than any act takes. */
const STEPS_MAX = 200;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Processes that do one thing each, for a test that kills them at it. The next one starts while the
 * one before it is used, as that takes longer than most of what they do.
 */
export class CrashProcesses<Place, Name extends string> {
  readonly #script: string;
  #next: Promise<ChildProcess>;

  private constructor(script: string) {
    this.#script = script;
    this.#next = this.#start();
  }

  /** @param script that calls `serveCrashes` */
  static async of<Place, Name extends string>(script: URL): Promise<CrashProcesses<Place, Name>> {
    return new CrashProcesses<Place, Name>(await bundled(script));
  }

  /**
   * Has processes do an act, killed after its first step, its second, and so on until it is done; after
   * each the next process must put everything right by itself.
   * @param prepare gives the id of what it is done to
   * @param check what holds then
   * @returns how many steps there are
   */
  async eachStep(
    host: LendingHost<Place>,
    act: Name,
    prepare: () => Promise<string>,
    check: (id: string) => Promise<unknown>,
  ): Promise<number> {
    for (let step = 1; step < STEPS_MAX; step++) {
      const id = await prepare();
      const ending = await host.lend((place) =>
        this.#run({ task: { place, act, id }, killAfter: step }),
      );
      await host.pass(0);
      await check(id);
      if (ending !== "killed") return step - 1;
    }
    throw new Error("it does not end");
  }

  /**
   * Has a process do a task, killed right after a step.
   * @throws Error what the task throws by itself
   */
  async #run(order: Order<Act<Place, Name>>): Promise<Ending> {
    const child = await this.#next;
    this.#next = this.#start();
    let said: Word | undefined;
    child.on("message", (word) => (said = word as Word));
    const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    child.send(order);
    const [code, signal] = await ended;
    if (signal === "SIGKILL") return "killed";
    if (typeof said === "object" && "steps" in said) return said;
    const why = typeof said === "object" ? said.failed : "it said nothing";
    throw new Error(`The process ended by itself (${signal ?? code}): ${why}`);
  }

  async close(): Promise<void> {
    const child = await this.#next.catch(() => undefined);
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  #start(): Promise<ChildProcess> {
    const child = fork(this.#script, { execArgv: [] });
    running.add(child);
    child.once("exit", () => running.delete(child));
    const started = new Promise<ChildProcess>((resolve, reject) => {
      child.once("message", () => resolve(child));
      child.once("exit", (code) => reject(new Error(`A process ended at its start (${code}).`)));
    });
    // Whoever wants it hears of that.
    started.catch(() => undefined);
    return started;
  }
}
