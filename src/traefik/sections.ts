import type { Cut } from "./encoding/cut.ts";
import { encodeSections, type EncodedDocument } from "./encoding/encoded.ts";
import { Section } from "./encoding/section.ts";
import type { SectionName } from "./gate.ts";
import type { Steps } from "../turns.ts";

/** An entry's place in the document. */
export interface EntryName {
  readonly protocol?: "http" | "tcp";
  readonly section: SectionName;
  readonly name: string;
}

/** All maps of a document, as text in chunks. */
export class Sections {
  readonly #http: Readonly<Record<SectionName, Section>>;
  readonly #tcp: Readonly<Record<SectionName, Section>>;

  constructor(cut: Cut) {
    const empty = () => ({
      routers: new Section(cut),
      services: new Section(cut),
      middlewares: new Section(cut),
      serversTransports: new Section(cut),
    });
    this.#http = empty();
    this.#tcp = empty();
  }

  at({ protocol = "http", section }: Omit<EntryName, "name">): Section {
    return (protocol === "http" ? this.#http : this.#tcp)[section];
  }

  /** Makes ready what `encode` joins, with breaks: it then takes some milliseconds at most. */
  *prepare(): Steps<void> {
    for (const section of [...Object.values(this.#http), ...Object.values(this.#tcp)]) {
      yield* section.prepare();
    }
  }

  /** @param mergeAbove maps with more entries are written with merge keys */
  encode(mergeAbove: number): EncodedDocument {
    return encodeSections({ http: this.#http, tcp: this.#tcp }, mergeAbove);
  }
}

/** What is to be put into a document and taken out of it; what comes last counts. */
export class Edits {
  readonly #sections: Sections;
  #edits = new Map<Section, Map<string, string | null>>();
  #size = 0;

  constructor(sections: Sections) {
    this.#sections = sections;
  }

  /** How many there are, one for each time that a name was mentioned. */
  get size(): number {
    return this.#size;
  }

  /** Values are built with their keys in order, so `JSON.stringify` alone is deterministic. */
  put(entries: Iterable<EntryName & { readonly value: object }>): void {
    for (const entry of entries) this.#set(entry, JSON.stringify(entry.value));
  }

  remove(names: Iterable<EntryName>): void {
    for (const name of names) this.#set(name, null);
  }

  #set(entry: EntryName, text: string | null): void {
    const section = this.#sections.at(entry);
    let edits = this.#edits.get(section);
    if (edits === undefined) this.#edits.set(section, (edits = new Map()));
    edits.set(entry.name, text);
    this.#size++;
  }

  /** Carries them out. There are none afterwards. */
  *apply(): Steps<void> {
    const edits = this.#edits;
    this.#edits = new Map();
    this.#size = 0;
    for (const [section, own] of edits) yield* section.edit(own);
  }
}
