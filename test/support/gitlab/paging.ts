import { type ApiRequest, type ApiResponse, Refusal, json } from "./exchange.ts";

const most = 100;
const usual = 20;
const countedUpTo = 10_000;

/** One page of something, still to be turned into JSON. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers a page. */
export function pageOf<Item>(page: Page<Item>, represent: (item: Item) => unknown): ApiResponse {
  return json(200, page.items.map(represent), page.headers);
}

/**
 * A page by number, with `X-Total` and its like and all links. Source: REST API, "Offset-based
 * pagination" and "Pagination response headers" (no totals beyond 10,000 records).
 */
export function offsetPage<Item>(request: ApiRequest, all: readonly Item[]): Page<Item> {
  const url = new URL(request.url);
  const perPage = perPageOf(url);
  const page = Math.max(1, Number(url.searchParams.get("page")) || 1);
  const pages = Math.max(1, Math.ceil(all.length / perPage));
  const counted = all.length <= countedUpTo;
  const links: string[] = [];
  const link = (rel: string, to: number) => links.push(linkTo(url, { page: String(to) }, rel));
  if (page > 1) link("prev", page - 1);
  if (page < pages) link("next", page + 1);
  link("first", 1);
  if (counted) link("last", pages);
  return {
    items: all.slice((page - 1) * perPage, page * perPage),
    headers: {
      link: links.join(", "),
      "x-page": String(page),
      "x-per-page": String(perPage),
      "x-prev-page": page > 1 ? String(page - 1) : "",
      "x-next-page": page < pages ? String(page + 1) : "",
      ...(counted && { "x-total": String(all.length), "x-total-pages": String(pages) }),
    },
  };
}

/**
 * A page by id: `id_after`, or `id_before` when going down. Every page that has a record links to a
 * next one; the end is an empty page without a link. Source: REST API, "Keyset-based pagination".
 * @param all by rising id
 */
export function keysetPage<Item extends { id: number }>(
  request: ApiRequest,
  all: Iterable<Item>,
): Page<Item> {
  const url = new URL(request.url);
  const query = url.searchParams;
  if ((query.get("order_by") ?? "created_at") !== "id")
    throw new Refusal(405, {
      error: "Keyset pagination is not yet available for this type of request",
    });
  const down = (query.get("sort") ?? "desc") === "desc";
  const perPage = perPageOf(url);
  const after = numberOf(query, "id_after") ?? -Infinity;
  const before = numberOf(query, "id_before") ?? Infinity;
  const ordered = down ? [...all].toReversed() : all;
  const items: Item[] = [];
  for (const item of ordered) {
    if (item.id <= after || item.id >= before) continue;
    items.push(item);
    if (items.length === perPage) break;
  }
  const last = items.at(-1);
  const next = last && linkTo(url, { [down ? "id_before" : "id_after"]: String(last.id) }, "next");
  return { items, headers: { "x-per-page": String(perPage), ...(next && { link: next }) } };
}

function perPageOf(url: URL): number {
  const asked = Number(url.searchParams.get("per_page")) || usual;
  return Math.min(most, Math.max(1, asked));
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  throw new Refusal(400, { error: `${name} is invalid` });
}

function linkTo(url: URL, change: Record<string, string>, rel: string): string {
  const query = new URLSearchParams(url.searchParams);
  for (const [name, value] of Object.entries(change)) query.set(name, value);
  query.sort();
  return `<${url.origin}${url.pathname}?${query.toString()}>; rel="${rel}"`;
}
