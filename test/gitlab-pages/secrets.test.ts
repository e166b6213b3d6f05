import { inspect } from "node:util";
import { expect, it } from "vitest";
import { GitLab as Client } from "../../src/gitlab-pages/client/gitlab.ts";
import { Transport } from "../../src/gitlab-pages/client/transport.ts";
import { GITLAB_URL, HandClock } from "./support.ts";

it("are in no error, not even those that no header can carry", async () => {
  const token = "glpat-secret-\nnot-one-line";
  const transport = new Transport({
    url: GITLAB_URL,
    concurrency: 1,
    timeoutMs: 1_000,
    clock: new HandClock(),
  });
  const client = new Client({ url: GITLAB_URL, token, transport });
  for (const call of [() => client.whoAmI(), () => client.namespacePages("club")]) {
    const error: unknown = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "unauthorized" });
    expect(inspect(error, { depth: null })).not.toContain("glpat");
  }
});
