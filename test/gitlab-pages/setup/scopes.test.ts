import { describe, expect, it } from "vitest";
import { requireApi, scopesOf } from "../../../src/gitlab-pages/setup/scopes.ts";
import { failing, garbled } from "../../support/gitlab/faults.ts";
import { stage } from "./support.ts";

const SELF = { path: /personal_access_tokens/ };

describe("what the token may do", () => {
  it.each([
    [["api"], true],
    [["read_api", "admin_mode", "api"], true],
    [["read_api", "admin_mode"], false],
    [["read_user", "write_repository"], false],
    [[], false],
  ])("is what GitLab says: %j set hooks up: %s", async (scopes, may) => {
    const { client } = stage({ scopes });
    expect((await scopesOf(client))?.scopes).toEqual(scopes);
    const asked = requireApi(client);
    if (may) return expect(asked).resolves.toBeUndefined();
    await expect(asked).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining(
        `gitlab.token has ${scopes.join(", ") || "no scope"} and may not set hooks up`,
      ),
    });
  });

  it.each([404, 403])("is not told where GitLab answers %i: it may be tried", async (status) => {
    const { gitlab, client } = stage({ scopes: ["read_api"] });
    gitlab.faults.add(SELF, failing(status));
    expect(await scopesOf(client)).toBeUndefined();
    await expect(requireApi(client)).resolves.toBeUndefined();
  });

  it.each([
    [401, failing(401), "unauthorized"],
    [429, failing(429), "limited"],
    [500, failing(500), "unavailable"],
    ["what is no answer", garbled(), "invalid"],
  ])(
    "is not known where GitLab answers %s: nobody takes that for a yes",
    async (_, fault, code) => {
      const { gitlab, client } = stage();
      gitlab.faults.add(SELF, fault);
      await expect(scopesOf(client)).rejects.toMatchObject({ code });
      await expect(requireApi(client)).rejects.toMatchObject({ code });
    },
  );
});
