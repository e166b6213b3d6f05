import { createHash } from "node:crypto";
import { type Config, loadConfig } from "../../src/config.ts";
import type {
  Endpoint,
  Entity,
  Group,
  LabelRecord,
  Owner,
  Page,
  PageHost,
  Person,
  Reserved,
} from "../../src/domain/entities.ts";
import type { Namespace } from "../../src/domain/namespaces.ts";
import type { Hostname, Label, PathPrefix } from "../../src/domain/names.ts";
import { rulesFrom } from "../../src/domain/rules.ts";
import { type Change, type State, apply, emptyState } from "../../src/domain/state.ts";
import type { DocumentSettings } from "../../src/traefik/document.ts";

/** The zone of every state made here. */
export const zone = "tardis.ac";

const stamp = { v: 1, revision: 1, createdAt: "2026-01-02T03:04:05.000Z" } as const;

/** What `render` needs, from the defaults and these keys over them. */
export type TestSettings = Config & DocumentSettings;

/** Sections of the configuration, each laid over its default. */
export type Overrides = { readonly [K in keyof Config]?: Partial<Config[K]> };

/** Loopback is granted to everybody: that is where the servers of the tests are. */
export function testSettings(overrides: Overrides = {}): TestSettings {
  const defaults = loadConfig({ env: { TARDIS_ZONE: zone } });
  const loopback = [{ cidr: "127.0.0.0/8", ports: ["1-65535"], to: ["*"] }];
  const base = {
    publicUrl: `https://console.${zone}`,
    targets: { ...defaults.targets, loopback },
    ...overrides,
  };
  const config = Object.fromEntries(
    Object.entries({ ...defaults, ...base }).map(([key, value]) => {
      const before: unknown = defaults[key as keyof Config];
      const isSection = typeof before === "object" && before !== null && !Array.isArray(before);
      return [key, isSection ? { ...before, ...(value as object) } : value];
    }),
  ) as unknown as Config;
  return { ...config, rules: rulesFrom(config) };
}

/** An id of 16 digits for what has no name of its own, the same for the same parts. */
function idOf(prefix: string, ...parts: readonly (string | number)[]): string {
  const digest = createHash("sha256").update(parts.join(" ")).digest("hex");
  return `${prefix}-${digest.slice(0, 16)}`;
}

export function person(name: string, more: Partial<Person> = {}): Person {
  const id = idOf("per", name);
  return {
    ...stamp,
    v: 3,
    kind: "person",
    id,
    name: name as Label,
    role: "member",
    identities: [],
    ...more,
  };
}

export function group(name: string, more: Partial<Group> = {}): Group {
  return {
    ...stamp,
    v: 2,
    kind: "group",
    id: idOf("grp", name),
    name: name as Label,
    managers: [],
    ...more,
  };
}

export function suspended<T extends Owner>(owner: T): T {
  const at = stamp.createdAt;
  return { ...owner, suspended: { at, reason: "Too loud.", cause: "admin" } };
}

/** A label that someone holds. */
export function label(name: string, owner: Owner, more: Partial<LabelRecord> = {}): LabelRecord {
  return { ...stamp, kind: "label", id: name as Label, owner: owner.id, ...more };
}

/** A label that someone gave back. */
export function resting(name: string, owner: Owner): LabelRecord {
  return label(name, owner, { restsUntil: "2999-01-01T00:00:00.000Z" });
}

/** An owner with the label of their name. */
export function holder<T extends Owner>(owner: T): [T, LabelRecord] {
  return [owner, label(owner.name, owner)];
}

/** What an endpoint is made of here: plain text, and what is left out has its default. */
export type EndpointParts = Omit<Partial<Endpoint>, "host" | "path" | "targets"> & {
  readonly host?: string;
  readonly path?: string;
  readonly targets?: readonly string[];
};

/** An endpoint of an owner, at the host of their name when no other is given. */
export function endpoint(owner: Owner, parts: EndpointParts): Endpoint {
  const {
    host = `${owner.name}.${zone}`,
    path = "",
    targets = ["http://127.0.0.1:9"],
    ...more
  } = parts;
  return {
    ...stamp,
    kind: "endpoint",
    id: idOf("ep", host, path),
    owner: owner.id,
    host: host as Hostname,
    path: path as PathPrefix,
    targets: [...targets],
    stripPrefix: false,
    passHostHeader: true,
    acceptSelfSigned: false,
    paused: false,
    ...more,
  };
}

export type PageParts = Omit<Partial<Page>, "host" | "path"> & {
  readonly host: string;
  readonly path?: string;
};

/** A GitLab Pages site. */
export function page(owner: Owner | null, parts: PageParts): Page {
  const { host, path = "", project = 1, ...more } = parts;
  return {
    ...stamp,
    v: 2,
    kind: "page",
    id: idOf("pg", host, path, project),
    project,
    projectPath: `projects/${project}`,
    namespace: null,
    owner: owner?.id ?? null,
    host: host as Hostname,
    path: path as PathPrefix,
    accessControl: false,
    serves: "site",
    deployed: true,
    source: "sync",
    ...more,
  };
}

/** A host of pages that a namespace or a project of GitLab was given first. */
export function pageHost(host: string, holder: PageHost["holder"], more: Partial<PageHost> = {}) {
  return {
    ...stamp,
    kind: "pageHost",
    id: host as Hostname,
    holder,
    name: `${holder.kind}-${holder.id}`,
    owner: null,
    ...more,
  } satisfies PageHost;
}

/** A namespace of an owner's. */
export function namespace(owner: Owner, name = `${owner.name}--shop`): Namespace {
  return { ...stamp, kind: "namespace", id: idOf("ns", name), owner: owner.id, name };
}

export function reserved(name: string): Reserved {
  return { ...stamp, kind: "reserved", id: name as Label, reason: "For a test." };
}

/** Entities, and lists of them where a builder makes several. */
export type Entities = readonly (Entity | readonly Entity[])[];

/** A state of these entities, in the order in which they are given. */
export function stateOf(...entities: Entities): State {
  const changes = entities.flat().map((entity): Change => {
    return { kind: entity.kind, id: entity.id, entity } as Change;
  });
  return apply(emptyState, changes, 1);
}
