import { Resolver } from "node:dns/promises";
import { canonicalAddress } from "../../domain/addresses.ts";
import { Gate } from "../client/gate.ts";

/** What DNS says of a name. */
export type NameAnswer =
  | { readonly kind: "alias"; readonly to: string }
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  /** No address; `exists`: there is something else at the name, or below it. */
  | { readonly kind: "none"; readonly exists: boolean }
  | Failed;

/** `silent`: no answer in time; else the servers said that they cannot tell. */
interface Failed {
  readonly kind: "failed";
  readonly silent: boolean;
}
type Answer = NameAnswer | { readonly kind: "zone"; readonly isApex: boolean };

/** An answer with the moment that it was given at, in milliseconds. */
export type Dated<T> = T & { readonly at: number };

export interface LookupSettings {
  /** `address:port` of each DNS server; none: the machine's. */
  readonly resolvers: readonly string[];
  readonly timeoutMs: number;
  readonly now: () => Date;
}

const AT_ONCE = 8;
const KEPT_MS = 5 * 60_000;
const KEPT_MAX = 1000;
/** What a CNAME may lead to and be shown: service names with an underscore are no hosts, but names. */
const NAME = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/;

/** Until when answers are waited for; one for everything that one question needs. */
export class Deadline {
  readonly passed: Promise<void>;
  isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number) {
    this.passed = new Promise((resolve) => {
      this.#timer = setTimeout(() => {
        this.isOver = true;
        resolve();
      }, milliseconds);
    });
  }

  /** Nobody waits any more. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Asks DNS about names: at most eight questions at once, each answer kept for five minutes. What was
 * not answered is not kept, and asked anew.
 */
export class Lookups {
  readonly #resolver: Resolver;
  readonly #now: () => Date;
  /** The one used longest ago stands first. */
  readonly #kept = new Map<string, Dated<Answer>>();
  readonly #asked = new Map<string, Promise<Dated<Answer>>>();
  readonly #gate = new Gate(AT_ONCE);

  constructor({ resolvers, timeoutMs, now }: LookupSettings) {
    // The second try comes while the first can still be answered.
    this.#resolver = new Resolver({ timeout: Math.max(1, Math.ceil(timeoutMs / 2)), tries: 2 });
    if (resolvers.length > 0) this.#resolver.setServers(resolvers);
    this.#now = now;
  }

  /**
   * The alias or the addresses of a name. Never throws.
   * @param deadline once it has passed, what still waits for its turn is not asked
   */
  async ask(name: string, deadline: Deadline): Promise<Dated<NameAnswer>> {
    const answer = await this.#ask(name, deadline, () => this.#answer(name, deadline));
    return answer as Dated<NameAnswer>;
  }

  /** Whether the name is a DNS zone's own. Not known counts as no. Never throws. */
  async isApex(name: string, deadline: Deadline): Promise<boolean> {
    const answer = await this.#ask(`${name} SOA`, deadline, async () => {
      const found = await this.#values(deadline, async () => [
        await this.#resolver.resolveSoa(name),
      ]);
      return Array.isArray(found) ? { kind: "zone", isApex: found.length > 0 } : found;
    });
    return answer.kind === "zone" && answer.isApex;
  }

  /** What is kept of a question, or is being asked, or the answer to it now. */
  async #ask(
    question: string,
    deadline: Deadline,
    find: () => Promise<Answer>,
  ): Promise<Dated<Answer>> {
    const now = this.#now().getTime();
    const kept = this.#kept.get(question);
    if (kept !== undefined && now - kept.at < KEPT_MS) {
      this.#keep(question, kept);
      return kept;
    }
    let asked = this.#asked.get(question);
    if (asked === undefined) {
      asked = this.#askNow(question, find);
      this.#asked.set(question, asked);
    }
    return Promise.race([
      asked,
      deadline.passed.then(() => ({ kind: "failed" as const, silent: true, at: now })),
    ]);
  }

  async #askNow(question: string, find: () => Promise<Answer>): Promise<Dated<Answer>> {
    const answer = await find();
    this.#asked.delete(question);
    const dated = { ...answer, at: this.#now().getTime() };
    if (answer.kind !== "failed") this.#keep(question, dated);
    return dated;
  }

  #keep(question: string, answer: Dated<Answer>): void {
    this.#kept.delete(question);
    this.#kept.set(question, answer);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }

  async #answer(name: string, deadline: Deadline): Promise<NameAnswer> {
    const resolver = this.#resolver;
    const aliases = await this.#values(deadline, () => resolver.resolveCname(name));
    if (!Array.isArray(aliases)) return aliases;
    const [alias] = aliases;
    if (alias !== undefined) {
      const to = alias.toLowerCase().replace(/\.$/, "");
      // Text of somebody's choice: what is no name is neither asked for nor shown.
      return NAME.test(to) ? { kind: "alias", to } : { kind: "none", exists: true };
    }
    const answers = await Promise.all([
      this.#values(deadline, () => resolver.resolve4(name)),
      this.#values(deadline, () => resolver.resolve6(name)),
    ]);
    const addresses: string[] = [];
    for (const answer of answers) {
      if (Array.isArray(answer)) addresses.push(...answer);
      // Half an answer says nothing of the other half.
      else if (answer.kind === "failed") return answer;
    }
    if (addresses.length === 0) return { kind: "none", exists: true };
    return {
      kind: "addresses",
      addresses: addresses.flatMap((text) => canonicalAddress(text)?.address ?? []),
    };
  }

  /** The values of one record type; none when the name has no such records. */
  async #values<T>(
    deadline: Deadline,
    ask: () => Promise<T[]>,
  ): Promise<T[] | Extract<NameAnswer, { kind: "none" | "failed" }>> {
    try {
      return await this.#gate.run(async () => {
        if (deadline.isOver) throw new Error("its turn came too late");
        return ask();
      });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENODATA") return [];
      if (code === "ENOTFOUND") return { kind: "none", exists: false };
      const silent = code === undefined || code === "ETIMEOUT" || code === "ECONNREFUSED";
      return { kind: "failed", silent };
    }
  }
}
