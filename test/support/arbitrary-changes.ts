import fc from "fast-check";
import type { Entity } from "../../src/domain/entities.ts";
import type { Change } from "../../src/domain/state.ts";
import { type World, worlds } from "./arbitrary-states.ts";

/** A state's entities, what is done to them step by step, and a configuration. */
export interface History extends World {
  readonly steps: readonly (readonly Change[])[];
}

/**
 * Histories: entities of several worlds meet, so that names change hands, owners are suspended and
 * resumed, labels rest and come back, places are taken by others.
 * @param targets of the endpoints; as many as a state has at most
 */
export function histories(targets: readonly string[], length = 8): fc.Arbitrary<History> {
  return fc
    .tuple(worlds(targets), worlds(targets), worlds(targets))
    .chain(([first, second, third]) => {
      const pool = [first, second, third].flatMap(({ entities }) => entities);
      const change = fc
        .tuple(fc.constantFrom(...pool), fc.integer({ min: 0, max: 3 }))
        .map(asChange);
      return fc
        .array(fc.array(change, { minLength: 1, maxLength: 5 }), { maxLength: length })
        .map((steps) => ({ ...first, steps }));
    });
}

function asChange([entity, luck]: [Entity, number]): Change {
  const { kind, id } = entity;
  return { kind, id, entity: luck === 0 ? null : entity } as Change;
}
