import type { State } from "../domain/state.ts";
import { buildDocument, type Document, type DocumentSettings } from "./document.ts";
import type { EncodedDocument } from "./encoding/encoded.ts";
import { checkDocument, type SectionName } from "./gate.ts";
import type { RoutingTable, Unrouted } from "./routes.ts";
import { Edits, Sections } from "./sections.ts";
import { keptOut } from "./set-aside.ts";
import { SHAPE, type Shape } from "./shape.ts";
import { runToEnd } from "../turns.ts";
import { routingTable } from "./table.ts";

/** A state as Traefik is to see it. */
export interface Rendered {
  readonly revision: number;
  readonly table: RoutingTable;
  readonly document: EncodedDocument;
  /** What Traefik gets. */
  readonly body: Buffer;
  /** Everything of the state that is not in the document, with the reason. */
  readonly unrouted: readonly Unrouted[];
}

/**
 * State to bytes, from nothing and at once: routing table, document, gate, encoding.
 * `LiveDocument` comes to the same bytes change by change.
 * @throws GateError when the document as a whole must not be published
 */
export function render(state: State, settings: DocumentSettings, shape: Shape = SHAPE): Rendered {
  const table = routingTable(state, {
    rules: settings.rules,
    userhomes: settings.userhomes.enabled,
  });
  const document = buildDocument(table, settings, shape);
  checkDocument(document);
  const encoded = encodeDocument(document, shape);
  return {
    revision: state.revision,
    table,
    document: encoded,
    body: Buffer.concat(encoded.traefik.parts),
    unrouted: [...table.unrouted, ...document.quarantined.map(keptOut)],
  };
}

function encodeDocument(document: Document, shape: Shape): EncodedDocument {
  const sections = new Sections(shape.entries);
  const edits = new Edits(sections);
  for (const protocol of ["http", "tcp"] as const) {
    for (const [section, entries] of Object.entries(document[protocol])) {
      for (const [name, value] of entries) {
        edits.put([{ protocol, section: section as SectionName, name, value }]);
      }
    }
  }
  runToEnd(edits.apply());
  return sections.encode(shape.mergeAbove);
}
