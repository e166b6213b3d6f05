import type { Statements } from "./connections.ts";
import { consoleNeeds } from "./console-grants.ts";
import type { GivenRights, OwnAccount, ServerVersion } from "./server.ts";
import { WRITE_RIGHTS } from "./sql.ts";

/** What the server takes the console for, and lets it do. */
export async function ownAccount(on: Statements): Promise<OwnAccount> {
  const [who] = await on.rows("SELECT CURRENT_USER() AS account");
  const rows = await on.rows("SHOW GRANTS");
  return {
    takenFor: String(who?.["account"]),
    rights: rows.flatMap((row) => rightsIn(String(Object.values(row)[0])) ?? []),
  };
}

const ON = /^GRANT (?<rights>.+?) ON (?<on>(?:`(?:[^`]|``)+`|\*)\.(?:`(?:[^`]|``)+`|\*)) TO /;
const ROLE = /^GRANT (?<roles>`[^`]+`.*) TO /;

/**
 * One line of `SHOW GRANTS`; what else is in it, as a digest of the password, is left out.
 * @returns undefined when it gives nothing
 */
export function rightsIn(line: string): GivenRights | undefined {
  const found = ON.exec(line)?.groups;
  const mayGive = / WITH (?:.* )?GRANT OPTION\b/.test(line);
  if (found?.["on"] !== undefined) {
    const rights = (found["rights"] ?? "").split(/, (?![^(]*\))/).filter((one) => one !== "USAGE");
    return { on: found["on"].replaceAll("`", ""), rights, mayGive };
  }
  const roles = ROLE.exec(line)?.groups?.["roles"];
  if (roles === undefined) return undefined;
  return {
    on: "",
    rights: roles.split(", ").map((role) => `the role ${role.replaceAll("`", "")}`),
    mayGive,
  };
}

const ALL = "ALL PRIVILEGES";

/**
 * Rights beside those that the console needs.
 * @param known databases that the console may have been given by name; undefined: not known
 * @returns what is missing; what is more than needed; whether it may do everything
 */
export function compareRights(
  { product, partialRevokes }: Pick<ServerVersion, "product" | "partialRevokes">,
  prefix: string,
  given: readonly GivenRights[],
  known: ReadonlySet<string> | undefined,
): { missing: string[]; more: string[]; isRoot: boolean } {
  const needs = consoleNeeds(product, prefix);
  const has = (on: string, right: string) =>
    given.some((one) => one.on === on && (one.rights.includes(ALL) || one.rights.includes(right)));
  const missing = needs.global.filter((right) => !has("*.*", right));
  for (const table of needs.tables) {
    const within = ["*.*", "mysql.*", `mysql.${table}`];
    if (!within.some((on) => has(on, "SELECT"))) missing.push(`SELECT ON mysql.${table}`);
  }
  const pattern = `${needs.databases}.*`;
  // Where names are taken as they are, there is no database of the pattern's name.
  const places = partialRevokes ? ["*.*"] : ["*.*", pattern];
  const mayGive = given.some(({ on, mayGive: may }) => may && places.includes(on));
  const mayAll = WRITE_RIGHTS.every((right) => places.some((on) => has(on, right)));
  if (!mayAll) missing.push(`${ALL} ON ${pattern}`);
  else if (!mayGive) missing.push(`GRANT OPTION ON ${pattern}`);

  const isRoot = has("*.*", "SUPER") || has("*.*", "DROP");
  const more: string[] = [];
  for (const { on, rights } of given) {
    if (on === pattern) continue;
    for (const right of rights) {
      const isNeeded =
        on === "*.*"
          ? needs.global.includes(right)
          : right === "SELECT" && needs.tables.some((table) => on === `mysql.${table}`);
      if (isNeeded || isTakenOver(on, known)) continue;
      more.push(on === "" ? right : `${right} ON ${on}`);
    }
  }
  return { missing, more, isRoot };
}

/** Whether it is one database by its name that the console has taken over, or that it cannot tell. */
function isTakenOver(on: string, known: ReadonlySet<string> | undefined): boolean {
  const name = /^(?<name>(?:[A-Za-z0-9-]|\\_)+)\.\*$/.exec(on)?.groups?.["name"];
  if (name === undefined || name === "mysql") return false;
  return known === undefined || known.has(name.replaceAll("\\_", "_"));
}
