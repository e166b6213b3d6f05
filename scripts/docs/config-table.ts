import { type ReferenceRow, configReference } from "../../src/config.ts";

const BEGIN = "<!-- config:begin, written by npm run docs:config -->";
const END = "<!-- config:end -->";
/** A longer default is in its file only. */
const LONGEST_DEFAULT = 80;

/**
 * A document with its configuration table as the program has it.
 * @throws Error when the markers are missing
 */
export function withConfigTable(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the markers ${BEGIN} and ${END} are missing`);
  const rows = configReference().map(row);
  const table = ["| key | type | default | |", "|---|---|---|---|", ...rows].join("\n");
  return `${document.slice(0, begin)}${BEGIN}\n${table}\n${document.slice(end)}`;
}

function row({ path, type, default: given, secret, description }: ReferenceRow): string {
  const shown = given.length > LONGEST_DEFAULT ? "see `config/defaults.yaml`" : `\`${given}\``;
  const text = secret ? `${description} Secret.` : description;
  return `| ${[`\`${path}\``, type, shown, text].map(cell).join(" | ")} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", String.raw`\|`).replaceAll("\n", " ");
}
