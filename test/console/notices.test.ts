import { afterEach, describe, expect, it } from "vitest";
import { updateGroup, updatePerson } from "../../src/owners/update.ts";
import { startPages, type TestPages } from "../support/console-pages.ts";
import { askAround, furnish } from "../support/console-world.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MARKUP = `<img src=x onerror=alert(1)>`;

let pages: TestPages;
afterEach(async () => {
  await pages.close();
  expect(pages.errors).toEqual([]);
});

async function start(self: boolean, env: Record<string, string> = {}): Promise<void> {
  pages = await startPages(undefined, {
    TARDIS_MEMBERSHIPS__RENEW__SELF: String(self),
    TARDIS_MEMBERSHIPS__WARNDAYS: "40",
    TARDIS_MEMBERSHIPS__RENEW__WINDOWDAYS: "30",
    TARDIS_MEMBERSHIPS__RENEW__TERMDAYS: "365",
    ...env,
  });
  await furnish(pages);
}
const idOf = (name: string) => pages.ledger.state.ownersByName.get(name) ?? "";
const endOf = (name: string) => pages.ledger.state.owners.get(idOf(name))?.membership?.endsAt;
async function endsIn(name: string, days: number): Promise<string> {
  const membershipEndsAt = new Date(
    pages.services.site.now().getTime() + days * DAY_MS,
  ).toISOString();
  const input = { id: idOf(name), membershipEndsAt };
  await pages.must<unknown>((state, context) =>
    name === "games" ? updateGroup(state, context, input) : updatePerson(state, context, input),
  );
  return membershipEndsAt;
}
const read = async (path: string, who = "alice") => (await pages.ask(who, path)).text();
const press = (path: string, form: Record<string, string> = {}, who = "alice") =>
  fetch(pages.origin + path, {
    method: "POST",
    headers: pages.by(who),
    body: new URLSearchParams(form),
    redirect: "manual",
  });

describe("a membership that ends soon", () => {
  it("is renewed from the notice by its owner, once", async () => {
    await start(true);
    const end = await endsIn("alice", 10);
    expect(await read("/")).toContain(`action="/memberships/${idOf("alice")}/renew"`);
    const answer = await press(`/memberships/${idOf("alice")}/renew`, { to: "//evil.example" });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
    const renewed = new Date(Date.parse(end) + 365 * DAY_MS).toISOString();
    expect(endOf("alice")).toBe(renewed);
    expect(await read("/")).not.toContain("Your membership");
    await press(`/memberships/${idOf("alice")}/renew`);
    expect(endOf("alice")).toBe(renewed);
  });

  it("is a group's to its managers, who come back to its page, and a missing one's to others", async () => {
    await start(true);
    const end = await endsIn("games", 10);
    const path = `/memberships/${idOf("games")}/renew`;
    const to = `/groups/${idOf("games")}`;
    expect((await press(path, { to }, "carol")).status).toBe(404);
    expect((await press("/memberships/grp-nobody/renew", { to }, "carol")).status).toBe(404);
    expect(endOf("games")).toBe(end);
    expect(await read(to)).toContain(`action="${path}"`);
    expect((await press(path, { to })).headers.get("location")).toBe(to);
    expect(endOf("games")).not.toBe(end);
  });

  it("leads to the request that asks for it where an admin must, and then says that one waits", async () => {
    await start(false);
    const end = await endsIn("games", 10);
    const href = `/requests/new?kind=renewal&amp;owner=${idOf("games")}`;
    expect(await read("/")).toContain(href);
    expect(await read("/")).not.toContain("/memberships/");
    await press(`/memberships/${idOf("games")}/renew`);
    expect(endOf("games")).toBe(end);
    const form = await read(href.replace("&amp;", "&"));
    expect(form).toContain(`name="owner" value="${idOf("games")}"`);
    const asked = { kind: "renewal", owner: idOf("games"), reason: "We go on." };
    expect((await press("/requests", asked)).status).toBe(303);
    expect(await read("/")).toContain("You asked for a renewal");
    expect(await read("/")).not.toContain(href);
  });

  it("is told of as long as it can be renewed, also where the warning comes later", async () => {
    await start(true, { TARDIS_MEMBERSHIPS__WARNDAYS: "7" });
    await endsIn("alice", 31);
    expect(await read("/")).not.toContain("Your membership");
    await endsIn("alice", 29);
    expect(await read("/")).toContain(`action="/memberships/${idOf("alice")}/renew"`);
  });

  it("says from when on it can be renewed, before that", async () => {
    await start(true);
    await endsIn("alice", 35);
    const notice = await read("/");
    expect(notice).toContain("It can be renewed from 5 Dec 2026");
    expect(notice).not.toContain("/memberships/");
    expect(await read("/requests/new?kind=renewal")).toContain("nothing to renew now");
  });
});

describe("an answer that nobody has read", () => {
  it("is told on My sites, as text, until it is read there", async () => {
    await start(true);
    const { declined, granted } = await askAround(pages, MARKUP);
    const notice = await read("/");
    expect(notice).toContain("the target 192.168.40.0/24, ports 80, 8000-8080 for games");
    expect(notice).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(notice).not.toContain("<img src=x");
    // Bob manages the group, too; what alice asked for herself is none of his.
    expect(await read("/", "bob")).not.toContain(granted);
    for (const id of [declined, granted]) {
      const answer = await press(`/requests/${id}/acknowledge`, { to: "sites" });
      expect(answer.headers.get("location")).toBe("/");
    }
    expect(await read("/")).not.toContain("I have read it");
    expect(await read("/requests")).toContain("&lt;img src=x");
  });
});

describe("a request that was withdrawn", () => {
  /** The message that the next page shows, with its form. */
  const follow = async (answer: Response) => {
    const flash = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
    const to = pages.origin + (answer.headers.get("location") ?? "");
    return (await fetch(to, { headers: { ...pages.by("alice"), cookie: flash } })).text();
  };
  const requestsNow = () => [...pages.ledger.state.requests.values()];

  it("is asked for again in the same words by one press, once", async () => {
    await start(true);
    const asked = { kind: "label", label: "chess", owner: idOf("games"), reason: "For the club." };
    await press("/requests", asked);
    const [first] = requestsNow();
    const withdrawn = await follow(await press(`/requests/${first?.id}/withdraw`));
    expect(withdrawn).toContain("You no longer ask for");
    expect(withdrawn).toContain(`action="/requests/${first?.id}/again"`);
    expect(await follow(await press(`/requests/${first?.id}/again`))).toContain("again.");
    const [, second] = requestsNow();
    expect(second).toMatchObject({
      state: "open",
      owner: idOf("games"),
      asker: idOf("alice"),
      wish: first?.wish,
      reason: first?.reason,
    });
    expect(await follow(await press(`/requests/${first?.id}/again`))).toContain(
      "There is an open request for this already",
    );
    expect(requestsNow()).toHaveLength(2);
  });

  it("is not asked for again while it is open, or by those whose it is not", async () => {
    await start(true);
    await press("/requests", { kind: "label", label: "go", owner: idOf("alice"), reason: "x" });
    const id = requestsNow()[0]?.id;
    expect(await follow(await press(`/requests/${id}/again`))).toContain("was withdrawn");
    await press(`/requests/${id}/withdraw`);
    expect((await press(`/requests/${id}/again`, {}, "carol")).status).toBe(404);
    expect(requestsNow()).toHaveLength(1);
  });
});
