import type { Order, Word } from "./crash-process.ts";

/**
 * Does the one task that a process of `CrashProcesses` is told to do.
 * @param work calls `step` right after each thing that it has done, before anything learns of it
 */
export function serveCrashes<Task>(work: (task: Task, step: () => void) => Promise<unknown>): void {
  const say = (word: Word) => process.send?.(word, () => process.exit());
  process.once("message", (order) => {
    const { task, killAfter } = order as Order<Task>;
    let steps = 0;
    const step = () => {
      if (++steps === killAfter) process.kill(process.pid, "SIGKILL");
    };
    work(task, step).then(
      () => say({ steps }),
      (error: unknown) => say({ failed: error instanceof Error ? `${error.stack}` : "unknown" }),
    );
  });
  process.send?.("ready" satisfies Word);
}
