import type { NamespaceLimits } from "../../domain/namespaces.ts";
import { Usage } from "../parts/usage.tsx";
import type { NamespaceView } from "./namespace-view.ts";

const KINDS = ["cpu", "memory", "pods", "storage"] as const;
const HOSTS_SHOWN = 3;

const WHAT: Readonly<Record<keyof NamespaceLimits, string>> = {
  cpu: "cores",
  memory: "GiB of memory",
  pods: "pods",
  storage: "GiB of volumes",
};

function inUnits(kind: keyof NamespaceLimits, amount: number): string {
  if (kind === "cpu") return String(amount / 1000);
  // It is kept in MiB.
  return kind === "memory" ? String(Math.round((amount / 1024) * 100) / 100) : String(amount);
}

/** What a namespace may use, in a line: `2 cores, 4 GiB of memory, 20 pods, 20 GiB of volumes`. */
export function limitsInWords(limits: NamespaceLimits): string {
  return KINDS.map((kind) => `${inUnits(kind, limits[kind])} ${WHAT[kind]}`).join(", ");
}

/** How much of what a namespace may use is used: requested by what runs, as Kubernetes counts it. */
export function Used({ view: { namespace, limits, usage } }: { view: NamespaceView }) {
  if (usage === undefined) return <>not counted yet; at most {limitsInWords(limits)}</>;
  return (
    <ul class="allowances">
      {KINDS.map((kind) => (
        <li>
          <Usage
            label={`${namespace.name}: ${WHAT[kind]}`}
            used={usage[kind]}
            limit={limits[kind]}
            words={`${inUnits(kind, usage[kind])} of ${inUnits(kind, limits[kind])} ${WHAT[kind]}`}
          />
        </li>
      ))}
    </ul>
  );
}

/** The hosts that ingresses may be at, in a few words. */
export function hostsInWords(hosts: readonly string[]): string {
  if (hosts.length === 0) return "none";
  const more = hosts.length - HOSTS_SHOWN;
  return hosts.slice(0, HOSTS_SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
