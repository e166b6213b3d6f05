import type { Call } from "../reconcile/system.ts";
import {
  ClusterError,
  type Cluster,
  type KubeObject,
  type KubeSelection,
  type KubeType,
} from "./cluster.ts";

/** Every object of a selection, page after page, each under its own deadline. */
export async function listAll(
  cluster: Cluster,
  type: KubeType,
  selection: KubeSelection,
  call: Call,
): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  let from: string | undefined;
  do {
    const page = await call((signal) => cluster.list(type, { ...selection, from }, signal));
    found.push(...page.items);
    from = page.next;
  } while (from !== undefined);
  return found;
}

/**
 * What is there already, or is gone or changed meanwhile, is no failure: the look that comes after each
 * round of steps says what to do about it.
 */
export async function shrugAtChange(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const isChange =
      error instanceof ClusterError &&
      (error.failure === "conflict" || error.failure === "missing");
    if (!isChange) throw error;
  }
}
