import type { Hostname } from "../domain/names.ts";
import type { Change, State } from "../domain/state.ts";
import type { DocumentSettings } from "./document.ts";
import type { EncodedDocument } from "./encoding/encoded.ts";
import { sortInSteps } from "./encoding/sort.ts";
import type { Steps } from "../turns.ts";
import { checkReferences, type Entry } from "./gate.ts";
import {
  groupEntries,
  groupNames,
  hostNames,
  hostParts,
  layOut,
  type HostParts,
} from "./host-entries.ts";
import { groupsDiff, HostGroups } from "./host-groups.ts";
import { layoutFor, type Layout } from "./layout.ts";
import type { Unrouted } from "./routes.ts";
import { Edits, Sections } from "./sections.ts";
import { keptOut } from "./set-aside.ts";
import type { Shape } from "./shape.ts";
import { sharedEntries } from "./shared-entries.ts";
import { TableBuilder } from "./table.ts";
import { HostsBelow, touchedHosts } from "./touched-hosts.ts";
import { UnroutedByHost } from "./unrouted-by-host.ts";

/** Hosts, and entries, that are put in at once while all is built. */
const HOSTS_AT_ONCE = 1_024;
const ENTRIES_AT_ONCE = 32_768;
/** Hosts that are looked at between two breaks. */
const STRIDE = 64;

/** Hosts with their parts, and how to come by those of others. */
interface Hosts {
  of(host: Hostname): HostParts;
}

/**
 * The parts of a state's document, which can follow the state change by change. A step that throws
 * leaves it unusable.
 */
export class Assembly {
  readonly #settings: DocumentSettings;
  readonly #shape: Shape;
  readonly #groups: HostGroups;
  readonly #below: HostsBelow;
  readonly #unrouted = new UnroutedByHost();
  /** What the configuration alone puts in, as `section/name`. */
  readonly #shared = new Set<string>();
  #sections: Sections;
  #state: State;
  #layout: Layout = "flat";

  private constructor(state: State, settings: DocumentSettings, shape: Shape) {
    this.#state = state;
    this.#settings = settings;
    this.#shape = shape;
    this.#groups = new HostGroups(shape.hosts);
    this.#below = new HostsBelow(settings.rules.zone);
    this.#sections = new Sections(shape.entries);
  }

  /**
   * Builds a state's from nothing.
   * @throws GateError for a fault that is not one route's alone
   */
  static *of(state: State, settings: DocumentSettings, shape: Shape): Steps<Assembly> {
    const assembly = new Assembly(state, settings, shape);
    yield* assembly.#fill();
    return assembly;
  }

  /** How many hosts are published. */
  get hosts(): number {
    return this.#groups.size;
  }

  get layout(): Layout {
    return this.#layout;
  }

  /** How much is not routed. */
  get unrouted(): ReturnType<UnroutedByHost["counts"]> {
    return this.#unrouted.counts(this.#state.setAside);
  }

  /** What is not routed, in no particular order. */
  listUnrouted(): Unrouted[] {
    return this.#unrouted.all(this.#state.setAside);
  }

  /** The bytes as of now. */
  encode(): EncodedDocument {
    return this.#sections.encode(this.#shape.mergeAbove);
  }

  /**
   * Follows the state. Only the hosts that the changes touch are looked at, and only the chunks
   * that those stand in.
   * @returns whether it could: in another layout everything is another
   * @throws GateError for a fault that is not one route's alone
   */
  *follow(state: State, changes: readonly Change[]): Steps<boolean> {
    const { rules } = this.#settings;
    const before = this.#state;
    const touched = touchedHosts(before, changes, rules, this.#below);
    this.#below.follow(state, changes, before);
    for (const host of touchedHosts(state, changes, rules, this.#below)) touched.add(host);
    this.#state = state;

    const edits = new Edits(this.#sections);
    const old = new TableBuilder(before, this.#tableSettings, []);
    const hosts = this.#hostsOf(state);
    const fresh: HostParts[] = [];
    const published = new Map<Hostname, boolean>();
    for (const host of touched) {
      edits.remove(hostNames({ host, routes: old.host(host) }));
      const parts = hosts.of(host);
      fresh.push(parts);
      published.set(host, parts.parts.length > 0);
      yield;
    }
    const groups = this.#groups.groups;
    yield* this.#groups.edit(published);
    if (this.#layoutNow !== this.#layout) return false;

    const { changed, removed, moved } = groupsDiff(groups, this.#groups.groups);
    for (const group of [...removed, ...changed]) edits.remove(groupNames(group));
    yield* this.#layGroups(changed, edits);
    for (const parts of fresh) {
      this.#lay(parts, edits);
      yield;
    }
    // In the flat layout no router knows its group.
    for (const host of this.#layout === "tree" ? moved : []) {
      if (!touched.has(host)) this.#lay(hosts.of(host), edits);
      yield;
    }
    yield* edits.apply();
    yield* this.#sections.prepare();
    return true;
  }

  *#fill(): Steps<void> {
    const hosts = this.#hostsOf(this.#state);
    yield* this.#gather();
    // Which hosts are published shows when their routes are built: first it is taken to be all.
    do {
      this.#layout = this.#layoutNow;
      this.#sections = new Sections(this.#shape.entries);
      yield* this.#fillSections(hosts);
    } while (this.#layoutNow !== this.#layout);
    yield* this.#sections.prepare();
  }

  /** Takes up every host that may be claimed. */
  *#gather(): Steps<void> {
    const claimed = new Set<Hostname>();
    let looked = 0;
    for (const host of new TableBuilder(this.#state, this.#tableSettings, []).candidates()) {
      claimed.add(host);
      this.#below.add(host);
      if (++looked % STRIDE === 0) yield;
    }
    // In their order each batch only opens the last group.
    const sorted = yield* sortInSteps([...claimed]);
    for (let start = 0; start < sorted.length; start += HOSTS_AT_ONCE) {
      const batch = sorted.slice(start, start + HOSTS_AT_ONCE);
      yield* this.#groups.edit(new Map(batch.map((host) => [host, true])));
    }
  }

  *#fillSections(hosts: Hosts): Steps<void> {
    const edits = new Edits(this.#sections);
    const shared = sharedEntries(this.#settings);
    for (const { section, name } of shared) this.#shared.add(`${section}/${name}`);
    edits.put(shared);
    const { groups } = this.#groups;
    const unpublished = new Map<Hostname, boolean>();
    for (const group of groups) {
      for (const host of group.hosts) {
        const parts = hosts.of(host);
        if (parts.parts.length === 0) unpublished.set(host, false);
        else this.#lay(parts, edits);
        yield;
      }
      if (edits.size >= ENTRIES_AT_ONCE) yield* edits.apply();
    }
    yield* this.#groups.edit(unpublished);
    for (const host of groupsDiff(groups, this.#groups.groups).moved) {
      this.#lay(hosts.of(host), edits);
      yield;
    }
    yield* this.#layGroups(this.#groups.groups, edits);
    yield* edits.apply();
  }

  get #tableSettings() {
    const { rules, userhomes } = this.#settings;
    return { rules, userhomes: userhomes.enabled };
  }

  get #layoutNow(): Layout {
    return layoutFor(this.#settings.traefik, this.#groups.size, this.#shape);
  }

  /** The hosts of a state; what is not routed at those asked for is noted. */
  #hostsOf(state: State): Hosts {
    const unrouted: Unrouted[] = [];
    const builder = new TableBuilder(state, this.#tableSettings, unrouted);
    return {
      of: (host) => {
        const parts = hostParts({ host, routes: builder.host(host) }, this.#settings);
        this.#unrouted.set(host, [...unrouted.splice(0), ...parts.quarantined.map(keptOut)]);
        return parts;
      },
    };
  }

  *#layGroups(groups: HostGroups["groups"], edits: Edits): Steps<void> {
    for (const group of groups) {
      this.#put(groupEntries(group, this.#settings, this.#layout), undefined, edits);
      yield;
    }
  }

  #lay(parts: HostParts, edits: Edits): void {
    const group = this.#groups.idOf(parts.host) ?? "";
    this.#put(layOut(parts, this.#settings, this.#layout, group), group, edits);
  }

  /** Puts entries that name each other, what is shared, or the root of their group. */
  #put(entries: readonly Entry[], group: string | undefined, edits: Edits): void {
    const own = new Set(entries.map(({ section, name }) => `${section}/${name}`));
    if (group !== undefined) {
      for (const { section, name } of groupNames({ id: group })) own.add(`${section}/${name}`);
    }
    const exists = (section: string, name: string) =>
      own.has(`${section}/${name}`) || this.#shared.has(`${section}/${name}`);
    for (const entry of entries) checkReferences(entry, exists);
    edits.put(entries);
  }
}
