import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Form } from "./fields.ts";
import { nearest, shown, type ConfigProblem } from "./problems.ts";
import { allLeaves, type Leaf } from "./schema.ts";
import { whyUnreadable } from "./source.ts";

/** A value that an environment variable gives to a key, or to a whole section as JSON. */
export interface Override {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

const PREFIX = "TARDIS_";
/** Variables that are no keys: the file itself, the first token, and what tools and tests use. */
const OTHERS = new Set([
  "TARDIS_CONFIG",
  "TARDIS_BOOTSTRAP_TOKEN",
  "TARDIS_BOOTSTRAP_TOKEN_FILE",
  "TARDIS_CACHE",
  "TARDIS_TRAEFIK",
  "TARDIS_REDIS_SERVER",
]);
const OTHER_PREFIXES = /^TARDIS_(?:TEST|BENCH|CRASH|FUZZ)_/;
/** What Kubernetes puts into a pod for a Service whose name begins with `tardis`. */
const SERVICE_LINK = /_(?:SERVICE_(?:HOST|PORT(?:_.*)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_.*)?)$/;
const SECRET_FILE_MAX_BYTES = 64 * 1024;

/** The name of a key's variable in its usual spelling: `TARDIS_INTERNAL__MAX_HELD_POLLS`. */
export function variableOf(path: readonly string[]): string {
  const levels = path.map((level) => level.replaceAll(/[A-Z]/g, "_$&").toUpperCase());
  return PREFIX + levels.join("__");
}

/** A level of a name without what does not count: case and underscores. */
function plain(level: string): string {
  return level.replaceAll("_", "").toLowerCase();
}

function plainPath(path: readonly string[]): string {
  return path.map(plain).join(".");
}

/**
 * The keys that environment variables set. Variables of other names are left alone.
 * @param cwd what the paths in `…_FILE` variables are relative to
 */
export function readEnvironment(
  env: NodeJS.ProcessEnv,
  cwd: string,
): { overrides: Override[]; problems: ConfigProblem[] } {
  const overrides: Override[] = [];
  const problems: ConfigProblem[] = [];
  const setBy = new Map<string, string>();
  let keys: ReturnType<typeof settableKeys> | undefined;

  for (const variable of Object.keys(env).toSorted()) {
    const value = env[variable];
    if (value === undefined || !variable.startsWith(PREFIX)) continue;
    if (OTHERS.has(variable) || OTHER_PREFIXES.test(variable)) continue;
    keys ??= settableKeys();
    const key = keys.get(plainPath(variable.slice(PREFIX.length).split(/__(?!_)/)));
    const fromFile = key?.leaf?.secret === true && key.file;
    if (key === undefined || (key.file && !variable.endsWith("_FILE"))) {
      problems.push(unknownVariable(variable, value, keys.values()));
      continue;
    }
    const before = setBy.get(plainPath(key.path));
    if (before !== undefined) {
      problems.push({ key: variable, message: `sets ${key.path.join(".")}, as ${before} does` });
      continue;
    }
    setBy.set(plainPath(key.path), variable);
    const parsed = fromFile
      ? readSecret(variable, value, cwd)
      : parseValue(variable, value, key.leaf);
    if ("problem" in parsed) problems.push(parsed.problem);
    else overrides.push({ variable, path: key.path, value: parsed.value });
  }
  // A section first, then its keys: the more exact name wins.
  overrides.sort((a, b) => a.path.length - b.path.length);
  return { overrides, problems };
}

interface SettableKey {
  readonly path: readonly string[];
  /** Absent for a section. */
  readonly leaf?: Leaf;
  /** Whether the variable names a file that holds the value. */
  readonly file: boolean;
}

function settableKeys(): Map<string, SettableKey> {
  const keys = new Map<string, SettableKey>();
  for (const leaf of allLeaves()) {
    for (let depth = 1; depth < leaf.path.length; depth++) {
      const path = leaf.path.slice(0, depth);
      keys.set(plainPath(path), { path, file: false });
    }
    keys.set(plainPath(leaf.path), { path: leaf.path, leaf, file: false });
    if (leaf.secret) keys.set(`${plainPath(leaf.path)}file`, { path: leaf.path, leaf, file: true });
  }
  return keys;
}

function unknownVariable(
  variable: string,
  value: string,
  keys: Iterable<SettableKey>,
): ConfigProblem {
  const known = [...keys].map(({ path, file }) => variableOf(path) + (file ? "_FILE" : ""));
  const near = nearest(variable, [...known, ...OTHERS]);
  const problem = { key: variable, message: "unknown variable" };
  if (SERVICE_LINK.test(variable) || /^(?:tcp|udp):\/\//.test(value)) {
    const hint = "Kubernetes sets it for a Service: put enableServiceLinks: false into the pod";
    return { ...problem, hint };
  }
  const base = variable.replace(/_FILE$/, "");
  if (base !== variable && known.includes(base)) {
    return { ...problem, hint: `only secrets are read from files; use ${base}` };
  }
  return near === undefined ? problem : { ...problem, hint: `did you mean ${near}?` };
}

type Parsed = { readonly value: unknown } | { readonly problem: ConfigProblem };

function readSecret(variable: string, file: string, cwd: string): Parsed {
  const fail = (message: string): Parsed => ({
    problem: { key: variable, message: `${shown(file)} ${message}` },
  });
  if (file === "") return { problem: { key: variable, message: "must name a file" } };
  try {
    const bytes = readFileSync(resolve(cwd, file));
    if (bytes.length > SECRET_FILE_MAX_BYTES) return fail("is too large for a secret");
    return { value: bytes.toString("utf8").trim() };
  } catch (error) {
    return fail(whyUnreadable(error));
  }
}

/** A variable's text as the value it stands for; what does not read as one stays a text. */
function parseValue(variable: string, text: string, leaf: Leaf | undefined): Parsed {
  if (leaf?.nullable === true && (text === "" || text === "null")) return { value: null };
  const form: Form = leaf?.form ?? "json";
  switch (form) {
    case "text":
      return { value: text };
    case "number":
      return { value: /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text };
    case "boolean":
      return {
        value: { true: true, "1": true, false: false, "0": false }[text.toLowerCase()] ?? text,
      };
    case "texts":
      if (/^\s*\[.*[\]\s]$/s.test(text) && !/^\s*\[[0-9a-f.]*:[0-9a-f:.]*\]/i.test(text)) break;
      return {
        value: text
          .split(",")
          .map((item) => item.trim())
          .filter((item) => item !== ""),
      };
    case "json":
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // The text is not repeated: a section may hold a secret.
    return { problem: { key: variable, message: "is not valid JSON" } };
  }
}
