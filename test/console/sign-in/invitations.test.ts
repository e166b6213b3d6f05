import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../../src/app.ts";
import {
  consoleHost,
  mustClient,
  startTestConsole,
  type MustClient,
} from "../../support/console.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { roles, type Namespace, type User } from "../../support/gitlab/model.ts";
import { startGitLab, type GitLabServer } from "../../support/gitlab/server.ts";
import { GitLabWorld } from "../../support/gitlab/world.ts";
import { startIdentityProvider, type IdentityProvider } from "../../support/identity-provider.ts";
import { FOLLOWED, TestVisitor } from "../../support/visitor.ts";

const publicUrl = `https://${consoleHost}`;
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let provider: IdentityProvider;
let gitlab: GitLabServer;
let world: GitLabWorld;
let committee: Namespace;
let running: RunningConsole;
let must: MustClient;
let visitor: TestVisitor;
let ahead = 0;
/** What the console has logged, line by line. */
const logged: string[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  provider = await startIdentityProvider({ publicUrl });
  world = new GitLabWorld({
    now: () => new Date(),
    url: "https://gitlab.example",
    zone: "tardis.test",
  });
  gitlab = await startGitLab(world);
  const token = world.createToken(world.createUser("root", { isAdmin: true }), ["read_api"]);
  committee = world.createGroup("committee");
  const { issuer, clientId, clientSecret } = provider;
  running = await startTestConsole(
    folder.path,
    {
      gitlab: { url: gitlab.url, issuer, token },
      signIn: { oidc: { issuer, clientId, clientSecret }, admins: { group: committee.id } },
    },
    {
      now: () => new Date(Date.now() + ahead),
      log: pino({ level: "trace" }, { write: (line) => void logged.push(line) }),
    },
  );
  must = mustClient(running.httpPort);
});
afterAll(async () => {
  await running?.close();
  await gitlab?.close();
  await provider?.stop();
  await folder?.remove();
});
beforeEach(() => {
  visitor = new TestVisitor(running);
});

async function invitationFor(person: string): Promise<string> {
  const { url } = await must("POST", "/passes", { person, use: "invitation" });
  return new URL(url).pathname;
}

/** Where the button of a page leads to, on the way to the provider. */
const startIn = (page: { body: string }) =>
  /href="(\/sign-in\/start[^"]*)"/.exec(page.body)?.[1] ?? "no link";

/** Opens an invitation's page. @returns where its button leads to */
async function opened(invitation: string, at = visitor): Promise<string> {
  const page = await at.get(invitation);
  expect(page.status).toBe(200);
  return startIn(page);
}

/** Opens an invitation, or nothing, and signs in at the provider. */
async function signIn(user: User, invitation?: string, at = visitor) {
  return through(
    user,
    invitation === undefined ? "/sign-in/start" : await opened(invitation, at),
    at,
  );
}

async function through(user: User, start: string, at = visitor) {
  const left = await at.get(start, { headers: { "Sec-Fetch-Site": "same-origin" } });
  expect(left.status).toBe(303);
  const back = await provider.visit(left.headers["location"] ?? "", String(user.id));
  return at.get(back.pathname + back.search, { headers: FOLLOWED });
}

const isIn = async (name: string, at = visitor) => (await at.who()) === name;

describe("an invitation", () => {
  it("links the account that accepts it, and no other way in leads to that person", async () => {
    await must("POST", "/persons", { username: "alice", email: "alice@example.org" });
    const alice = world.createUser("alice");
    provider.accounts.set(String(alice.id), {
      preferred_username: "alice",
      email: "alice@example.org",
      email_verified: true,
    });
    // Neither the name nor the address makes anybody alice.
    const stranger = await signIn(alice);
    expect([stranger.status, await isIn("alice")]).toEqual([403, false]);
    expect(stranger.body).toContain("You are not known here yet.");

    const path = await invitationFor("alice");
    const page = await visitor.get(path);
    expect(page.body).toContain("You are invited as alice");
    const back = await signIn(alice, path);
    expect([back.status, back.headers["location"]]).toEqual([303, "/"]);
    expect(await isIn("alice")).toBe(true);
    expect((await must("GET", "/persons/alice")).identities).toEqual([
      { issuer: provider.issuer, subject: String(alice.id) },
    ]);
    const again = new TestVisitor(running);
    await signIn(alice, undefined, again);
    expect(await isIn("alice", again)).toBe(true);
  });

  it("has its code in no log and no event", async () => {
    await must("POST", "/persons", { username: "mia" });
    const mia = world.createUser("mia");
    const path = await invitationFor("mia");
    const denied = await visitor.get(await opened(path));
    const back = await provider.deny(denied.headers["location"] ?? "");
    await visitor.get(back.pathname + back.search, { headers: FOLLOWED });
    await signIn(mia, path);
    expect((await visitor.get(path)).status).toBe(404);
    const told = logged.join("") + JSON.stringify(await must("GET", "/events"));
    expect(told).toContain("mia signed in");
    expect(told).toContain("a sign-in at the provider did not come about");
    expect(told).not.toContain(path.split("/").at(-1));
  });

  it("is accepted once, also when two hold it", async () => {
    await must("POST", "/persons", { username: "bob" });
    const bob = world.createUser("bob");
    const mallory = world.createUser("mallory");
    const path = await invitationFor("bob");
    // Both have begun before either is back.
    const other = new TestVisitor(running);
    const left = await other.get(await opened(path, other));
    const back = await provider.visit(left.headers["location"] ?? "", String(mallory.id));
    await signIn(bob, path);
    expect(await isIn("bob")).toBe(true);
    const late = await other.get(back.pathname + back.search);
    expect([late.status, await isIn("bob", other)]).toEqual([404, false]);
    expect((await other.get(path)).status).toBe(404);
    expect((await must("GET", "/persons/bob")).identities).toHaveLength(1);
  });

  it("is accepted on its own page alone: no address has somebody accept it unasked", async () => {
    await must("POST", "/persons", { username: "ivy" });
    const mallory = world.createUser("mallory-2");
    const path = await invitationFor("ivy");
    const code = path.split("/").at(-1) ?? "";
    // As from a link in a mail, to a browser that is signed in at the provider.
    const asked = new TestVisitor(running);
    const start = await opened(path, asked);
    expect(start).not.toContain(code);
    for (const said of [code, new URL(start, publicUrl).searchParams.get("invitation") ?? "", ""]) {
      const refused = await visitor.get(`/sign-in/start?invitation=${said}`);
      expect([refused.status, refused.headers["location"]]).toEqual([403, undefined]);
      expect(refused.body).toContain("This browser was not asked.");
      expect(refused.headers["set-cookie"]).toBeUndefined();
    }
    // Who was asked, and went another way in, has not accepted it either.
    await opened(path);
    expect((await visitor.get(`/sign-in/start?invitation=${code}`)).status).toBe(403);
    const stranger = await signIn(mallory);
    expect([stranger.status, stranger.body]).toEqual([
      403,
      expect.stringContaining("You are not known here yet."),
    ]);
    expect((await must("GET", "/persons/ivy")).identities).toEqual([]);
  });

  it("is the one that was asked about last, never another", async () => {
    for (const username of ["jack", "jill"]) await must("POST", "/persons", { username });
    const jill = world.createUser("jill");
    const [first, second] = [await invitationFor("jack"), await invitationFor("jill")];
    const stale = await opened(first);
    await opened(second);
    expect((await visitor.get(stale)).status).toBe(403);
    // Two tabs of one.
    const start = await opened(second);
    await opened(second);
    await through(jill, start);
    expect(await isIn("jill")).toBe(true);
    expect(visitor.cookies.has("__Host-tardis-invitation")).toBe(false);
    expect((await must("GET", "/persons/jack")).identities).toEqual([]);
  });

  it("is accepted at the next try, when the first did not come about", async () => {
    await must("POST", "/persons", { username: "kim" });
    const kim = world.createUser("kim");
    const start = await opened(await invitationFor("kim"));
    const denied = async () => {
      const left = await visitor.get(start, { headers: { "Sec-Fetch-Site": "same-origin" } });
      return provider.deny(left.headers["location"] ?? "");
    };
    const comeBack = (back: URL) => visitor.get(back.pathname + back.search, { headers: FOLLOWED });
    const told = await comeBack(await denied());
    expect([told.status, startIn(told)]).toEqual([403, start]);
    // With another one asked about meanwhile, it is neither accepted nor forgotten.
    await must("POST", "/persons", { username: "lee" });
    const back = await denied();
    await opened(await invitationFor("lee"));
    const again = startIn(await comeBack(back));
    expect((await visitor.get(again)).status).toBe(403);
    await signIn(kim, await invitationFor("kim"));
    expect(await isIn("kim")).toBe(true);
    expect((await must("GET", "/persons/lee")).identities).toEqual([]);
  });

  it("takes no account away from the person that it is", async () => {
    await must("POST", "/persons", { username: "carol" });
    const dora = world.createUser("dora");
    await must("POST", "/persons", { username: "dora" });
    await signIn(dora, await invitationFor("dora"));
    const path = await invitationFor("carol");
    const other = new TestVisitor(running);
    const answer = await signIn(dora, path, other);
    expect(answer.status).toBe(409);
    expect(answer.body).toContain("the invitation is for carol");
    expect((await must("GET", "/persons/carol")).identities).toEqual([]);
    // It is not used up by that.
    expect((await other.get(path)).status).toBe(200);
  });

  it("is over after its time, when revoked, and when its person is suspended", async () => {
    await must("POST", "/persons", { username: "erin" });
    const old = await invitationFor("erin");
    ahead += 14 * DAY_MS;
    expect((await visitor.get(old)).status).toBe(404);
    const revoked = await invitationFor("erin");
    const { id } = (await must("GET", "/passes")).items.find(
      ({ personName }: { personName: string }) => personName === "erin",
    );
    await must("DELETE", `/passes/${id}`);
    expect((await visitor.get(revoked)).status).toBe(404);
    const blocked = await invitationFor("erin");
    await must("POST", "/persons/erin/suspend", { reason: "Spam." });
    expect((await visitor.get(blocked)).status).toBe(403);
  });

  it("is no sign-in link, nor the other way round", async () => {
    await must("POST", "/persons", { username: "finn" });
    const invitation = await invitationFor("finn");
    const { url } = await must("POST", "/passes", { person: "finn" });
    const code = (path: string) => path.split("/").at(-1) ?? "";
    expect((await visitor.get(`/sign-in/link/${code(invitation)}`)).status).toBe(404);
    expect((await visitor.get(`/sign-in/invitation/${code(url)}`)).status).toBe(404);
    expect((await visitor.get(invitation)).status).toBe(200);
  });
});

describe("a member of the admins' group in GitLab", () => {
  it("is an admin for some hours after each sign-in, and never by the group's path", async () => {
    await must("POST", "/persons", { username: "gina" });
    const gina = world.createUser("gina");
    committee.members.set(gina.id, roles.maintainer);
    const secret = async () => visitor.cookies.get("__Host-tardis-session") ?? "";
    const isAdmin = async () => {
      const seen = { address: "192.0.2.1", agent: "test" };
      const session = await running.core.sessions.find(await secret(), seen);
      return (
        session?.adminUntil !== undefined &&
        Date.parse(session.adminUntil) > running.core.now().getTime()
      );
    };
    await signIn(gina, await invitationFor("gina"));
    expect(await isAdmin()).toBe(true);
    expect((await must("GET", "/persons/gina")).role).toBe("member");
    ahead += 8 * HOUR_MS;
    expect([await isIn("gina"), await isAdmin()]).toEqual([true, false]);
    await signIn(gina);
    expect(await isAdmin()).toBe(true);

    world.renameGroup(committee, "old-committee");
    const other = world.createGroup("committee");
    await must("POST", "/persons", { username: "mark" });
    const mark = world.createUser("mark");
    other.members.set(mark.id, roles.owner);
    await signIn(mark, await invitationFor("mark"));
    expect([await isIn("mark"), await isAdmin()]).toEqual([true, false]);
  });

  it("is let in as a member while GitLab cannot say", async () => {
    await must("POST", "/persons", { username: "hugo" });
    const hugo = world.createUser("hugo");
    committee.members.set(hugo.id, roles.owner);
    await signIn(hugo, await invitationFor("hugo"));
    await gitlab.close();
    visitor.cookies.clear();
    expect((await signIn(hugo)).status).toBe(303);
    expect(await isIn("hugo")).toBe(true);
  });
});
