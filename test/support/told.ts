import type { Ledger } from "../../src/store/ledger.ts";

type Method = (...args: unknown[]) => Promise<unknown>;

/** The same, with some of its methods in other clothes. */
function dressed<T extends object>(
  target: T,
  names: readonly (keyof T)[],
  dress: (method: Method, name: string) => Method,
): T {
  return new Proxy(target, {
    get: (_target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const method = value.bind(target) as Method;
      return names.includes(name as keyof T) ? dress(method, String(name)) : method;
    },
  });
}

/** A ledger that tells of each commit once it is stored, before whoever waits for it learns of it. */
export function toldLedger(ledger: Ledger, onCommit: () => void): Ledger {
  return dressed(ledger, ["change"], (change) => async (...args) => {
    const committed = await change(...args);
    onCommit();
    return committed;
  });
}

/**
 * A real system that tells of each call by which something is changed, before whoever waits for it
 * learns of it. What only reads is no step: killed after it is killed after what was done before it.
 * @param make makes it, with what is told of each call
 * @param changes its methods that change something
 * @param before told of each call of these before it is made
 */
export function toldSystem<T extends object>(
  make: (onCall: () => void) => T,
  changes: readonly (keyof T)[],
  onStep: () => void,
  before: (name: string) => unknown = () => undefined,
): T {
  let changing = 0;
  const system = make(() => {
    if (changing > 0) onStep();
  });
  return dressed(system, changes, (change, name) => async (...args) => {
    await before(name);
    changing++;
    try {
      return await change(...args);
    } finally {
      changing--;
    }
  });
}
