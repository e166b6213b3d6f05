import type { ControlClient } from "./control-client.ts";
import { answerOf } from "./output.ts";

/**
 * Everything in a list of the API, page by page.
 * @param query filters; those that are undefined are left out
 * @throws CommandError when the API refuses
 */
export async function allOf<Item>(
  control: ControlClient,
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Item[]> {
  const items: Item[] = [];
  const search = new URLSearchParams({ limit: "200" });
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, value);
  }
  while (true) {
    const page: { items: Item[]; nextCursor: string | null } = await answerOf(
      await control.request("GET", `${path}?${search.toString()}`),
    );
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    search.set("cursor", page.nextCursor);
  }
}
