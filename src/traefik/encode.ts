import { checkDocument } from "./gate.ts";
import type { Document } from "./document.ts";

/**
 * The document as the bytes that Traefik gets: strict JSON, ASCII, sections and entries sorted, so
 * that one state gives one text on every replica. Empty sections are left out: Traefik rejects them.
 * @throws GateError for a document that Traefik would not take
 */
export function encodeDocument(document: Document): Buffer {
  checkDocument(document);
  const parts: string[] = [];
  for (const protocol of ["http", "tcp"] as const) {
    const sections = Object.entries(document[protocol])
      .filter(([, entries]) => entries.size > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([section, entries]) => `"${section}":{${encodeEntries(entries)}}`);
    if (sections.length > 0) parts.push(`"${protocol}":{${sections.join(",")}}`);
  }
  return Buffer.from(`{${parts.join(",")}}`, "latin1");
}

/** Entries are built with their keys in order, so `JSON.stringify` alone is deterministic. */
function encodeEntries(entries: ReadonlyMap<string, object>): string {
  return [...entries.keys()]
    .toSorted()
    .map((name) => `"${name}":${JSON.stringify(entries.get(name))}`)
    .join(",");
}
