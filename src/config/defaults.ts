import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { overlay, valueAt } from "./merge.ts";
import { Fault } from "./problems.ts";
import { parseListenHost } from "./syntax.ts";

/** Read beside the program, from `src/` and from `dist/` alike. */
const DEFAULTS_FILE = new URL("../../config/defaults.yaml", import.meta.url);

type Section = Record<string, unknown>;

let defaults: Section | undefined;

/** The defaults as their file has them: what depends on another key is null. */
export function configDefaults(): Section {
  defaults ??= parse(readFileSync(DEFAULTS_FILE, "utf8")) as Section;
  return defaults;
}

/** Fills in the addresses that follow from the public listener's, where there are none. */
export function fillDerived(merged: Section): void {
  const given = valueAt(merged, ["http", "port"]);
  // A wrong port is reported at its own key.
  const number = Number(given);
  const port = Number.isInteger(given) && 0 <= number && number <= 65535 ? number : 0;
  if (merged["publicUrl"] === null) merged["publicUrl"] = `http://localhost:${port}`;
  if (valueAt(merged, ["buckets", "publicUrl"]) === null) {
    overlay(merged, { buckets: { publicUrl: valueAt(merged, ["buckets", "url"]) } });
  }
  if (valueAt(merged, ["databases", "publicAddress"]) === null) {
    overlay(merged, { databases: { publicAddress: valueAt(merged, ["databases", "address"]) } });
  }
  if (valueAt(merged, ["namespaces", "publicUrl"]) === null) {
    overlay(merged, { namespaces: { publicUrl: valueAt(merged, ["namespaces", "url"]) } });
  }
  if (valueAt(merged, ["traefik", "consoleUrl"]) === null) {
    const host = reachableHost(valueAt(merged, ["http", "host"]));
    overlay(merged, { traefik: { consoleUrl: `http://${host}:${port}` } });
  }
}

/** Where something that listens on `host` is reached from the same machine, as in a URL. */
function reachableHost(host: unknown): string {
  // A wrong host is reported at its own key, too.
  if (typeof host !== "string" || parseListenHost(host) instanceof Fault) return "127.0.0.1";
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
