import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signInDoctor } from "../../src/auth/doctor.ts";
import type { Part } from "../../src/checks/check.ts";
import { closeServer, listen } from "../../src/listeners.ts";
import { configFrom, faultsIn, lookAt, saidOf, subjectOf } from "../doctor/support.ts";
import { type IdentityProvider, startIdentityProvider } from "../support/identity-provider.ts";

const PUBLIC = "https://console.tardis.test";

describe("the doctor at the sign-in", () => {
  let identity: IdentityProvider;
  beforeAll(async () => {
    identity = await startIdentityProvider({ publicUrl: PUBLIC });
  }, 30_000);
  afterAll(() => identity?.stop());

  const look = (env: Record<string, string> = {}) => {
    const config = configFrom({
      PUBLICURL: PUBLIC,
      SIGN_IN__OIDC__ISSUER: identity.issuer,
      SIGN_IN__OIDC__CLIENT_ID: identity.clientId,
      SIGN_IN__OIDC__CLIENT_SECRET: identity.clientSecret,
      ...env,
    });
    const subject = subjectOf(config);
    const part: Part = { name: "Sign-in", look: (look) => signInDoctor.look(look, subject) };
    return lookAt(part);
  };

  it("finds nothing wrong where the provider knows the console", async () => {
    const lines = await look();
    expect(faultsIn(lines)).toEqual([]);
    expect(saidOf(lines, "client")).toMatch(/^ok: /);
  });

  it.each([
    ["secret", { SIGN_IN__OIDC__CLIENT_SECRET: "wrong-secret" }],
    ["id", { SIGN_IN__OIDC__CLIENT_ID: "somebody" }],
  ])("tells that the %s is not taken, without it", async (_what, env) => {
    const lines = await look(env);
    expect(saidOf(lines, "client")).toMatch(/^wrong: The provider does not take this console's id/);
    expect(JSON.stringify(lines)).not.toContain("wrong-secret");
    expect(JSON.stringify(lines)).not.toContain(identity.clientSecret);
  });

  it("tells of scopes that it does not know", async () => {
    const lines = await look({ SIGN_IN__OIDC__SCOPES: "openid,cats" });
    expect(saidOf(lines, "provider")).toMatch(/^warning: .*knows no scope cats/);
  });

  it.each([
    [
      { issuer: "http://elsewhere.test" },
      /^wrong: .*says that its issuer is http:\/\/elsewhere\.test/,
    ],
    ["<html>", /^wrong: .*does not describe an OpenID Connect provider/],
  ])("tells of one that describes itself by %j", async (said, says) => {
    const server = createServer(
      (_request, response) =>
        void response.end(typeof said === "string" ? said : JSON.stringify(said)),
    );
    const port = await listen(server, { host: "127.0.0.1", port: 0 }, "test");
    const lines = await look({ SIGN_IN__OIDC__ISSUER: `http://127.0.0.1:${port}` });
    await closeServer(server);
    expect(saidOf(lines, "provider")).toMatch(says);
    expect(saidOf(lines, "client")).toBeUndefined();
  });

  it("tells whether there is a group of admins by its number", async () => {
    const server = createServer(({ url, headers }, response) => {
      const isKnown = url === "/api/v4/groups/7" && headers.authorization === "Bearer glpat-1";
      response.writeHead(isKnown ? 200 : 404).end(JSON.stringify({ full_path: "committee" }));
    });
    const port = await listen(server, { host: "127.0.0.1", port: 0 }, "test");
    const env = {
      GITLAB__URL: `http://127.0.0.1:${port}`,
      GITLAB__TOKEN: "glpat-1",
      GITLAB__ISSUER: identity.issuer,
    };
    const known = await look({ ...env, SIGN_IN__ADMINS__GROUP: "7" });
    const unknown = await look({ ...env, SIGN_IN__ADMINS__GROUP: "8" });
    await closeServer(server);
    expect(saidOf(known, "admin group") ?? "none").toMatch(
      /^ok: Admins are members of committee \(7\)/,
    );
    expect(saidOf(unknown, "admin group") ?? "none").toMatch(/^wrong: .*number 8 \(404\)/);
  });
});
