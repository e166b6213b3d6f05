import { expect } from "vitest";
import type { ApiAnswer, ApiClient, MustClient } from "./console.ts";

interface Known {
  readonly path: string;
  readonly revision: number;
}

/** What was asked and not answered. */
type Open =
  | { readonly kind: "create"; readonly path: string }
  | { readonly kind: "move"; readonly id: string; readonly path: string }
  | { readonly kind: "delete"; readonly id: string }
  | { readonly kind: "person"; readonly name: string };

const TARGET = "http://127.0.0.1:9";

/**
 * One who changes endpoints without pause, and keeps its own books of what was acknowledged. After
 * a crash it holds the console to them: what was answered is there, and the one change without an
 * answer is there wholly or not at all.
 */
export class CrashClient {
  readonly revisions: number[] = [];
  readonly #name: string;
  readonly #endpoints = new Map<string, Known>();
  readonly #persons = new Set<string>();
  #open: Open | undefined;
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get acknowledged(): number {
    return this.revisions.length;
  }

  endpointIds(): string[] {
    return [...this.#endpoints.keys()];
  }

  async begin(must: MustClient): Promise<void> {
    await must("POST", "/persons", { username: this.#name });
  }

  /** Writes until the connection breaks. @throws Error for a refusal: all that it asks is right */
  async write(api: ApiClient): Promise<void> {
    for (;;) {
      this.#open = this.#next();
      let answer: ApiAnswer;
      try {
        answer = await this.#send(api, this.#open);
      } catch {
        return;
      }
      if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
      this.#acknowledge(this.#open, answer.body);
      this.#open = undefined;
    }
  }

  #next(): Open {
    const n = ++this.#count;
    const [oldest] = this.#endpoints.keys();
    if (n % 5 === 0) return { kind: "person", name: `${this.#name}-${n}` };
    if (oldest === undefined || this.#endpoints.size < 4) return { kind: "create", path: `/p${n}` };
    if (n % 3 === 0) return { kind: "delete", id: oldest };
    return { kind: "move", id: oldest, path: `/p${n}` };
  }

  #send(api: ApiClient, open: Open): Promise<ApiAnswer> {
    switch (open.kind) {
      case "person":
        return api("POST", "/persons", { username: open.name });
      case "create":
        return api("POST", "/endpoints", { owner: this.#name, path: open.path, target: TARGET });
      case "move":
        return api("PATCH", `/endpoints/${open.id}`, { path: open.path });
      case "delete":
        return api("DELETE", `/endpoints/${open.id}`);
    }
  }

  #acknowledge(open: Open, body: ApiAnswer["body"]): void {
    if (open.kind === "delete") {
      this.#endpoints.delete(open.id);
      return;
    }
    if (open.kind === "person") this.#persons.add(open.name);
    else this.#endpoints.set(body.id, { path: open.path, revision: body.revision });
    this.revisions.push(body.revision);
  }

  /** Compares the books to what the console says, and takes over what became of the open change. */
  async check(api: ApiClient): Promise<void> {
    const { body } = await api("GET", `/endpoints?limit=200&owner=${this.#name}`);
    const found = new Map<string, Known>();
    for (const { id, path, revision } of body.items) found.set(id, { path, revision });
    const open = this.#open;
    this.#open = undefined;
    if (open?.kind === "person") await this.#checkPerson(api, open.name);
    else if (open !== undefined) this.#settle(open, found);
    expect(found).toEqual(this.#endpoints);
    const known = [...this.#persons].slice(-5);
    for (const name of known) expect(await this.#exists(api, name), name).toBe(true);
  }

  /** Enters the open change into the books if it is there; if not, all must be as before. */
  #settle(open: Exclude<Open, { kind: "person" }>, found: ReadonlyMap<string, Known>): void {
    if (open.kind === "delete") {
      if (!found.has(open.id)) this.#endpoints.delete(open.id);
      return;
    }
    for (const [id, known] of found) {
      if (known.path !== open.path) continue;
      if (open.kind === "move") expect(id).toBe(open.id);
      this.#endpoints.set(id, known);
      this.revisions.push(known.revision);
    }
  }

  /** A person comes with the label of their name: both or neither. */
  async #checkPerson(api: ApiClient, name: string): Promise<void> {
    if (await this.#exists(api, name)) this.#persons.add(name);
  }

  async #exists(api: ApiClient, name: string): Promise<boolean> {
    const person = await api("GET", `/persons/${name}`);
    const label = await api("GET", `/labels/${name}`);
    expect([person.status, label.status]).toEqual(person.status === 200 ? [200, 200] : [404, 404]);
    return person.status === 200;
  }
}
