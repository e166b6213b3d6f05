import { createHash, randomBytes } from "node:crypto";
import { Refusal } from "../errors.ts";
import type { Volatile } from "../store/volatile.ts";

/** Someone who is signed in, at one browser. */
export interface Session {
  /** For lists; nothing is let in by it. */
  readonly id: string;
  readonly person: string;
  /** ISO 8601, as the others. */
  readonly createdAt: string;
  /** When it was last used, to the minute. */
  readonly usedAt: string;
  /** Where it was last seen, and with what. */
  readonly address: string;
  readonly agent: string;
  /** Until when the provider's word makes them an admin; nobody's word does without it. */
  readonly adminUntil?: string | undefined;
  /** When the provider said so last; when it began, without. */
  readonly adminSeenAt?: string | undefined;
}

/** What a request shows of where it comes from. */
export interface Seen {
  readonly address: string;
  /** The `User-Agent` header. */
  readonly agent: string;
}

/**
 * What asks for a session: a person who does something; a page of theirs, which follows what happens
 * by itself; or a check that tells nothing of where they are. Only the first is a use.
 */
export type AskedBy = "person" | "page" | "check";

export interface SessionsOptions {
  /** The present store's; undefined while it cannot be opened. */
  readonly volatile: () => Volatile | undefined;
  readonly now: () => Date;
  /** How long a session lives unused, and at most; milliseconds. */
  readonly idleMs: number;
  readonly lifeMs: number;
}

/** What lies in the store for a session. */
interface Kept extends Session {
  readonly hash: string;
}

const SECRET = /^[A-Za-z0-9_-]{43}$/;
/** Each request asks for the session; only now and then is it written that it was used. */
const TOUCH_MS = 60_000;
const AGENT_MAX = 200;
/** A session is written by its own requests only, a few at a time. */
const TRIES = 10;

/**
 * The sessions of the console, in the store's volatile part. Of the secret that the browser keeps
 * only the hash lies there; beside each session an entry leads from its person to it. What makes all
 * of a person's sessions dead for good stands in their record: these entries may be lost, or come
 * back with a store of earlier.
 */
export class Sessions {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** The longest that a browser has to keep a cookie for. */
  get lifeSeconds(): number {
    return Math.floor(this.#options.lifeMs / 1000);
  }

  /**
   * @param adminUntil see `Session`
   * @returns the secret for the browser's cookie: 32 random bytes, base64url
   * @throws Refusal `unavailable`, StoreUnavailable; as all of these
   */
  async begin(
    person: string,
    seen: Seen,
    { adminUntil, after }: { adminUntil?: Date | undefined; after?: string | undefined } = {},
  ): Promise<{ readonly session: Session; readonly secret: string }> {
    const secret = randomBytes(32).toString("base64url");
    const hash = hashOf(secret);
    // A clock that is behind the one that signed them out would have it be born dead.
    const began = Math.max(this.#now(), after === undefined ? 0 : Date.parse(after) + 1);
    const at = new Date(began).toISOString();
    const session: Session = {
      id: `ses-${hash.slice(0, 26)}`,
      person,
      createdAt: at,
      usedAt: at,
      ...shownOf(seen),
      ...(adminUntil === undefined ? {} : { adminUntil: adminUntil.toISOString() }),
    };
    const store = this.#store();
    // The way to it first: a session that no list shows could not be ended.
    await store.set(indexKey(session), hash, this.#options.lifeMs);
    await store.set(sessionKey(hash), textOf({ ...session, hash }), this.#ttlOf(session));
    return { session, secret };
  }

  /**
   * The session of a secret. Writes down that it was used, and where; for a page only where.
   * @returns undefined for one that has ended, or never was
   */
  async find(secret: string, seen: Seen, by: AskedBy = "person"): Promise<Session | undefined> {
    if (!SECRET.test(secret)) return undefined;
    const key = sessionKey(hashOf(secret));
    const store = this.#store();
    const text = await store.get(key);
    const kept = text === undefined ? undefined : this.#alive(text);
    if (text === undefined || kept === undefined) return undefined;
    const shown = shownOf(seen);
    const isSame = kept.address === shown.address && kept.agent === shown.agent;
    const isFresh = by !== "person" || this.#now() - Date.parse(kept.usedAt) < TOUCH_MS;
    if (by === "check" || (isSame && isFresh)) return withoutHash(kept);
    const usedAt = by === "person" ? new Date(this.#now()).toISOString() : kept.usedAt;
    const touched = { ...kept, ...shown, usedAt };
    // Whoever ended it meanwhile, or touched it at the same moment, wins.
    await store.compareAndSet(key, text, textOf(touched), this.#ttlOf(touched));
    return withoutHash(touched);
  }

  /** A person's sessions, the one used last first. */
  async of(person: string): Promise<readonly Session[]> {
    const found: Session[] = [];
    for (const hash of (await this.#hashesOf(person)).values()) {
      const text = await this.#store().get(sessionKey(hash));
      const kept = text === undefined ? undefined : this.#alive(text);
      if (kept !== undefined) found.push(withoutHash(kept));
    }
    return found.sort((a, b) => (a.usedAt === b.usedAt ? 0 : a.usedAt < b.usedAt ? 1 : -1));
  }

  /** @returns whether it was there, and is ended */
  async end(person: string, id: string): Promise<boolean> {
    const key = indexKey({ person, id });
    const hash = await this.#store().get(key);
    return hash !== undefined && (await this.#remove(key, hash));
  }

  /** Ends a person's sessions that are kept here; `signedOut` in their record ends what is not. */
  async endAll(person: string): Promise<number> {
    let ended = 0;
    for (const [key, hash] of await this.#hashesOf(person)) {
      if (await this.#remove(key, hash)) ended++;
    }
    return ended;
  }

  /**
   * Writes down what the provider says of a session's person.
   * @param seenAt when it said so; undefined: they are no admin by it
   * @returns the session as it is then; undefined for one that has ended
   */
  async confirmAdmin(
    { person, id }: Pick<Session, "person" | "id">,
    seenAt: Date | undefined,
  ): Promise<Session | undefined> {
    const store = this.#store();
    const hash = await store.get(indexKey({ person, id }));
    if (hash === undefined) return undefined;
    const key = sessionKey(hash);
    for (let tries = 0; tries < TRIES; tries++) {
      const text = await store.get(key);
      const kept = text === undefined ? undefined : this.#alive(text);
      if (text === undefined || kept === undefined) return undefined;
      const { adminUntil, adminSeenAt: _before, ...member } = kept;
      const next: Kept =
        seenAt === undefined
          ? member
          : { ...member, adminUntil, adminSeenAt: seenAt.toISOString() };
      if (await store.compareAndSet(key, text, textOf(next), this.#ttlOf(next)))
        return withoutHash(next);
    }
    throw busy();
  }

  async #remove(index: string, hash: string): Promise<boolean> {
    const store = this.#store();
    const key = sessionKey(hash);
    for (let tries = 0; tries < TRIES; tries++) {
      const text = await store.get(key);
      if (text !== undefined && !(await store.compareAndSet(key, text, undefined, 1))) continue;
      await store.compareAndSet(index, hash, undefined, 1);
      return text !== undefined && this.#alive(text) !== undefined;
    }
    throw busy();
  }

  #hashesOf(person: string): Promise<ReadonlyMap<string, string>> {
    return this.#store().list(indexKey({ person, id: "" }));
  }

  #alive(text: string): Kept | undefined {
    const kept = JSON.parse(text) as Kept;
    return this.#ttlOf(kept) > 0 ? kept : undefined;
  }

  #ttlOf({ createdAt, usedAt }: Session): number {
    const { idleMs, lifeMs } = this.#options;
    return Math.min(Date.parse(usedAt) + idleMs, Date.parse(createdAt) + lifeMs) - this.#now();
  }

  #now(): number {
    return this.#options.now().getTime();
  }

  #store(): Volatile {
    const store = this.#options.volatile();
    if (store !== undefined) return store;
    throw new Refusal("unavailable", "The store cannot be reached; try again shortly.", {
      retryAfter: 5,
    });
  }
}

function busy(): Refusal {
  return new Refusal("unavailable", "The session is in use all the time; try again shortly.", {
    retryAfter: 1,
  });
}

/** Whether an entry of the volatile part is one of these. */
export function isSessionKey(key: string): boolean {
  return key.startsWith("session:") || key.startsWith("sessions-of:");
}

function sessionKey(hash: string): string {
  return `session:${hash}`;
}

function indexKey({ person, id }: Pick<Session, "person" | "id">): string {
  return `sessions-of:${person}:${id}`;
}

/** SHA-256 in hex. The secret has 256 random bits, so a slow hash would add nothing. */
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function shownOf({ address, agent }: Seen): Seen {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out here
  return { address, agent: agent.replaceAll(/[\u0000-\u001f\u007f]/g, "").slice(0, AGENT_MAX) };
}

function textOf(kept: Kept): string {
  return JSON.stringify(kept);
}

function withoutHash({ hash: _hash, ...session }: Kept): Session {
  return session;
}
