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

/** What an entry's value was encoded to: entries live as long as what they are made from. */
const encoded = new WeakMap<object, string>();

/** Values are built with their keys in order, so `JSON.stringify` alone is deterministic. */
function encodeEntries(entries: ReadonlyMap<string, object>): string {
  const parts: string[] = [];
  for (const name of [...entries.keys()].toSorted()) {
    const value = entries.get(name) ?? {};
    let text = encoded.get(value);
    if (text === undefined) {
      text = JSON.stringify(value);
      encoded.set(value, text);
    }
    parts.push(`"${name}":${text}`);
  }
  return parts.join(",");
}
