import { z } from "zod";
import type { Entity, Kind } from "../domain/entities.ts";
import { keyOf, readRecord, RECORD_VERSIONS } from "../domain/records.ts";
import type { Rules } from "../domain/rules.ts";
import {
  apply,
  emptyState,
  entitiesOf,
  type Change,
  type SetAside,
  type State,
} from "../domain/state.ts";
import { isKey, type Json, type Key } from "../store/store.ts";
import { problemsOf } from "./check.ts";
import { EXPORT_FORMAT, SECTIONS, type Section } from "./export.ts";
import { messageOf } from "../errors.ts";

/** What an import would make of a file. With problems, nothing of it is taken. */
export interface ImportPlan {
  readonly problems: readonly string[];
  /** The records of the whole new state. */
  readonly records: ReadonlyMap<Key, Json>;
  readonly state: State;
  readonly counts: Readonly<Record<Section, number>>;
}

export interface ImportContext {
  readonly rules: Rules;
  readonly now: Date;
  readonly newId: (prefix: string) => string;
  /** With `merge`, what the file holds is put over this state; else it takes its place. */
  readonly merge: boolean;
  readonly present: State;
  /** The present state's records that could not be read, as they are stored; `merge` keeps them. */
  readonly setAside?: ReadonlyMap<Key, Json> | undefined;
}

type Raw = { [key: string]: Json };

// What comes out of JSON.parse is JSON; each record is held to its own schema later.
const json = z.custom<Json>(() => true);
const rawList = z.array(z.record(z.string(), json)).optional();
const fileSchema = z.strictObject({
  format: z.literal(EXPORT_FORMAT, `must be "${EXPORT_FORMAT}"`),
  zone: z.string().optional(),
  exportedAt: z.string().optional(),
  revision: z.number().optional(),
  persons: rawList,
  groups: rawList,
  labels: rawList,
  endpoints: rawList,
  pages: rawList,
  pageHosts: rawList,
  domains: rawList,
  reserved: rawList,
  tokens: rawList,
  requests: rawList,
  buckets: rawList,
  bucketKeys: rawList,
  databases: rawList,
  databaseAccounts: rawList,
  namespaces: rawList,
  kubeconfigs: rawList,
  setAside: z.array(z.strictObject({ key: z.string(), value: json })).optional(),
});

const ID_PREFIX: Partial<Record<Kind, string>> = {
  person: "per",
  group: "grp",
  endpoint: "ep",
  page: "pg",
  token: "tok",
  request: "req",
  bucket: "bkt",
  bucketKey: "bkey",
  database: "db",
  databaseAccount: "dbacc",
  namespace: "ns",
  kubeconfig: "kcfg",
};

/** What an entry may leave out when it is written by hand. */
const DEFAULTS: Partial<Record<Kind, Raw>> = {
  person: { role: "member", identities: [] },
  group: { managers: [] },
  endpoint: {
    path: "",
    stripPrefix: false,
    passHostHeader: true,
    acceptSelfSigned: false,
    paused: false,
  },
  page: {
    path: "",
    accessControl: false,
    owner: null,
    namespace: null,
    serves: "site",
    deployed: true,
    source: "import",
  },
  pageHost: { owner: null },
  domain: {
    owner: null,
    verified: false,
    verificationCode: null,
    enabledUntil: null,
    autoSsl: false,
    certificateUntil: null,
  },
  token: { bootstrap: false },
  request: { asker: null, state: "open" },
};

/**
 * Reads an export file and checks all of it: every record, every reference, every name against
 * the reserved ones. Owners may be given by name, and ids, dates and versions left out.
 * @returns the plan; its problems name section and position, `endpoints[3].host: …`
 */
export function planImport(text: string, context: ImportContext): ImportPlan {
  const problems: string[] = [];
  const empty = { problems, records: new Map<Key, Json>(), state: emptyState, counts: countOf({}) };
  const file = readFile(text, problems);
  if (file === undefined) return empty;
  if (file.zone !== undefined && file.zone !== context.rules.zone) {
    problems.push(`zone: the file is of ${file.zone}, this console serves ${context.rules.zone}`);
    return empty;
  }
  const importer = new Importer(context, problems);
  for (const section of Object.keys(SECTIONS) as Section[])
    importer.read(section, file[section] ?? []);
  importer.readSetAside(file.setAside ?? []);
  const { state, setAside } = importer.finish();
  const records = new Map<Key, Json>(setAside);
  for (const entity of entitiesOf(state)) records.set(keyOf(entity), entity as unknown as Json);
  return { problems, records, state, counts: countOf(file) };
}

function readFile(text: string, problems: string[]) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    problems.push(`not JSON: ${messageOf(error)}`);
    return undefined;
  }
  const read = fileSchema.safeParse(value);
  if (read.success) return read.data;
  for (const issue of read.error.issues)
    problems.push(`${issue.path.join(".") || "file"}: ${issue.message}`);
  return undefined;
}

function countOf(file: { readonly [section in Section]?: readonly unknown[] | undefined }): Record<
  Section,
  number
> {
  const sections = Object.keys(SECTIONS) as Section[];
  return Object.fromEntries(
    sections.map((section) => [section, file[section]?.length ?? 0]),
  ) as Record<Section, number>;
}

class Importer {
  readonly #context: ImportContext;
  readonly #problems: string[];
  readonly #changes: Change[] = [];
  readonly #places = new Map<string, string>();
  /** Owners' ids by name, and their names by id. */
  readonly #owners = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #setAside = new Map<Key, Json>();
  /** Labels that are there because an owner has their name. */
  readonly #derived = new Set<string>();

  constructor(context: ImportContext, problems: string[]) {
    this.#context = context;
    this.#problems = problems;
    if (!context.merge) return;
    for (const [name, id] of context.present.ownersByName) this.#know(name, id);
    for (const [key, value] of context.setAside ?? []) this.#setAside.set(key, value);
  }

  read(section: Section, entries: readonly Raw[]): void {
    const kind = SECTIONS[section];
    entries.forEach((raw, position) => {
      const place = `${section}[${position}]`;
      const record = this.#filled(kind, raw);
      const read = readRecord(
        `${kind}/${typeof record["id"] === "string" ? record["id"] : ""}`,
        record,
      );
      if (read.kind === "set-aside") {
        this.#problems.push(`${place}: ${read.entry.reason}`);
        return;
      }
      if (read.newer) {
        this.#problems.push(`${place}: a newer release wrote it`);
        return;
      }
      const { entity } = read.change;
      if (entity === null) return;
      const key = keyOf(entity);
      if (this.#places.has(key))
        this.#problems.push(`${place}: the same as ${this.#places.get(key)}`);
      this.#places.set(key, place);
      this.#changes.push(read.change);
      if (entity.kind === "person" || entity.kind === "group") this.#know(entity.name, entity.id);
    });
  }

  /** Takes records up that another release could not read, and this one perhaps can. */
  readSetAside(entries: readonly { readonly key: Key; readonly value: Json }[]): void {
    entries.forEach(({ key, value }, position) => {
      const place = `setAside[${position}]`;
      const read = readRecord(key, value);
      if (!isKey(key) || value === null) this.#problems.push(`${place}: not a record with its key`);
      else if (read.newer) this.#problems.push(`${place}: a newer release wrote it`);
      else if (this.#places.has(key))
        this.#problems.push(`${place}: the same as ${this.#places.get(key)}`);
      else if (read.kind === "entity") this.#changes.push(read.change);
      else this.#setAside.set(key, value);
      if (!this.#places.has(key)) this.#places.set(key, place);
    });
  }

  #know(name: string, id: string): void {
    this.#owners.set(name, id);
    this.#names.set(id, name);
  }

  /** The id of the owner that an entry means. An id comes first: someone may be named like one. */
  #ownerId(idOrName: string): string {
    if (this.#names.has(idOrName)) return idOrName;
    return this.#owners.get(idOrName.toLowerCase()) ?? idOrName;
  }

  /** A record with everything that the file left out, and owners' names turned into ids. */
  #filled(kind: Kind, raw: Raw): Raw {
    const context = this.#context;
    const record: Raw = {
      v: RECORD_VERSIONS[kind],
      kind,
      revision: context.present.revision + 1,
      createdAt: context.now.toISOString(),
      ...DEFAULTS[kind],
      ...raw,
    };
    const prefix = ID_PREFIX[kind];
    record["id"] ??= prefix === undefined ? (raw["label"] ?? "") : context.newId(prefix);
    if (prefix === undefined) delete record["label"];
    for (const field of ["owner", "asker"] as const) {
      const named = record[field];
      if (typeof named === "string") record[field] = this.#ownerId(named);
    }
    if (Array.isArray(record["managers"])) {
      record["managers"] = record["managers"].map((entry) =>
        typeof entry === "string" ? this.#ownerId(entry) : entry,
      );
    }
    const { owner } = record;
    if (kind === "endpoint" && record["host"] === undefined && typeof owner === "string") {
      const name = this.#names.get(owner);
      if (name !== undefined) record["host"] = `${name}.${context.rules.zone}`;
    }
    return record;
  }

  finish(): { readonly state: State; readonly setAside: ReadonlyMap<Key, Json> } {
    const base = this.#context.merge ? this.#context.present : emptyState;
    const revision = this.#context.present.revision + 1;
    for (const { kind, id } of this.#changes) this.#setAside.delete(`${kind}/${id}`);
    const setAside: SetAside[] = [];
    for (const [key, value] of this.#setAside) {
      const read = readRecord(key, value);
      if (read.kind === "set-aside") setAside.push(read.entry);
    }
    const withoutLabels = apply({ ...base, setAside }, this.#changes, revision);
    const state = apply(withoutLabels, this.#missingLabels(withoutLabels), revision);
    const { rules, present } = this.#context;
    for (const entity of entitiesOf(state)) {
      for (const { field, message } of problemsOf(entity, { state, present, rules })) {
        // A label that only follows from a name is wrong in that name.
        const at = entity.kind === "label" && this.#derived.has(entity.id) ? "name" : field;
        this.#problems.push(`${this.#placeOf(entity)}.${at}: ${message}`);
      }
    }
    return { state, setAside: this.#setAside };
  }

  /** Each owner holds the label of their name. */
  #missingLabels(state: State): Change[] {
    const changes: Change[] = [];
    for (const owner of state.owners.values()) {
      // A record that cannot be read is not written over.
      if (state.labels.has(owner.name) || this.#setAside.has(`label/${owner.name}`)) continue;
      const { createdAt, revision } = owner;
      this.#places.set(`label/${owner.name}`, this.#placeOf(owner));
      this.#derived.add(owner.name);
      changes.push({
        kind: "label",
        id: owner.name,
        entity: { v: 1, kind: "label", id: owner.name, revision, createdAt, owner: owner.id },
      });
    }
    return changes;
  }

  #placeOf(entity: Entity): string {
    return this.#places.get(keyOf(entity)) ?? keyOf(entity);
  }
}
