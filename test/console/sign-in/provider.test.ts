import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunningConsole } from "../../../src/app.ts";
import {
  consoleHost,
  mustClient,
  startTestConsole,
  type MustClient,
} from "../../support/console.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { startIdentityProvider, type IdentityProvider } from "../../support/identity-provider.ts";
import { FOLLOWED, TestVisitor } from "../../support/visitor.ts";
import { waitFor } from "../../support/wait.ts";

const publicUrl = `https://${consoleHost}`;
const SESSION = "__Host-tardis-session";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let provider: IdentityProvider;
let running: RunningConsole;
let must: MustClient;
let visitor: TestVisitor;

beforeAll(async () => {
  folder = await temporaryFolder();
  provider = await startIdentityProvider({ publicUrl });
  const { issuer, clientId, clientSecret } = provider;
  const oidc = { issuer, clientId, clientSecret, createPersons: true };
  running = await startTestConsole(folder.path, { signIn: { oidc } });
  must = mustClient(running.httpPort);
  await must("POST", "/persons", { username: "taken" });
  provider.accounts.set("1", {
    preferred_username: "Alice",
    name: "Alice Ångström",
    email: "alice@example.org",
    email_verified: true,
  });
});
afterAll(async () => {
  await running?.close();
  await provider?.stop();
  await folder?.remove();
});
beforeEach(() => {
  visitor = new TestVisitor(running);
});

/** Begins a sign-in. @returns where the browser is sent to */
async function leave(path = "/sign-in/start", at = visitor): Promise<string> {
  const answer = await at.get(path, { headers: { "Sec-Fetch-Site": "same-origin" } });
  expect(answer.status).toBe(303);
  return answer.headers["location"] ?? "";
}

/** Comes back from the provider, as a browser does. */
const comeBack = ({ pathname, search }: URL, at = visitor) =>
  at.get(pathname + search, { headers: FOLLOWED });

async function signIn(subject: string, path?: string, at = visitor) {
  return comeBack(await provider.visit(await leave(path, at), subject), at);
}

const isIn = async (name: string) => (await visitor.who()) === name;

/** Expects to be told why, and to be let in by nothing. */
async function expectOutside(
  answer: { status: number; body: string },
  status: number,
  says: string,
) {
  expect([answer.status, answer.body.replaceAll("&#39;", "'")]).toEqual([
    status,
    expect.stringContaining(says),
  ]);
  expect(visitor.cookies.has(SESSION)).toBe(false);
  expect((await visitor.get("/")).status).toBe(303);
}

describe("somebody who signs in at the provider", () => {
  it("becomes a person the first time, and is that person from then on", async () => {
    const page = await visitor.get("/sign-in?to=%2Fgroups%3Fx%3D1");
    expect(page.body).toContain("Sign in with GitLab");
    expect(page.body).toContain('href="/sign-in/start?to=%2Fgroups%3Fx%3D1"');
    const sent = new URL(await leave("/sign-in/start?to=%2Fgroups%3Fx%3D1"));
    expect(Object.fromEntries(sent.searchParams)).toMatchObject({
      response_type: "code",
      client_id: "console",
      redirect_uri: `${publicUrl}/sign-in/callback`,
      scope: "openid profile email",
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const back = await comeBack(await provider.visit(sent.href, "1"));
    expect([back.status, back.headers["location"]]).toEqual([303, "/groups?x=1"]);
    expect(back.headers["set-cookie"]).toContain(
      "Max-Age=1209600; Path=/; HttpOnly; Secure; SameSite=Lax",
    );
    expect(await isIn("alice")).toBe(true);
    const made = await must("GET", "/persons/alice");
    expect(made).toMatchObject({
      displayName: "Alice Ångström",
      email: "alice@example.org",
      role: "member",
      identities: [{ issuer: provider.issuer, subject: "1" }],
    });
    // By another name at the provider, it is still the same one.
    provider.accounts.set("1", { preferred_username: "mallory" });
    const before = running.core.ledger?.state.revision;
    visitor.cookies.clear();
    await signIn("1");
    expect(await isIn("alice")).toBe(true);
    expect(running.core.ledger?.state.revision).toBe(before);
  });

  it("gets nobody else's name, nor one that nobody may have", async () => {
    await must("POST", "/persons", { username: "gone" });
    await must("DELETE", "/persons/gone");
    for (const [subject, claims, status, says] of [
      ["10", { preferred_username: "taken" }, 409, '"taken" is already taken'],
      ["11", { preferred_username: "gitlab" }, 409, '"gitlab" is reserved'],
      ["12", { preferred_username: "gone" }, 409, "rests until"],
      ["13", { preferred_username: "a.b" }, 400, "is not a valid name"],
      ["14", { preferred_username: "xn--bcher-kva" }, 403, "only an admin"],
      ["15", { preferred_username: "Ünïcode" }, 400, "ASCII form"],
      ["16", {}, 400, "did not say what you are called"],
    ] as const) {
      provider.accounts.set(subject, claims);
      const { revision } = running.core.requireLedger().state;
      const answer = await signIn(subject);
      await expectOutside({ ...answer, body: answer.body.replaceAll("&quot;", '"') }, status, says);
      expect(running.core.requireLedger().state.revision).toBe(revision);
      visitor.cookies.clear();
    }
  });

  it("with an address that nobody has checked, does not bring it", async () => {
    provider.accounts.set("20", { preferred_username: "eve", email: "admin@example.org" });
    await signIn("20");
    expect(await isIn("eve")).toBe(true);
    expect((await must("GET", "/persons/eve")).email).toBeNull();
  });

  it("is let in by two tabs at the same time, and made once", async () => {
    provider.accounts.set("21", { preferred_username: "twice" });
    const urls = [await leave(), await leave()];
    const backs = await Promise.all(urls.map((url) => provider.visit(url, "21")));
    const answers = await Promise.all(backs.map((back) => comeBack(back)));
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(await isIn("twice")).toBe(true);
  });

  it("and is suspended is told so, and stays outside", async () => {
    provider.accounts.set("22", { preferred_username: "sue" });
    await signIn("22");
    await must("POST", "/persons/sue/suspend", { reason: "Spam." });
    visitor.cookies.clear();
    await expectOutside(await signIn("22"), 403, "sue is suspended: Spam. Ask an admin.");
    await must("POST", "/persons/sue/resume");
    await signIn("22");
    expect(await isIn("sue")).toBe(true);
  });

  it("and says no there is led back to the sign-in page, and from there to where they wanted to be", async () => {
    const start = "/sign-in/start?to=%2Fgroups%3Fx%3D1";
    const back = await provider.deny(await leave(start));
    expect(back.searchParams.get("error")).toBe("access_denied");
    const told = await comeBack(back);
    await expectOutside(told, 403, "You did not let GitLab say who you are.");
    expect(told.body).toContain(`href="${start}"`);
  });
});

describe("an answer of the provider", () => {
  const changed = (url: URL, name: string, value: string) => {
    const other = new URL(url);
    other.searchParams.set(name, value);
    return other;
  };
  const NOT_BEGUN = "was not begun in this browser";

  it("with another state is refused", async () => {
    const back = await provider.visit(await leave(), "1");
    for (const state of ["", "x", "a".repeat(43)])
      await expectOutside(await comeBack(changed(back, "state", state)), 400, NOT_BEGUN);
    const other = new URL(await leave()).searchParams.get("state") ?? "";
    // The state of another sign-in of this browser: its PKCE and nonce are not this code's.
    await expectOutside(await comeBack(changed(back, "state", other)), 400, "is not good");
  });

  it("is refused in another browser, and planted by nobody", async () => {
    const stranger = new TestVisitor(running);
    const back = await provider.visit(await leave(undefined, stranger), "1");
    await expectOutside(await comeBack(back), 400, NOT_BEGUN);
    await leave();
    await expectOutside(await comeBack(back), 400, NOT_BEGUN);
    // It is the stranger's still.
    expect((await comeBack(back, stranger)).status).toBe(303);
  });

  it("is taken once", async () => {
    const back = await provider.visit(await leave(), "1");
    expect((await comeBack(back)).status).toBe(303);
    visitor.cookies.delete(SESSION);
    await expectOutside(await comeBack(back), 400, NOT_BEGUN);
  });

  it("with a code that was used before is refused by the provider", async () => {
    const first = await provider.visit(await leave(), "1");
    const code = first.searchParams.get("code") ?? "";
    expect((await comeBack(first)).status).toBe(303);
    visitor.cookies.clear();
    const second = await provider.visit(await leave(), "1");
    await expectOutside(await comeBack(changed(second, "code", code)), 400, "is not good");
  });

  it("with a code that is too old is refused by the provider", async () => {
    provider.codeSeconds = -60;
    try {
      const back = await provider.visit(await leave(), "1");
      await expectOutside(await comeBack(back), 400, "is not good");
    } finally {
      provider.codeSeconds = 60;
    }
  });

  it("with another nonce is refused", async () => {
    const sent = changed(new URL(await leave()), "nonce", "another");
    await expectOutside(await comeBack(await provider.visit(sent.href, "1")), 400, "is not good");
  });

  it("of another issuer is refused", async () => {
    const back = await provider.visit(await leave(), "1");
    expect(back.searchParams.get("iss")).toBe(provider.issuer);
    const mixed = changed(back, "iss", "https://evil.example");
    await expectOutside(await comeBack(mixed), 400, "is not good");
  });
});

describe("a sign-in", () => {
  it("is begun by nobody else's page", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const headers = { ...FOLLOWED, "Sec-Fetch-Site": site };
      const answer = await visitor.get("/sign-in/start", { headers });
      expect(answer.headers["location"]).toBe("/sign-in");
      expect(answer.headers["set-cookie"]).toBeUndefined();
    }
  });

  it("leads back to no other host", async () => {
    const back = await signIn("1", "/sign-in/start?to=%2F%2Fevil.example");
    expect(back.headers["location"]).toBe("/");
  });

  it("waits until the provider is back, while all else goes on", async () => {
    const start = "/sign-in/start?to=%2Fgroups";
    const back = await provider.visit(await leave(start), "1");
    await provider.stop();
    const away = await comeBack(back);
    expect(away.headers["retry-after"]).toBe("5");
    expect(away.body).toContain(`href="${start}"`);
    await expectOutside(away, 503, "GitLab cannot be reached now.");
    expect((await must("GET", "/persons/alice")).username).toBe("alice");
    await provider.restart();
    visitor.cookies.clear();
    await signIn("1");
    expect(await isIn("alice")).toBe(true);
  });
});

it("a console starts while the provider is away, says so, and takes it up when it is there", async () => {
  const own = await temporaryFolder();
  const { issuer, clientId, clientSecret } = provider;
  await provider.stop();
  const other = await startTestConsole(own.path, {
    signIn: { oidc: { issuer, clientId, clientSecret, caption: "The Login" } },
  });
  try {
    const at = new TestVisitor(other);
    const page = await at.get("/sign-in?to=%2Fgroups");
    expect(page.body).toContain("The Login cannot be reached now.");
    expect(page.body).not.toContain("/sign-in/start");
    expect(page.body).toContain('href="/sign-in?to=%2Fgroups"');
    const away = await at.get("/sign-in/start?to=%2Fgroups");
    expect([away.status, away.body]).toEqual([
      503,
      expect.stringContaining('href="/sign-in/start?to=%2Fgroups"'),
    ]);
    expect((await mustClient(other.httpPort)("GET", "/persons")).items).toEqual([]);
    await provider.restart();
    await waitFor(async () => (await at.get("/sign-in")).body.includes("Sign in with The Login"), {
      describe: "the provider to be found",
    });
  } finally {
    await other.close();
    await own.remove();
  }
});

// The last one: every test here comes from one address.
it("somebody who guesses keeps nobody at their address from a sign-in that they began", async () => {
  const guesser = new TestVisitor(running);
  const back = await provider.visit(await leave(), "1");
  const path = `/sign-in/callback?code=x&state=${"a".repeat(43)}`;
  for (let n = 0; n < 30; n++) await guesser.get(path);
  expect((await guesser.get(path)).status).toBe(429);
  expect((await comeBack(back)).status).toBe(303);
  expect(await isIn("alice")).toBe(true);
});
