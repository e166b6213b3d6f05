import type { KubeObject } from "./cluster.ts";

/** What runs in a namespace uses together, as the cluster counts it. */
export interface NamespaceUsage {
  /** Limits of what runs, in thousandths of a core. */
  readonly cpu: number;
  /** In MiB. */
  readonly memory: number;
  readonly pods: number;
  /** Of volumes, in GiB. */
  readonly storage: number;
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** @param quota a ResourceQuota of the console's, with its status */
export function usageIn(quota: KubeObject): NamespaceUsage | undefined {
  const { used } = (quota["status"] ?? {}) as { used?: Readonly<Record<string, string>> };
  if (used === undefined) return undefined;
  const amount = (name: string) => quantity(used[name] ?? "0");
  return {
    cpu: Math.round(amount("limits.cpu") * 1000),
    memory: Math.round(amount("limits.memory") / MIB),
    pods: amount("pods"),
    storage: Math.round(amount("requests.storage") / GIB),
  };
}

const UNITS: Readonly<Record<string, number>> = {
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** A quantity as Kubernetes writes it: `1500m`, `2Gi`; what is none is 0. */
export function quantity(text: string): number {
  const [, number = "0", unit = ""] = /^(-?\d+(?:\.\d+)?(?:e\d+)?)([A-Za-z]*)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? 0);
}
