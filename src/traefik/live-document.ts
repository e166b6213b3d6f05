import type { Change, State } from "../domain/state.ts";
import { Assembly } from "./assembly.ts";
import type { DocumentSettings } from "./document.ts";
import type { EncodedDocument } from "./encoding/encoded.ts";
import { layoutAdvice, type Layout } from "./layout.ts";
import type { RouteLookup, Unrouted } from "./routes.ts";
import { SHAPE, type Shape } from "./shape.ts";
import { runInTurns, type Steps } from "../turns.ts";
import { lookupIn } from "./table.ts";
import type { UnroutedCounts } from "./unrouted-by-host.ts";

/** A state's document, and what goes with it. */
export interface Built {
  readonly revision: number;
  readonly table: RouteLookup;
  readonly document: EncodedDocument;
  readonly unrouted: UnroutedCounts;
  /** What the operators should know of it, if anything. */
  readonly advice?: string | undefined;
}

/**
 * The document of a state that changes: the bytes that `render` comes to from nothing, at a cost
 * that follows the change. One update at a time.
 */
export class LiveDocument {
  readonly #settings: DocumentSettings;
  readonly #shape: Shape;
  #assembly: Assembly | undefined;
  /** The one of the document given last; what is told of it may be of a moment later. */
  #given: Assembly | undefined;

  constructor(settings: DocumentSettings, shape: Shape = SHAPE) {
    this.#settings = settings;
    this.#shape = shape;
  }

  /**
   * The document of the next state, worked out in turns of some milliseconds.
   * @param changes what lies between the state given last and this one; undefined builds everything
   * @throws GateError when the document as a whole must not be published; the next one is then
   *   built from nothing
   */
  update(state: State, changes: readonly Change[] | undefined): Promise<Built> {
    return runInTurns(this.steps(state, changes));
  }

  /** `update`, step by step. */
  *steps(state: State, changes: readonly Change[] | undefined): Steps<Built> {
    const known = this.#assembly;
    // What is left half done by an error is not gone on with.
    this.#assembly = undefined;
    const followed =
      known !== undefined && changes !== undefined && (yield* known.follow(state, changes));
    const assembly = followed ? known : yield* Assembly.of(state, this.#settings, this.#shape);
    const document = assembly.encode();
    this.#assembly = this.#given = assembly;
    const { rules, userhomes, traefik } = this.#settings;
    return {
      revision: state.revision,
      table: lookupIn(state, { rules, userhomes: userhomes.enabled }),
      document,
      unrouted: assembly.unrouted,
      advice: layoutAdvice(traefik, assembly.hosts, this.#shape),
    };
  }

  /** What is not routed, in no particular order. */
  unrouted(): Unrouted[] {
    return this.#given?.listUnrouted() ?? [];
  }

  /** How the document is laid out, and for how many hosts; undefined before the first. */
  laidOut(): { readonly layout: Layout; readonly hosts: number } | undefined {
    const assembly = this.#given;
    return assembly && { layout: assembly.layout, hosts: assembly.hosts };
  }
}
