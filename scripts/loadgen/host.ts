import type { Json, Key } from "../../src/store/store.ts";
import { NameGiver } from "./names.ts";
import { randomFrom, type Random } from "./random.ts";
import { projects, services } from "./words.ts";
import type { Kind } from "../../src/domain/entities.ts";
import { RECORD_VERSIONS } from "../../src/domain/records.ts";

/** What a believable host is made of. */
export interface HostOptions {
  readonly members: number;
  /** About so many endpoints in all; undefined: as many as such members have. */
  readonly endpoints?: number | undefined;
  /** The same seed gives the same host. */
  readonly seed: number;
  readonly zone: string;
  /** The first two numbers of the IPv4 addresses that endpoints target: `127.0`, `10.30`. */
  readonly network: string;
  /** Names that nobody may have. */
  readonly reserved: Iterable<string>;
  readonly now: Date;
}

const DAY_MS = 86_400_000;
const GROUPS_A_MEMBER = 0.05;

/**
 * A host as it is after some years: most members have nothing or little, a few have a lot; groups
 * whose managers change, GitLab Pages sites, some who are suspended, and names given back.
 * @returns the records of a store
 */
export function believableHost(options: HostOptions): Map<Key, Json> {
  return new HostMaker(options).make();
}

class HostMaker {
  readonly #options: HostOptions;
  readonly #random: Random;
  readonly #names: NameGiver;
  readonly #records = new Map<Key, Json>();
  readonly #persons: { readonly id: string; readonly name: string }[] = [];
  readonly #places = new Set<string>();
  #made = 0;
  #endpoints = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#random = randomFrom(options.seed);
    this.#names = new NameGiver(this.#random, options.reserved);
  }

  make(): Map<Key, Json> {
    const { members, endpoints } = this.#options;
    for (let made = 0; made < members; made++) this.#person();
    for (let made = 0; made < members * GROUPS_A_MEMBER; made++) this.#group();
    for (let made = 0; made < members * 0.01; made++) this.#givenBack();
    if (this.#persons.length > 0) {
      while (endpoints !== undefined && this.#endpoints < endpoints) {
        const { id, name } = this.#random.pick(this.#persons);
        this.#endpoint(id, name);
      }
    }
    return this.#records;
  }

  /** Ids sort by time, as those that are drawn. */
  #id(prefix: string): string {
    return `${prefix}-${(++this.#made).toString(32).padStart(10, "0")}${this.#random.hex(12)}`;
  }

  #date(daysAgoMax: number): string {
    const { now } = this.#options;
    return new Date(now.getTime() - this.#random.below(daysAgoMax * DAY_MS)).toISOString();
  }

  #ahead(days: number): string {
    return new Date(this.#options.now.getTime() + days * DAY_MS).toISOString();
  }

  #put(kind: Kind, id: string, rest: { readonly [key: string]: Json }): void {
    const record = {
      v: RECORD_VERSIONS[kind],
      kind,
      id,
      revision: 1,
      createdAt: this.#date(1_500),
      ...rest,
    };
    this.#records.set(`${kind}/${id}`, record);
  }

  #person(): void {
    const { chance, below } = this.#random;
    const id = this.#id("per");
    const name = this.#names.person();
    this.#persons.push({ id, name });
    const suspended = { at: this.#date(100), reason: "asked to leave", cause: "admin" };
    this.#put("person", id, {
      name,
      role: chance(0.002) ? "admin" : "member",
      identities: [{ issuer: "https://gitlab.example", subject: String(10_000 + this.#made) }],
      ...(chance(0.6) ? { displayName: name.charAt(0).toUpperCase() + name.slice(1) } : {}),
      ...(chance(0.7) ? { membership: { endsAt: this.#ahead(30 + below(700)) } } : {}),
      ...(chance(0.005) ? { suspended } : {}),
    });
    this.#put("label", name, { owner: id });
    this.#has(id, name);
    if (chance(0.1)) this.#token(id);
  }

  #group(): void {
    const { below, pick } = this.#random;
    const id = this.#id("grp");
    const name = this.#names.group();
    const managers = Array.from({ length: 1 + below(4) }, () => pick(this.#persons).id);
    this.#put("group", id, { name, managers: [...new Set(managers)] });
    this.#put("label", name, { owner: id });
    this.#has(id, name);
  }

  /** What an owner has put under a name. */
  #has(owner: string, name: string): void {
    const wanted = this.#options.endpoints === 0 ? 0 : this.#howMany();
    for (let made = 0; made < wanted; made++) this.#endpoint(owner, name);
    const { below, chance } = this.#random;
    if (!chance(0.3)) return;
    for (let made = 0; made <= below(3); made++) this.#page(owner, name);
  }

  /** Most have nothing or one; one in some hundreds runs everything there is. */
  #howMany(): number {
    const { below } = this.#random;
    const luck = below(1_000);
    if (luck < 350) return 0;
    if (luck < 700) return 1;
    if (luck < 850) return 2;
    if (luck < 930) return 3;
    if (luck < 980) return 4 + below(7);
    if (luck < 998) return 10 + below(40);
    return 100 + below(300);
  }

  #endpoint(owner: string, name: string): void {
    const { below, chance, pick } = this.#random;
    const { network, zone } = this.#options;
    const host = `${name}.${zone}`;
    let path = chance(0.3) ? "" : `/${pick(services)}`;
    while (this.#places.has(host + path)) path = `/${pick(services)}-${below(1_000)}`;
    this.#places.add(host + path);
    this.#endpoints++;
    const server = () =>
      `http://${network}.${below(256)}.${1 + below(254)}:${1_024 + below(60_000)}`;
    const targets = Array.from({ length: chance(0.03) ? 2 + below(3) : 1 }, server);
    const healthCheck = { path: "/healthz", intervalSeconds: 30, timeoutSeconds: 5 };
    this.#put("endpoint", this.#id("ep"), {
      owner,
      host,
      path,
      targets: [...new Set(targets)],
      stripPrefix: path !== "" && chance(0.4),
      passHostHeader: !chance(0.1),
      acceptSelfSigned: chance(0.02),
      paused: chance(0.03),
      ...(chance(0.05) ? { healthCheck } : {}),
    });
  }

  #page(owner: string, name: string): void {
    const { below, chance, pick } = this.#random;
    const host = `${name}.${this.#options.zone}`;
    const project = chance(0.4) ? `${name}.pages` : pick(projects);
    let path = chance(0.4) ? "" : `/${project}`;
    while (this.#places.has(host + path)) path = `/${pick(projects)}-${below(1_000)}`;
    this.#places.add(host + path);
    const id = this.#id("pg");
    this.#put("page", id, {
      owner,
      host,
      path,
      project: this.#made,
      projectPath: `${name}/${path === "" ? `${name}.pages` : path.slice(1)}`,
      accessControl: chance(0.05),
      namespace: null,
      serves: "site",
      deployed: true,
      source: "import",
    });
  }

  #token(owner: string): void {
    const { below, hex, pick } = this.#random;
    this.#put("token", this.#id("tok"), {
      name: pick(["ci", "laptop", "deploy", "backup"]),
      owner,
      scopes: pick([["read"], ["read", "endpoints"]]),
      hash: hex(64),
      expiresAt: this.#ahead(1 + below(300)),
      bootstrap: false,
    });
  }

  /** Somebody left; their name rests. */
  #givenBack(): void {
    const restsUntil = this.#ahead(1 + this.#random.below(180));
    this.#put("label", this.#names.person(), { owner: this.#id("per"), restsUntil });
  }
}
