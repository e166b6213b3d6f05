import type { Row } from "./rows.ts";
import type { Params } from "./world.ts";

/** One request for a page, or of a form. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Undefined for a page. */
  readonly form: Readonly<Record<string, string>> | undefined;
}

/** What a row asks, of a thing: its names stand in the path as `:id`, in the form as `{id}`. */
export function askedFor(route: string, { form = {} }: Pick<Row, "form">, params: Params): Asked {
  const [method = "", pattern = ""] = route.split(" ");
  const sent = Object.entries(form).map(([name, text]) => [name, filled(text, params, "{", "}")]);
  return {
    method,
    path: filled(pattern, params, ":"),
    form: method === "POST" ? (Object.fromEntries(sent) as Record<string, string>) : undefined,
  };
}

function filled(text: string, params: Params, open: string, close = ""): string {
  return Object.entries(params).reduce(
    (all, [name, value]) => all.replaceAll(`${open}${name}${close}`, value),
    text,
  );
}
