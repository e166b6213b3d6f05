import type { Overrides } from "../../../src/app.ts";
import { GitLab } from "../../support/gitlab/gitlab.ts";
import type { Project } from "../../support/gitlab/model.ts";
import { GitLabWorld } from "../../support/gitlab/world.ts";
import { zone } from "../../support/console.ts";

/** A GitLab without sockets, and what has a console read it. */
export interface GitLabStage {
  readonly world: GitLabWorld;
  readonly gitlab: GitLab;
  readonly settings: { readonly pages: object; readonly gitlab: object };
  readonly overrides: Overrides;
  /** A site for each of so many users; then they are all gone at once. */
  addSites(names: readonly string[]): readonly Project[];
  removeSites(): void;
}

/** Stages one whose removals are held when two owners lose theirs. */
export function stageGitLab(): GitLabStage {
  const url = "https://gitlab.example";
  const world = new GitLabWorld({ now: () => new Date(), url, zone });
  const token = world.createToken(world.createUser("root", { isAdmin: true }));
  const projects: Project[] = [];
  const gitlab = new GitLab(world);
  return {
    world,
    gitlab,
    settings: {
      pages: { enabled: true },
      gitlab: { enabled: true, url, token, guard: { owners: 2, percent: 0 } },
    },
    overrides: { send: gitlab.send },
    addSites: (names) => {
      for (const name of names) {
        const project = world.createProject(world.createUser(name), "site");
        world.deploy(project);
        projects.push(project);
      }
      return projects;
    },
    removeSites: () => {
      for (const project of projects) world.deleteProject(project);
    },
  };
}
