import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type YAMLError,
} from "yaml";
import { shown, type ConfigProblem } from "./problems.ts";

/** Where a value came from: a place in the file, or an environment variable. */
export type Origin =
  | { readonly file: string; readonly line: number; readonly column: number }
  | { readonly variable: string; readonly path: readonly string[] };

/** Origins by path. A path is spelt by `pathKey`. */
export type Origins = Map<string, Origin>;

export type Path = readonly (string | number)[];

/** A path as a key of `Origins`. Ends in a separator, so that a prefix is a whole level. */
export function pathKey(path: Path): string {
  return path.map((level) => `${level}\0`).join("");
}

/** A path as people read it: `targets.networks[0].cidr`. */
export function pathText(path: Path): string {
  return path
    .map((level) => (typeof level === "number" ? `[${level}]` : `.${level}`))
    .join("")
    .replace(/^\./, "");
}

/** What a file holds. `value` is only to be used when there are no problems. */
export interface Source {
  readonly value: Record<string, unknown>;
  readonly origins: Origins;
  readonly problems: readonly ConfigProblem[];
}

const FILE_MAX_BYTES = 512 * 1024;
/** The YAML library recurses once a level; beyond its stack the process would be gone. */
const DEPTH_MAX = 200;
const ALIASES_MAX = 100;
const ERRORS_MAX = 20;

/**
 * Reads a configuration file.
 * @param file as it is to be named in problems; relative to `cwd`
 * @param namedBy the variable that named the file, for the hint when it cannot be read
 */
export function readSource(file: string, cwd: string, namedBy?: string): Source {
  const failed = (message: string): Source => {
    const hint = namedBy === undefined ? {} : { hint: `${namedBy} names it` };
    return {
      value: {},
      origins: new Map(),
      problems: [{ key: "", file, message, ...hint }],
    };
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(cwd, file));
  } catch (error) {
    return failed(whyUnreadable(error));
  }
  if (bytes.length > FILE_MAX_BYTES) return failed("is larger than 512 kB");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return failed("is not UTF-8 text");
  }
  return parseSource(text, file);
}

/** A failed read in words, without the path. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Record<string, string> = {
    ENOENT: "no such file",
    EACCES: "may not be read",
    EISDIR: "is a folder, not a file",
    ENOTDIR: "no such file",
  };
  return known[code] ?? `cannot be read${code === "" ? "" : ` (${code})`}`;
}

/**
 * Parses YAML 1.2 and remembers where each value stands.
 * @param file its name, for problems
 */
export function parseSource(text: string, file: string): Source {
  const lines = new LineCounter();
  const problems: ConfigProblem[] = [];
  const origins: Origins = new Map();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const result = (value: Record<string, unknown> = {}): Source => ({ value, origins, problems });

  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    problems.push({ key: "", file, line: deep, message: "is nested too deeply" });
    return result();
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    stringKeys: true,
  });
  for (const error of [...document.errors, ...document.warnings].slice(0, ERRORS_MAX)) {
    problems.push({ key: "", ...at(error.pos[0]), message: inWords(error) });
  }
  for (const alias of danglingAliases(document).slice(0, ERRORS_MAX)) {
    const message = `${shown(`*${alias.source}`)} is an alias of nothing`;
    const hint = "if it is a text, put it in quotes";
    problems.push({ key: "", ...at(offsetOf(alias)), message, hint });
  }
  if (problems.length > 0 || document.contents === null) return result();
  if (!isMap(document.contents)) {
    if (isScalar(document.contents) && document.contents.value === null) return result();
    problems.push({ key: "", ...at(offsetOf(document.contents)), message: "must hold keys" });
    return result();
  }
  walk(document.contents, [], (path, offset) => {
    const known = origins.get(pathKey(path));
    if (known === undefined) origins.set(pathKey(path), at(offset));
    else if ("line" in known) {
      const message = `is given twice, first in line ${known.line}`;
      problems.push({ key: pathText(path), ...at(offset), message });
    }
  });
  return result(toValue(document, problems, file));
}

function toValue(
  document: Document.Parsed,
  problems: ConfigProblem[],
  file: string,
): Record<string, unknown> {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX }) as Record<string, unknown>;
  } catch (error) {
    // The library counts what aliases stand for, and throws when it is too much.
    if (!(error instanceof ReferenceError)) throw error;
    problems.push({ key: "", file, message: "has too many aliases, or one that holds itself" });
    return {};
  }
}

/** Calls `found` for every key and every list entry, with the offset where it starts. */
function walk(node: Node, path: Path, found: (path: Path, offset: number) => void): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const below = [...path, isScalar(key) ? String(key.value) : ""];
      found(below, offsetOf(key as Node));
      if (value !== null) walk(value as Node, below, found);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const below = [...path, index];
      found(below, offsetOf(item as Node));
      walk(item as Node, below, found);
    }
  }
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Aliases that stand for nothing set before them. To the library `*.example.org` is one, too. */
function danglingAliases(document: Document.Parsed): Alias[] {
  const anchors = new Set<string>();
  const dangling: Alias[] = [];
  visit(document, {
    Alias(_, alias) {
      if (!anchors.has(alias.source)) dangling.push(alias);
    },
    Value(_, { anchor }) {
      if (anchor !== undefined) anchors.add(anchor);
    },
  });
  return dangling;
}

/** The library's own words on one line. */
function inWords(error: YAMLError): string {
  const first = error.message.split("\n")[0] ?? "";
  return `is not valid YAML: ${first.charAt(0).toLowerCase()}${first.slice(1)}`;
}

/**
 * The first line that is nested more deeply than `DEPTH_MAX`, measured from above: columns of
 * indentation, indicators on the line and open brackets.
 */
function tooDeepAt(text: string): number | undefined {
  let line = 1;
  let indent = 0;
  let indicators = 0;
  let brackets = 0;
  let atStart = true;
  for (const token of new Lexer().lex(text)) {
    if (token.includes("\n")) {
      line += token.split("\n").length - 1;
      [indent, indicators, atStart] = [0, 0, true];
      continue;
    }
    if (atStart && /^ +$/.test(token)) indent = token.length;
    atStart = false;
    if (token === "-" || token === "?" || token === ":") indicators++;
    if (token === "[" || token === "{") brackets++;
    if (token === "]" || token === "}") brackets = Math.max(0, brackets - 1);
    if (indent + indicators + brackets > DEPTH_MAX) return line;
  }
  return undefined;
}
