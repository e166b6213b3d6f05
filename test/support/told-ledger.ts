import type { Ledger } from "../../src/store/ledger.ts";

/** A ledger that tells of each commit once it is stored, before whoever waits for it learns of it. */
export function toldLedger(ledger: Ledger, onCommit: () => void): Ledger {
  return new Proxy(ledger, {
    get: (target, name) => {
      if (name !== "change") {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return async (...args: Parameters<Ledger["change"]>) => {
        const committed = await target.change(...args);
        onCommit();
        return committed;
      };
    },
  });
}
