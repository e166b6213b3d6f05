import { expect, it } from "vitest";
import { createPerson } from "../../src/owners/create.ts";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { updateGroup } from "../../src/owners/update.ts";
import type { TestPages } from "./console-pages.ts";

/** What somebody asks of a thing, whose id stands where `ID` does in the path and in the form. */
export type Try = readonly [
  method: "GET" | "POST",
  path: string,
  thing: string,
  form?: Readonly<Record<string, string>>,
];

/** Who has no business with what is alice's and the group's: dora managed it, erik is suspended. */
export const STRANGERS = ["carol", "dora"] as const;

/** @returns the id of an owner, by name */
export async function furnishStrangers({
  must,
  ledger,
}: TestPages): Promise<(name: string) => string> {
  const idOf = (name: string) => ledger.state.ownersByName.get(name) ?? "";
  await must((state, context) => createPerson(state, context, { username: "dora" }));
  for (const managers of [["bob", "dora"], ["bob"]])
    await must((state, context) => updateGroup(state, context, { id: idOf("games"), managers }));
  await must((state, context) => createPerson(state, context, { username: "erik" }));
  await must((state, context) =>
    suspendOwner(state, context, { id: idOf("erik"), reason: "Spam." }),
  );
  return idOf;
}

/** A test for each try: it is answered like one at what is not there, and changes nothing. */
export function itKeepsToItself(
  tries: readonly Try[],
  world: () => { readonly pages: TestPages; readonly ids: ReadonlyMap<string, string> },
): void {
  it.each(tries.map((entry) => [`${entry[0]} ${entry[1]} (${entry[2]})`, entry] as const))(
    "%s",
    async (_title, entry) => {
      const { pages, ids } = world();
      const { revision } = pages.ledger.state;
      const id = ids.get(entry[2]) ?? "";
      const missing = id.replace(/.$/, "~");
      for (const who of STRANGERS) {
        const answer = await ask(pages, who, entry, id);
        expect(answer).toEqual(await ask(pages, who, entry, missing));
        expect(answer.status).toBe(404);
      }
      for (const who of ["erik", undefined])
        expect((await ask(pages, who, entry, id)).location).toBe("/sign-in");
      expect(pages.ledger.state.revision).toBe(revision);
    },
  );
}

/** Expects that pages which strangers may see name nothing of others. */
export async function expectNothingTold(
  pages: TestPages,
  paths: readonly string[],
  texts: readonly string[],
): Promise<void> {
  for (const path of paths)
    for (const who of STRANGERS) {
      const response = await fetch(pages.origin + path, { headers: pages.by(who) });
      const body = await response.text();
      expect(response.status).toBe(200);
      for (const text of texts)
        expect([who, path, text, body.includes(text)]).toEqual([who, path, text, false]);
    }
}

async function ask(
  pages: TestPages,
  who: string | undefined,
  [method, path, , form = {}]: Try,
  id: string,
) {
  const fields = Object.entries(form).map(([name, value]): [string, string] => [
    name,
    value.replace("ID", id),
  ]);
  const response = await fetch(pages.origin + path.replace("ID", id), {
    method,
    redirect: "manual",
    headers: who === undefined ? {} : pages.by(who),
    ...(method === "POST" ? { body: new URLSearchParams(fields) } : {}),
  });
  return {
    status: response.status,
    location: response.headers.get("location"),
    body: (await response.text()).replaceAll(id, "ID"),
  };
}
