import type { z } from "zod";
import { crossProblems } from "./checks.ts";
import { copySections, originOf, setAt, valueAt } from "./merge.ts";
import { nearest, shown, type ConfigProblem } from "./problems.ts";
import { allLeaves, schema, type Settings } from "./schema.ts";
import { pathKey, pathText, type Origins, type Path } from "./source.ts";

type Issue = z.core.$ZodIssue;
type Section = Record<string, unknown>;

/** Compiling the schema, as zod does by itself, costs more than one parse. */
const ONCE = { jitless: true };

/**
 * Checks merged settings, each key by itself and then what they say together. Keys that are wrong
 * do not keep the others from being checked.
 * @param defaults settings known to be right, standing in for wrong ones
 */
export function validate(
  merged: Section,
  origins: Origins,
  defaults: Section,
): { settings: Settings } | { problems: ConfigProblem[] } {
  const first = schema.safeParse(merged, ONCE);
  const problems: ConfigProblem[] = [];
  const wrong = new Set<string>();
  let checked = first;
  if (!first.success) {
    const repaired = copySections(merged);
    for (const issue of first.error.issues) {
      problems.push(...describeIssue(issue, merged, origins));
      for (const path of repair(repaired, issue, defaults)) wrong.add(pathKey(path));
    }
    checked = schema.safeParse(repaired, ONCE);
  }
  if (checked.success) {
    for (const { paths, message, hint } of crossProblems(checked.data)) {
      // What was compared with a stand-in says nothing.
      if (paths.some((path) => isBelow(path, wrong))) continue;
      const shownPath = paths.find((path) => origins.has(pathKey(path))) ?? paths[0] ?? [];
      problems.push(problemAt(shownPath, origins, message, hint));
    }
  }
  return problems.length === 0 && first.success ? { settings: first.data } : { problems };
}

function isBelow(path: Path, prefixes: ReadonlySet<string>): boolean {
  return path.some((_, depth) => prefixes.has(pathKey(path.slice(0, depth + 1))));
}

/** Puts defaults where an issue is, takes unknown keys away. Gives the paths it changed. */
function repair(settings: Section, issue: Issue, defaults: Section): Path[] {
  const leaf = allLeaves().find(({ path }) => path.every((level, i) => level === issue.path[i]));
  if (leaf !== undefined) {
    setAt(settings, leaf.path, valueAt(defaults, leaf.path));
    return [leaf.path];
  }
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) setAt(settings, [...path, key], undefined);
    return [];
  }
  setAt(settings, path, valueAt(defaults, path));
  return [path];
}

/** A problem at a path, or rather at the variable that set it. */
export function problemAt(
  path: Path,
  origins: Origins,
  message: string,
  hint: string | undefined,
): ConfigProblem {
  const origin = originOf(origins, path);
  const rest = hint === undefined ? { message } : { message, hint };
  if (origin === undefined) return { key: pathText(path), ...rest };
  if ("variable" in origin) {
    // A list or a section in a variable: say which part of it.
    const isWhole = pathKey(origin.path) === pathKey(path);
    const key = isWhole ? origin.variable : `${origin.variable} (${pathText(path)})`;
    return { key, ...rest };
  }
  return { key: pathText(path), ...origin, ...rest };
}

function describeIssue(issue: Issue, merged: Section, origins: Origins): ConfigProblem[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      problemAt([...path, key], origins, "unknown key", hintForUnknown(path, key)),
    );
  }
  const { message, hint } = inWords(issue, path, valueAt(merged, path));
  return [problemAt(path, origins, message, hint)];
}

function inWords(
  issue: Issue,
  path: Path,
  value: unknown,
): { message: string; hint?: string | undefined } {
  if (issue.code === "custom") {
    return { message: issue.message, hint: issue.params?.["hint"] as string | undefined };
  }
  if (value === undefined) return { message: "is missing" };
  const leaf = allLeaves().find((candidate) => pathKey(candidate.path) === pathKey(path));
  if (value === null) {
    const isList = leaf?.form === "texts" || leaf?.form === "json";
    const hint = isList ? "for an empty list write []" : "give a value or leave the key out";
    return { message: "has no value", hint };
  }
  if (issue.code === "too_small" && Array.isArray(value)) return { message: "must not be empty" };
  const must = leaf?.must ?? expectation(issue);
  if (leaf?.secret === true) return { message: `must be ${must}` };
  const isQuoted = leaf?.form === "number" && typeof value === "string" && /^\d+$/.test(value);
  return {
    message: `must be ${must}, not ${shown(value)}`,
    hint: isQuoted ? "leave out the quotes" : undefined,
  };
}

function expectation(issue: Issue): string {
  const words: Record<string, string> = {
    object: "a section with keys",
    array: "a list",
    string: "a text",
  };
  return (issue.code === "invalid_type" ? words[issue.expected] : undefined) ?? "something else";
}

/** The known keys at a place of the configuration; those of list entries are read off the schema. */
function keysAt(path: Path): readonly string[] {
  let section: unknown = schema;
  for (const level of path) {
    section =
      typeof level === "number"
        ? (section as { element?: unknown }).element
        : (section as { shape?: Section }).shape?.[level];
  }
  return Object.keys((section as { shape?: Section } | undefined)?.shape ?? {});
}

function hintForUnknown(path: Path, key: string): string | undefined {
  const leaves = allLeaves().map((leaf) => leaf.path);
  const dotted = leaves.find(
    (leaf) => leaf.length > 1 && pathText([...path, key]) === leaf.join("."),
  );
  if (dotted !== undefined) {
    const above = dotted.slice(0, -1).join(".");
    return `write "${dotted.at(-1)}" as a key of "${above}", indented below it`;
  }
  const near = nearest(key, keysAt(path));
  if (near !== undefined) return `did you mean "${near}"?`;
  const elsewhere = leaves.filter((leaf) => leaf.at(-1) === key);
  return elsewhere.length === 1 ? `did you mean "${elsewhere[0]?.join(".")}"?` : undefined;
}
