import type { Ledger } from "../../src/store/ledger.ts";

/** The same, but it tells of each of these calls once it is done, before whoever waits for it learns of it. */
export function told<T extends object>(target: T, names: readonly (keyof T)[], onDone: () => void) {
  return new Proxy(target, {
    get: (_target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (!names.includes(name as keyof T)) return value.bind(target) as unknown;
      return async (...args: unknown[]) => {
        const result: unknown = await Reflect.apply(value, target, args);
        onDone();
        return result;
      };
    },
  });
}

/** A ledger that tells of each commit once it is stored. */
export function toldLedger(ledger: Ledger, onCommit: () => void): Ledger {
  return told(ledger, ["change"], onCommit);
}
