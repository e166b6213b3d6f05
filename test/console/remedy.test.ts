import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { updatePerson } from "../../src/owners/update.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { furnish } from "../support/console-world.ts";

let pages: TestPages;
let wiki: string;
let alice: string;

beforeAll(async () => {
  pages = await startPages();
  wiki = (await furnish(pages)).wiki.id;
  alice = pages.ledger.state.ownersByName.get("alice") ?? "";
});
afterAll(() => pages.close());

/** Where the answer to a form leads for a request, if anywhere: its query. */
async function leadsTo(path: string, form: Record<string, string>, who = "alice") {
  const response = await fetch(pages.origin + path, {
    method: "POST",
    headers: pages.by(who),
    body: new URLSearchParams(form),
    redirect: "manual",
  });
  expect(response.status).toBeGreaterThanOrEqual(400);
  const body = await response.text();
  const hrefs = [...body.matchAll(/href="\/requests\/new\?([^"]*)" target="_blank"/g)];
  expect(hrefs.length).toBeLessThanOrEqual(1);
  const query = hrefs[0]?.[1]?.replaceAll("&amp;", "&");
  return query === undefined ? null : Object.fromEntries(new URLSearchParams(query));
}
const at = { label: "alice", path: "/fresh" };
const target = (where: string, ports = "80") => ({ kind: "target", where, ports });

describe("a form that an admin alone can help with leads to the request for", () => {
  it.each([
    ["an address", "http://192.168.1.7:8080", target("192.168.1.7/32", "8080")],
    ["an address of IPv6", "https://[fd12::7]", target("fd12::7/128", "443")],
    ["a name's neighbours", "http://vm.lab.example:3000", target(".lab.example", "3000")],
    ["nothing: what no grant allows", "http://169.254.169.254", null],
    ["nothing: what only the configuration allows", "http://127.0.0.1:80", null],
    ["nothing: all names of a country", "http://example.org", null],
    ["nothing: names of the zone", "http://bob.tardis.test", null],
    ["nothing: what is no target", "http://not a target", null],
  ])("%s", async (_title, typed, wanted) => {
    const query = wanted === null ? null : { ...wanted, owner: alice };
    expect(await leadsTo("/endpoints", { ...at, target: typed })).toEqual(query);
    const { revision } = pages.ledger.state.endpoints.get(wiki) ?? {};
    const form = { ...at, target: typed, revision: String(revision) };
    expect(await leadsTo(`/endpoints/${wiki}`, form)).toEqual(query);
  });

  it("the second of two targets that is refused", async () => {
    const form = { ...at, target: "http://10.0.0.7:80", more: "http://192.168.1.8:80" };
    expect(await leadsTo("/endpoints", form)).toEqual({
      ...target("192.168.1.8/32"),
      owner: alice,
    });
  });

  it("a name that is nobody's, and for one that is another's, alike", async () => {
    for (const label of ["nobodys", "bob"]) {
      const form = { label, path: "/x", target: "http://10.0.0.7:80" };
      const wanted = { kind: "label", owner: alice, label };
      expect(await leadsTo("/endpoints", form)).toEqual(wanted);
    }
    const form = { label: "No name!", path: "/x", target: "http://10.0.0.7:80" };
    expect(await leadsTo("/endpoints", form)).toBeNull();
  });

  it("more services, tokens and targets, as many as it takes", async () => {
    await pages.must((state, context) =>
      updatePerson(state, context, {
        id: alice,
        quota: { endpoints: 4, tokens: 1, targetsPerEndpoint: 2 },
      }),
    );
    const quota = (of: string, amount: string) => ({ kind: "quota", owner: alice, of, amount });
    const one = { ...at, target: "http://10.0.0.7:80" };
    expect(await leadsTo("/endpoints", one)).toEqual(quota("endpoints", "5"));
    const token = { name: "x", owner: alice, "scope.read": "yes", days: "3" };
    expect(await leadsTo("/access/tokens", token)).toEqual(quota("tokens", "2"));
    const { revision } = pages.ledger.state.endpoints.get(wiki) ?? {};
    const three = { more: "http://10.0.0.8:80\nhttp://10.0.0.9:80", revision: String(revision) };
    expect(await leadsTo(`/endpoints/${wiki}`, { ...one, ...three })).toEqual(
      quota("targetsPerEndpoint", "3"),
    );
  });

  it("more changes in an hour, wherever one is too many, a button's message included", async () => {
    const changesPerHour = pages.ledger.recentChanges(alice).count + 1;
    await pages.must((state, context) =>
      updatePerson(state, context, { id: alice, quota: { changesPerHour } }),
    );
    const wanted = { kind: "quota", of: "changesPerHour" };
    const { revision } = pages.ledger.state.endpoints.get(wiki) ?? {};
    const form = { ...at, path: "/wiki", target: "http://10.0.0.7:80", revision: String(revision) };
    const first = await fetch(`${pages.origin}/endpoints/${wiki}`, {
      method: "POST",
      headers: pages.by("alice"),
      body: new URLSearchParams(form),
      redirect: "manual",
    });
    expect(first.status).toBe(303);
    const now = pages.ledger.state.endpoints.get(wiki)?.revision;
    expect(await leadsTo(`/endpoints/${wiki}`, { ...form, revision: String(now) })).toEqual(wanted);
    const pressed = await fetch(`${pages.origin}/endpoints/${wiki}/pause`, {
      method: "POST",
      headers: pages.by("alice"),
      body: new URLSearchParams({ revision: String(now) }),
      redirect: "manual",
    });
    const cookie = pressed.headers.get("set-cookie")?.split(";")[0] ?? "";
    const shown = await fetch(pages.origin + (pressed.headers.get("location") ?? ""), {
      headers: { ...pages.by("alice"), cookie },
    });
    expect(await shown.text()).toContain(
      '<a href="/requests/new?kind=quota&amp;of=changesPerHour">Ask for room for more changes</a>',
    );
    const asked = await pages.ask("alice", "/requests/new?kind=quota&of=changesPerHour");
    expect(await asked.text()).toMatch(/value="changesPerHour" selected/);
  });
});
