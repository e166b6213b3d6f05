import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { suspendOwner } from "../../src/owners/suspend.ts";
import { updateGroup } from "../../src/owners/update.ts";
import { createPerson } from "../../src/owners/create.ts";
import { createEndpoint } from "../../src/endpoints/create.ts";
import { deleteEndpoint } from "../../src/endpoints/delete.ts";
import { createToken } from "../../src/owners/tokens.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { askAround, furnish } from "../support/console-world.ts";

let pages: TestPages;
/** What is there of the group `games`, and of alice: ids by what they are. */
const ids = new Map<string, string>();

beforeAll(async () => {
  pages = await startPages();
  const { wiki } = await furnish(pages);
  const asked = await askAround(pages);
  const { must, as, ledger } = pages;
  await must((state, context) => createPerson(state, context, { username: "dora" }));
  const named = (name: string) => ledger.state.ownersByName.get(name) ?? "";
  const ofGames = await as("bob", (state, context) =>
    createEndpoint(state, context, {
      owner: "games",
      path: "/go",
      targets: ["http://10.0.5.9:80"],
    }),
  );
  const token = await as("bob", (state, context) =>
    createToken(state, context, { name: "t", owner: "games", scopes: ["read"] }),
  );
  const lost = await as("bob", (state, context) =>
    createEndpoint(state, context, {
      owner: "games",
      path: "/lost",
      targets: ["http://10.0.5.9:80"],
    }),
  );
  await as("bob", (state, context) => deleteEndpoint(state, context, { id: lost.id }));
  ids.set("removal", String(ledger.state.revision));
  // Dora managed the group, and no longer does.
  for (const managers of [["bob", "dora"], ["bob"]])
    await must((state, context) => updateGroup(state, context, { id: named("games"), managers }));
  await must((state, context) => createPerson(state, context, { username: "erik" }));
  await must((state, context) =>
    suspendOwner(state, context, { id: named("erik"), reason: "Spam." }),
  );
  ids.set("group", named("games"));
  ids.set("bob", named("bob"));
  ids.set("games' endpoint", ofGames.id);
  ids.set("alice's endpoint", wiki.id);
  ids.set("token", token.token.id);
  ids.set("page", "pg-thesis");
  ids.set("open request", asked.open);
  ids.set("declined request", asked.declined);
});
afterAll(async () => {
  await pages.close();
  expect(pages.errors).toEqual([]);
});

type Case = readonly [method: "GET" | "POST", path: string, thing: string, form?: object];

const ENDPOINT: readonly Case[] = ["games' endpoint", "alice's endpoint"].flatMap(
  (thing): Case[] => [
    ["GET", "/endpoints/ID", thing],
    ["GET", "/endpoints/ID/edit", thing],
    ["GET", "/endpoints/ID/remove", thing],
    ["POST", "/endpoints/ID", thing, { path: "/x", target: "http://10.0.0.1:80", revision: "1" }],
    ["POST", "/endpoints/ID/preview", thing, { path: "/x", target: "http://10.0.0.1:80" }],
    ["POST", "/endpoints/ID/pause", thing, { revision: "1" }],
    ["POST", "/endpoints/ID/resume", thing, { revision: "1" }],
    ["POST", "/endpoints/ID/remove", thing, { revision: "1" }],
  ],
);
const CASES: readonly Case[] = [
  ...ENDPOINT,
  ["GET", "/pages/ID", "page"],
  ["POST", "/pages/ID/read", "page"],
  ["GET", "/groups/ID", "group"],
  ["GET", `/groups/ID/managers/BOB`, "group"],
  ["POST", "/groups/ID/managers", "group", { manager: "dora", revision: "1" }],
  ["POST", "/groups/ID/managers/BOB", "group", { revision: "1" }],
  ["POST", "/groups/ID/name", "group", { displayName: "Ours", revision: "1" }],
  ["POST", "/groups/ID/hand-over", "group", { manager: "dora", revision: "1", sure: "yes" }],
  ["GET", "/access/tokens/ID/revoke", "token"],
  ["POST", "/access/tokens/ID/revoke", "token"],
  ["POST", "/activity/ID/undo", "removal"],
  ["POST", "/memberships/ID/renew", "group"],
  ["POST", "/requests/ID/withdraw", "open request"],
  ["POST", "/requests/ID/again", "open request"],
  ["POST", "/requests/ID/acknowledge", "declined request"],
];

async function ask(
  who: string | undefined,
  [method, path, , form]: Case,
  id: string,
): Promise<{ status: number; location: string | null; body: string }> {
  const response = await fetch(
    pages.origin + path.replace("ID", id).replace("BOB", ids.get("bob") ?? ""),
    {
      method,
      redirect: "manual",
      headers: who === undefined ? {} : pages.by(who),
      ...(method === "POST" ? { body: new URLSearchParams({ ...form }) } : {}),
    },
  );
  const body = await response.text();
  return {
    status: response.status,
    location: response.headers.get("location"),
    body: body.replaceAll(id, "ID"),
  };
}

describe("another's thing answers exactly like a missing one, and nothing is changed", () => {
  it.each(CASES.map((entry) => [`${entry[0]} ${entry[1]} (${entry[2]})`, entry] as const))(
    "%s",
    async (_title, entry) => {
      const { revision } = pages.ledger.state;
      const id = ids.get(entry[2]) ?? "";
      const missing = entry[2] === "removal" ? "999999" : id.replace(/.$/, "~");
      for (const who of ["carol", "dora"]) {
        const answer = await ask(who, entry, id);
        expect(answer).toEqual(await ask(who, entry, missing));
        expect(answer.status).toBe(404);
      }
      for (const who of ["erik", undefined]) {
        expect((await ask(who, entry, id)).location).toBe("/sign-in");
      }
      expect(pages.ledger.state.revision).toBe(revision);
    },
  );
});

describe("lists", () => {
  it.each(["/", "/groups", "/access", "/activity", "/requests", `/?q=go`, "/endpoints/new"])(
    "%s shows nothing of others, to strangers and former managers",
    async (path) => {
      for (const who of ["carol", "dora"]) {
        const response = await fetch(pages.origin + path, { headers: pages.by(who) });
        const body = await response.text();
        expect(response.status).toBe(200);
        for (const text of [
          "/go",
          "10.0.5.9",
          "Games society",
          "10.0.3.7:8080",
          "/thesis",
          "recipes",
          "192.168.40",
        ]) {
          // What everybody is shown as an example is no secret.
          const shown = body.replaceAll('placeholder="http://10.0.3.7:8080"', "");
          expect([who, path, text, shown.includes(text)]).toEqual([who, path, text, false]);
        }
      }
    },
  );

  it("another's request, asked for by its owner, is refused as for one who is not there", async () => {
    const { revision } = pages.ledger.state;
    const post = async (owner: string) => {
      const form = { kind: "label", label: "mine", owner, reason: "x" };
      const response = await fetch(`${pages.origin}/requests`, {
        method: "POST",
        headers: pages.by("dora"),
        body: new URLSearchParams(form),
      });
      return { status: response.status, body: (await response.text()).replaceAll(owner, "OWNER") };
    };
    for (const owner of [ids.get("group") ?? "", "games"]) {
      const answer = await post(owner);
      expect(answer).toEqual(await post("grp-nobody"));
      expect(answer.status).toBe(404);
    }
    expect(pages.ledger.state.revision).toBe(revision);
  });

  it("a label of another's gives nothing away in the form for a new service", async () => {
    const post = async (label: string) => {
      const response = await fetch(`${pages.origin}/endpoints`, {
        method: "POST",
        headers: pages.by("carol"),
        body: new URLSearchParams({ label, path: "/x", target: "http://10.0.0.1:80" }),
      });
      return { status: response.status, body: (await response.text()).replaceAll(label, "LABEL") };
    };
    expect(await post("games")).toEqual(await post("nobodys"));
  });
});
