import type { Entity, Kind } from "../domain/entities.ts";
import { keyOf } from "../domain/records.ts";
import { entitiesOf, type State } from "../domain/state.ts";
import type { Json, Key } from "../store/store.ts";

export const EXPORT_FORMAT = "tardis-console/1";

/** Sections of an export file, and the kind of what stands in each. */
export const SECTIONS = {
  persons: "person",
  groups: "group",
  labels: "label",
  endpoints: "endpoint",
  pages: "page",
  pageHosts: "pageHost",
  domains: "domain",
  reserved: "reserved",
  tokens: "token",
  requests: "request",
  buckets: "bucket",
  bucketKeys: "bucketKey",
  databases: "database",
  databaseAccounts: "databaseAccount",
  namespaces: "namespace",
  kubeconfigs: "kubeconfig",
} as const satisfies Record<string, Kind>;

export type Section = keyof typeof SECTIONS;

/**
 * A whole state in one file. Tokens are in it as hashes; what lets somebody in for a moment only
 * (sessions, sign-in links, invitations) is not, nor are answers kept for repeats.
 */
export interface ExportFile {
  readonly format: typeof EXPORT_FORMAT;
  readonly zone: string;
  readonly exportedAt: string;
  readonly revision: number;
  readonly persons: readonly Entity[];
  readonly groups: readonly Entity[];
  readonly labels: readonly Entity[];
  readonly endpoints: readonly Entity[];
  readonly pages: readonly Entity[];
  readonly pageHosts: readonly Entity[];
  readonly domains: readonly Entity[];
  readonly reserved: readonly Entity[];
  readonly tokens: readonly Entity[];
  readonly requests: readonly Entity[];
  readonly buckets: readonly Entity[];
  readonly bucketKeys: readonly Entity[];
  readonly databases: readonly Entity[];
  readonly databaseAccounts: readonly Entity[];
  readonly namespaces: readonly Entity[];
  readonly kubeconfigs: readonly Entity[];
  /** Records that this release could not read, as they are stored. */
  readonly setAside: readonly { readonly key: Key; readonly value: Json }[];
}

/**
 * @param stored the records as the store holds them, for those that could not be read
 */
export function exportState(
  state: State,
  stored: ReadonlyMap<Key, Json>,
  zone: string,
  now: Date,
): ExportFile {
  const sections = Object.fromEntries(
    Object.keys(SECTIONS).map((section) => [section, [] as Entity[]]),
  ) as unknown as Record<Section, Entity[]>;
  const sectionOf = new Map<Kind, Section>(
    Object.entries(SECTIONS).map(([section, kind]) => [kind, section as Section]),
  );
  for (const entity of entitiesOf(state)) {
    const section = sectionOf.get(entity.kind);
    if (section !== undefined) sections[section].push(entity);
  }
  for (const entities of Object.values(sections)) {
    entities.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }
  return {
    format: EXPORT_FORMAT,
    zone,
    exportedAt: now.toISOString(),
    revision: state.revision,
    ...sections,
    setAside: state.setAside.flatMap(({ key }) => {
      const value = stored.get(key);
      return value === undefined ? [] : [{ key, value }];
    }),
  };
}

/** One entity a line, so that two exports can be compared with `diff`. */
export function formatExport(file: ExportFile): string {
  const lines = Object.entries(file).map(([name, value]) => {
    if (!Array.isArray(value)) return `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
    const items = value.map((item) => `    ${JSON.stringify(item)}`);
    return `  ${JSON.stringify(name)}: [${items.length === 0 ? "" : `\n${items.join(",\n")}\n  `}]`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}
