import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Overrides, RunningConsole } from "../../../src/app.ts";
import { sendOverSockets } from "../../../src/gitlab-pages/client/send.ts";
import { textOf } from "../admin/support.ts";
import {
  consoleHost,
  mustClient,
  startTestConsole,
  type MustClient,
} from "../../support/console.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { failing } from "../../support/gitlab/faults.ts";
import { roles, type Namespace, type User } from "../../support/gitlab/model.ts";
import { startGitLab, type GitLabServer } from "../../support/gitlab/server.ts";
import { GitLabWorld } from "../../support/gitlab/world.ts";
import { startIdentityProvider, type IdentityProvider } from "../../support/identity-provider.ts";
import { FOLLOWED, TestVisitor } from "../../support/visitor.ts";
import { waitFor } from "../../support/wait.ts";

const publicUrl = `https://${consoleHost}`;
const MINUTE_MS = 60 * 1000;
const MEMBERS = { path: /\/members\/all\// };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let provider: IdentityProvider;
let gitlab: GitLabServer;
let world: GitLabWorld;
let committee: Namespace;
let gina: User;
let running: RunningConsole;
let must: MustClient;
let visitor: TestVisitor;
let ahead: number;

beforeEach(async () => {
  ahead = 0;
  folder = await temporaryFolder();
  provider = await startIdentityProvider({ publicUrl });
  const now = () => new Date();
  world = new GitLabWorld({ now, url: "https://gitlab.example", zone: "tardis.test" });
  gitlab = await startGitLab(world);
  committee = world.createGroup("committee");
  gina = world.createUser("gina");
  committee.members.set(gina.id, roles.maintainer);
});
afterEach(async () => {
  await running?.close();
  await gitlab?.close();
  await provider?.stop();
  await folder?.remove();
});

/** Starts a console, with gina signed in at a browser. */
async function start(token: string | null, overrides: Overrides = {}): Promise<void> {
  const { issuer, clientId, clientSecret } = provider;
  const scopes = token === null ? ["openid", "read_api"] : ["openid"];
  running = await startTestConsole(
    folder.path,
    {
      gitlab: { url: gitlab.url, issuer, ...(token === null ? {} : { token }) },
      signIn: {
        oidc: { issuer, clientId, clientSecret, scopes },
        admins: { group: committee.id },
      },
    },
    { now: () => new Date(Date.now() + ahead), ...overrides },
  );
  must = mustClient(running.httpPort);
  await must("POST", "/persons", { username: "gina" });
  visitor = new TestVisitor(running);
  const { url } = await must("POST", "/passes", { person: "gina", use: "invitation" });
  const page = await visitor.get(new URL(url).pathname);
  await signIn(/href="(\/sign-in\/start[^"]*)"/.exec(page.body)?.[1] ?? "no link");
}
const ours = () => world.createToken(world.createUser("root", { isAdmin: true }), ["read_api"]);

/** Through the provider and back. @returns where that leads to */
async function signIn(path: string): Promise<string | undefined> {
  const left = await visitor.get(path, { headers: { "Sec-Fetch-Site": "same-origin" } });
  const back = await provider.visit(left.headers["location"] ?? "", String(gina.id));
  const answer = await visitor.get(back.pathname + back.search, { headers: FOLLOWED });
  return answer.headers["location"];
}

const admin = async () => (await visitor.get("/admin")).status;
const reserve = (name: string) =>
  visitor.post("/admin/reserved-names", { label: name, reason: "For the fair" });
const isReserved = (name: string) => running.core.ledger?.state.reserved.has(name);

describe("an admin by a group of GitLab", () => {
  it("is a member again within minutes of leaving the group there", async () => {
    await start(ours());
    expect(await admin()).toBe(200);
    committee.members.delete(gina.id);
    expect(await admin()).toBe(200);
    ahead += 3 * MINUTE_MS;
    await waitFor(async () => (await admin()) === 404, { describe: "the demotion to count" });
    expect((await reserve("fair")).status).toBe(404);
    expect((await visitor.get("/")).status).toBe(200);
    // Once they are back, a sign-in makes them one again, and nothing before it.
    committee.members.set(gina.id, roles.maintainer);
    ahead += 20 * MINUTE_MS;
    expect(await admin()).toBe(404);
    await signIn("/sign-in/start");
    expect(await admin()).toBe(200);
  });

  it("is one in no request that comes a quarter of an hour after GitLab's last word", async () => {
    await start(ours());
    committee.members.set(gina.id, roles.developer);
    ahead += 16 * MINUTE_MS;
    expect((await reserve("fair")).status).toBe(404);
    expect(isReserved("fair")).toBe(false);
  });

  it("is asked about now and then, however much they do", async () => {
    await start(ours());
    gitlab.gitlab.forget();
    for (let times = 0; times < 5; times++) expect(await admin()).toBe(200);
    expect(gitlab.gitlab.count(MEMBERS)).toBe(0);
    const seen = { address: "192.0.2.1", agent: "test" };
    const secret = visitor.cookies.get("__Host-tardis-session") ?? "";
    const confirmed = async () => (await running.core.sessions.find(secret, seen))?.adminSeenAt;
    const before = await confirmed();
    ahead += 3 * MINUTE_MS;
    await Promise.all(Array.from({ length: 8 }, admin));
    await waitFor(() => gitlab.gitlab.count(MEMBERS) > 0, { describe: "GitLab to be asked" });
    await waitFor(async () => (await confirmed()) !== before, { describe: "its word to be kept" });
    for (let times = 0; times < 5; times++) expect(await admin()).toBe(200);
    expect(gitlab.gitlab.count(MEMBERS)).toBe(1);
  });

  it("is a member once GitLab has not answered for long, and one again when it does", async () => {
    await start(ours());
    const back = gitlab.gitlab.faults.add(MEMBERS, failing(502));
    ahead += 14 * MINUTE_MS;
    expect(await admin()).toBe(200);
    ahead += 2 * MINUTE_MS;
    const page = await visitor.get("/admin/routes?q=x");
    expect([page.status, page.headers["location"]]).toEqual([
      303,
      "/sign-in/start?to=%2Fadmin%2Froutes%3Fq%3Dx",
    ]);
    const form = await reserve("fair");
    expect(form.status).toBe(401);
    expect(textOf(form.body)).toContain("sign in again, then do it again");
    expect(isReserved("fair")).toBe(false);
    const mine = await visitor.get("/");
    expect([mine.status, mine.body.includes('href="/admin"')]).toEqual([200, true]);
    back();
    ahead += MINUTE_MS;
    expect(await admin()).toBe(200);
    expect((await reserve("fair")).status).toBe(303);
    expect(isReserved("fair")).toBe(true);
  });

  it("is asked for their own word again where the console has no token", async () => {
    const own = world.createToken(gina, ["read_api"]);
    const over = sendOverSockets();
    // GitLab knows the tokens that it gives as a provider; the stand-in does not.
    await start(null, {
      send: (request) =>
        over({ ...request, headers: { ...request.headers, authorization: `Bearer ${own}` } }),
    });
    expect(await admin()).toBe(200);
    ahead += 16 * MINUTE_MS;
    expect((await reserve("fair")).status).toBe(401);
    const { headers } = await visitor.get("/admin/reserved-names");
    expect(await signIn(headers["location"] ?? "")).toBe("/admin/reserved-names");
    expect((await reserve("fair")).status).toBe(303);
    committee.members.delete(gina.id);
    ahead += 16 * MINUTE_MS;
    const again = await visitor.get("/admin");
    await signIn(again.headers["location"] ?? "");
    expect(await admin()).toBe(404);
    expect(await admin()).toBe(404);
  });
});
