/** A field that is asked for, with its arguments and the fields below. */
export interface AskedField {
  readonly name: string;
  /** The name of it in the answer. */
  readonly alias: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly fields: readonly AskedField[];
}

/** Says why a query is not understood. */
export class QueryError extends Error {}

/**
 * Reads one GraphQL query: fields, aliases, arguments and variables; no fragments, directives,
 * lists or objects. Source: the GraphQL specification, "Language".
 * @param variables what `$name` stands for; one that is left out is null
 * @throws QueryError
 */
export function parseQuery(
  text: string,
  variables: Readonly<Record<string, unknown>>,
): readonly AskedField[] {
  const withoutComments = text.replaceAll(/#.*$/gm, "");
  const tokens = withoutComments.match(/"(?:[^"\\]|\\.)*"|[\w$]+|-?\d+|\.\.\.|[^\s,\w]/g) ?? [];
  let at = 0;
  const next = () => {
    const token = tokens[at++];
    if (token === undefined) throw new QueryError("Unexpected end of document");
    return token;
  };
  const expect = (wanted: string) => {
    const token = next();
    if (token !== wanted) throw new QueryError(`Expected "${wanted}", actual: "${token}"`);
  };

  const value = (): unknown => {
    const token = next();
    if (token.startsWith('"')) return JSON.parse(token) as string;
    if (/^-?\d+$/.test(token)) return Number(token);
    if (token === "true" || token === "false") return token === "true";
    if (token === "null") return null;
    if (token.startsWith("$")) return variables[token.slice(1)] ?? null;
    if (/^\w+$/.test(token)) return token;
    throw new QueryError(`Unexpected "${token}"`);
  };
  const args = (): Record<string, unknown> => {
    const all: Record<string, unknown> = {};
    if (tokens[at] !== "(") return all;
    at++;
    while (tokens[at] !== ")") {
      const name = next();
      expect(":");
      all[name] = value();
    }
    at++;
    return all;
  };
  const field = (): AskedField => {
    const first = next();
    if (!/^\w+$/.test(first)) throw new QueryError(`Unexpected "${first}"`);
    const aliased = tokens[at] === ":";
    if (aliased) at++;
    const name = aliased ? next() : first;
    return { name, alias: first, args: args(), fields: tokens[at] === "{" ? selection() : [] };
  };
  const selection = (): AskedField[] => {
    expect("{");
    const all: AskedField[] = [];
    while (tokens[at] !== "}") all.push(field());
    at++;
    return all;
  };

  if (tokens[at] === "query") {
    while (tokens[at] !== undefined && tokens[at] !== "{") at++;
  }
  const asked = selection();
  if (at < tokens.length) throw new QueryError(`Unexpected "${tokens[at]}"`);
  return asked;
}
