import { ok, warning, wrong, type Found } from "../../checks/check.ts";
import type { Config } from "../../config.ts";
import { takesTree } from "../../config/traefik-version.ts";

/** From this patch release of 3.7 on, headers can be kept from being spelt with underscores. */
const ALIAS_HEADERS = [3, 7, 12] as const;

/** What a Traefik of this version makes of the documents that the configuration asks for. */
export function versionFound(
  version: string,
  { version: configured, layout }: Pick<Config["traefik"], "version" | "layout">,
): Found {
  const facts = { version, configured };
  const is = `Traefik ${version}`;
  const [major = 0, minor = 0] = numbersOf(version);
  if (major !== 3) {
    return wrong(`${is} does not take these documents: run Traefik 3, 3.7.12 or newer.`, facts);
  }
  const short = `${major}.${minor}`;
  const getsTree = layout === "tree" || (configured !== null && takesTree(configured));
  if (!takesTree(short) && getsTree) {
    return wrong(
      `${is} rejects a tree of routers whole, which it gets by traefik.version ${configured ?? ""} or traefik.layout: upgrade it, or set traefik.version to "${short}" and traefik.layout to auto.`,
      facts,
    );
  }
  if (configured === null) {
    const gain = takesTree(short)
      ? `set traefik.version to "${short}", so that many hosts are published as a tree`
      : "upgrade it to 3.7.12 or newer";
    return warning(`${is}, and traefik.version does not say so: ${gain}.`, facts);
  }
  const [, asMinor] = numbersOf(configured);
  if (asMinor !== minor) {
    return warning(
      `${is}, and traefik.version is ${configured}: set it to "${short}" once all Traefiks are of it.`,
      facts,
    );
  }
  if (isOlder(version, ALIAS_HEADERS)) {
    return warning(
      `${is}. From 3.7.12 on it can keep headers like X_Forwarded_For from members' services (aliasHeadersStrategy): upgrade it.`,
      facts,
    );
  }
  return ok(`${is}, as traefik.version says.`, facts);
}

function numbersOf(version: string): number[] {
  return version
    .replace(/^v/, "")
    .split(".")
    .map((part) => Number.parseInt(part, 10));
}

function isOlder(version: string, than: readonly number[]): boolean {
  const numbers = numbersOf(version);
  for (const [index, least] of than.entries()) {
    const number = numbers[index] ?? 0;
    if (number !== least) return number < least;
  }
  return false;
}
