import { expect, it } from "vitest";
import { scene } from "./support.ts";

it("names no project but the one that a custom domain is of by now", async () => {
  const stage = scene();
  const { gitlabWorld: gitlab } = stage;
  const secret = gitlab.createProject(gitlab.createUser("alice"), "secret-plan");
  gitlab.deploy(secret);
  const domain = gitlab.addDomain(secret, "www.alice.example");
  await stage.sync();
  const read = () => stage.world.state.domains.get("www.alice.example");
  expect(read()).toMatchObject({ project: secret.id, projectPath: "alice/secret-plan" });
  // A project without a site is not known by its path.
  const other = gitlab.createProject(gitlab.createUser("bob"), "tools");
  gitlab.removeDomain(secret, domain);
  gitlab.addDomain(other, "www.alice.example");
  await stage.sync();
  expect(read()).toMatchObject({
    project: other.id,
    projectPath: `project ${other.id}`,
    owner: null,
  });
});
