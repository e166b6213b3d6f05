import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { bundled } from "./bundled.ts";
import { choosePairs } from "./crash-pairs.ts";
import { randomOf } from "./random.ts";

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
  /** Calls and commits that changed something, of all that were made in this process. */
  readonly steps: number;
  lend<T>(use: (place: Place) => Promise<T>): Promise<T>;
  pass(ms: number): Promise<void>;
}

/** What a process does, and after how many of its steps it is killed. */
type Kill<Name extends string> = readonly [act: Name | "look", killAfter: number];

/** How it ended: killed, or with so many steps done and nothing left to do. */
export type Ending = "killed" | { readonly steps: number };

/** What a process says: that it can begin, and how it went. */
export type Word = "ready" | { readonly steps: number } | { readonly failed: string };

/** More than any act takes. */
const STEPS_MAX = 200;

// Of the pairs of steps at which two processes in a row are killed, as many of each act, and one of three
// first steps in any case. All of them: TARDIS_CRASH_ROUNDS=1000.
const ROUNDS = Number(process.env["TARDIS_CRASH_ROUNDS"] ?? 0);
const SEED = Number(process.env["TARDIS_CRASH_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** What has the same pairs chosen again. */
const CRASH_SEED = `TARDIS_CRASH_SEED=${SEED}`;

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
  #pairs = 0;
  #chosen = 0;

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
   * each the next process must put everything right by itself. Then the same with a next process that is
   * killed at that in its turn, and yet another that must put everything right.
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
    const after = (...kills: readonly Kill<Name>[]) => this.#after(kills, host, prepare, check);
    const recoveries: number[] = [];
    for (;;) {
      const { ending, recovery } = await after([act, recoveries.length + 1]);
      if (ending !== "killed") break;
      recoveries.push(recovery);
      if (recoveries.length === STEPS_MAX) throw new Error("it does not end");
    }
    const pairs = choosePairs(recoveries, ROUNDS, randomOf(SEED));
    this.#chosen += pairs.length;
    this.#pairs += recoveries.reduce((sum, steps) => sum + steps, 0);
    for (const { first, second } of pairs) await after([act, first], ["look", second]);
    return recoveries.length;
  }

  /**
   * Has a process do each of these, one after the other, and be killed at it; then all is put right.
   * @returns how the last of them ended, and in how many steps all was put right
   */
  async #after(
    kills: readonly Kill<Name>[],
    host: LendingHost<Place>,
    prepare: () => Promise<string>,
    check: (id: string) => Promise<unknown>,
  ): Promise<{ ending: Ending; recovery: number }> {
    const id = await prepare();
    try {
      const ending = await host.lend(async (place) => {
        let last: Ending = { steps: 0 };
        for (const [act, killAfter] of kills)
          last = await this.#run({ task: { place, act, id }, killAfter });
        return last;
      });
      const before = host.steps;
      await host.pass(0);
      const recovery = host.steps - before;
      await check(id);
      return { ending, recovery };
    } catch (cause) {
      const where = kills.map(([act, step]) => `step ${step} of ${act}`).join(", then ");
      throw new Error(`Killed after ${where}`, { cause });
    }
  }

  /**
   * Has a process do a task, killed right after a step.
   * @throws Error what the task throws by itself
   */
  async #run(order: Order<Act<Place, Name | "look">>): Promise<Ending> {
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
    console.log(`Killed twice: ${this.#chosen} of ${this.#pairs} pairs, ${CRASH_SEED}`);
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
