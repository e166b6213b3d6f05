import type { Row } from "./row.ts";
import type { Params } from "./world.ts";

/** One request for a page, or of a form. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Undefined for a page. */
  readonly form: Readonly<Record<string, string>> | undefined;
}

/** What a row asks, of a thing: its names stand in the path as `:id`, elsewhere as `{id}`. */
export function askedFor(
  route: string,
  { query = {}, form = {} }: Pick<Row, "query" | "form">,
  params: Params,
): Asked {
  const [method = "", pattern = ""] = route.split(" ");
  const behind = new URLSearchParams(sent(query, params)).toString();
  return {
    method,
    path: filled(pattern, params, ":") + (behind === "" ? "" : `?${behind}`),
    form: method === "POST" ? sent(form, params) : undefined,
  };
}

function sent(fields: Readonly<Record<string, string>>, params: Params): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [name, filled(text, params, "{", "}")]),
  );
}

function filled(text: string, params: Params, open: string, close = ""): string {
  return Object.entries(params).reduce(
    (all, [name, value]) => all.replaceAll(`${open}${name}${close}`, value),
    text,
  );
}
