import fc from "fast-check";
import type { Namespace, Project, User } from "../../support/gitlab/model.ts";
import type { GitLabWorld } from "../../support/gitlab/world.ts";

/** Few names, so that they are taken again and again. */
export const NAMES = ["alice", "bob", "club", "Chess", "docs-4160ce", "wpad"] as const;
const PATHS = ["site", "Wiki", "docs-4160ce"] as const;
const PREFIXES = ["mr3", "site"] as const;
const ACCESS = ["enabled", "disabled", "private", "public"] as const;
const PAUSES_S = [1, 20, 61, 150, 599, 601] as const;

/** What people do in GitLab, how often against each other. */
const inGitLab = {
  createUser: 2,
  createGroup: 2,
  createProject: 4,
  publish: 6,
  deploy: 4,
  undeploy: 1,
  setAccess: 1,
  setUniqueDomain: 1,
  renameProject: 2,
  transferProject: 2,
  deleteProject: 2,
  restore: 1,
  renameUser: 3,
  renameGroup: 3,
  swapNames: 3,
  transferGroup: 1,
  deleteUser: 1,
  deleteGroup: 1,
} as const;
/** What happens to hooks, to the clock and to reads. */
const around = {
  deliver: 6,
  deliverAll: 2,
  deliverTwice: 1,
  lose: 1,
  pass: 6,
  sync: 2,
  break: 1,
  disturb: 4,
  approve: 1,
} as const;

export type GitLabAct = keyof typeof inGitLab;
export type Act = GitLabAct | keyof typeof around;

/** An act, and what it takes to choose: the numbers count among what there is then. */
export interface Step {
  readonly act: Act;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const numbers = { a: fc.nat(99), b: fc.nat(99), c: fc.nat(99) };

function actsOf<Name extends string>(weights: Readonly<Record<Name, number>>) {
  const entries = Object.entries<number>(weights) as [Name, number][];
  return fc.oneof(...entries.map(([act, weight]) => ({ weight, arbitrary: fc.constant(act) })));
}

export const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ act: actsOf({ ...inGitLab, ...around }), ...numbers }), {
    maxLength,
    size: "max",
  });

export function isInGitLab(act: Act): act is GitLabAct {
  return act in inGitLab;
}

/** The acts that may happen between two requests of a read: all of GitLab, and hooks. */
export function actBetween(number: number): Act {
  const acts = [...(Object.keys(inGitLab) as GitLabAct[]), "deliver", "swapNames"] as const;
  return pick(acts, number)!;
}

export const pauseOf = ({ a }: Step): number => pick(PAUSES_S, a)! * 1_000;

/** The addresses that may ever be of interest. */
export function addresses(zone: string): { host: string; path: string }[] {
  const paths = ["/", "/mr3", ...PATHS.flatMap((path) => [`/${path}`, `/${path}/mr3/x`])];
  const below = ["/club/site", "/Chess/Wiki/x", "/docs-4160ce/site"];
  return NAMES.flatMap((name) => {
    const host = `${name}.${zone}`.toLowerCase();
    return [...paths, ...below, `/${host}`].map((path) => ({ host, path }));
  });
}

/** Does it in GitLab. @returns what was done, in words; undefined where it cannot be done */
export function doInGitLab(world: GitLabWorld, { act, a, b, c }: Step): string | undefined {
  const users = [...world.users.values()].filter(({ isAdmin }) => !isAdmin);
  const groups = [...world.namespaces.values()].filter(({ kind }) => kind === "group");
  const namespaces = [...groups, ...users.map((user) => world.namespaceFor(user))];
  const projects = [...world.projects.values()];
  const user = pick(users, a);
  const group = pick(groups, a);
  const project = pick(projects, a);
  const said = (...words: unknown[]) => [act, ...words].join(" ");
  const pathIn = (namespace: Namespace, number: number): string => {
    const home = `${world.rootOf(namespace).path}.${world.zone}`;
    return pick([...PATHS, home], number)!;
  };
  const acts: Record<GitLabAct, () => string | undefined> = {
    createUser: () => said(world.createUser(pick(NAMES, a)!).username),
    createGroup: () => {
      const parent = c % 3 === 0 ? (pick(groups, b) ?? null) : null;
      return said(world.fullPath(world.createGroup(pick(NAMES, a)!, parent)));
    },
    createProject: () => {
      const namespace = pick(namespaces, a);
      return namespace && said(nameOf(world, createIn(namespace)));
    },
    publish: () => {
      const namespace = pick(namespaces, a);
      if (namespace === undefined) return undefined;
      const made = createIn(namespace);
      world.deploy(made);
      return said(nameOf(world, made));
    },
    deploy: () => {
      const prefix = c % 4 === 0 ? pick(PREFIXES, b) : undefined;
      if (project) world.deploy(project, prefix === undefined ? {} : { prefix });
      return project && said(nameOf(world, project), prefix ?? "");
    },
    undeploy: () => {
      if (project) world.undeploy(project, c % 2 === 0 ? "" : undefined);
      return project && said(nameOf(world, project), c % 2 === 0 ? "its base" : "");
    },
    setAccess: () => {
      if (project) world.setAccess(project, pick(ACCESS, b)!);
      return project && said(nameOf(world, project), project.pagesAccess);
    },
    setUniqueDomain: () => {
      const label = c % 3 === 0 ? undefined : uniqueLabel(b);
      if (project) world.setUniqueDomain(project, label ?? false);
      return project && said(nameOf(world, project), label ?? "none");
    },
    renameProject: () => {
      if (project === undefined || project.markedForDeletionOn) return undefined;
      const before = nameOf(world, project);
      world.renameProject(project, pathIn(world.namespaceOf(project), b));
      return said(before, "to", project.path);
    },
    transferProject: () => {
      const to = pick(namespaces, b);
      if (project === undefined || to === undefined) return undefined;
      const before = nameOf(world, project);
      world.transferProject(project, to);
      return said(before, "to", world.fullPath(project));
    },
    deleteProject: () => {
      if (project === undefined) return undefined;
      const text = said(nameOf(world, project), c % 2 === 0 ? "later" : "");
      world.deleteProject(project, { delayed: c % 2 === 0 });
      return text;
    },
    restore: () => {
      const marked = [...projects, ...groups].filter(({ pathBefore }) => pathBefore !== null);
      const thing = pick<Project | Namespace>(marked, a);
      if (thing) world.restore(thing);
      return thing && said(world.fullPath(thing));
    },
    renameUser: () => {
      if (user === undefined) return undefined;
      const before = user.username;
      world.renameUser(user, pick([...NAMES, `${before}-old`], b)!);
      return said(before, "to", user.username);
    },
    renameGroup: () => {
      if (group === undefined || group.markedForDeletionOn) return undefined;
      const before = world.fullPath(group);
      world.renameGroup(group, pick([...NAMES, `old-${group.id}`], b)!);
      return said(before, "to", group.path);
    },
    swapNames: () => swapNames(world, namespaces, a, b),
    transferGroup: () => {
      if (group === undefined) return undefined;
      const before = world.fullPath(group);
      world.transferGroup(group, c % 2 === 0 ? null : (pick(groups, b) ?? null));
      return said(before, "to", world.fullPath(group));
    },
    deleteUser: () => {
      if (user) world.deleteUser(user);
      return user && said(user.username);
    },
    deleteGroup: () => {
      if (group === undefined) return undefined;
      const text = said(world.fullPath(group), c % 2 === 0 ? "later" : "");
      world.deleteGroup(group, { delayed: c % 2 === 0 });
      return text;
    },
  };
  function createIn(namespace: Namespace): Project {
    const uniqueDomain = c % 4 === 0 ? uniqueLabel(c) : undefined;
    const where = pathIn(namespace, b);
    return world.createProject(
      namespace,
      where,
      uniqueDomain === undefined ? {} : { uniqueDomain },
    );
  }
  /** A label that no project has: GitLab sees to that. */
  function uniqueLabel(number: number): string | undefined {
    const taken = new Set(projects.map(({ uniqueDomain }) => uniqueDomain));
    const free = NAMES.map((name) => name.toLowerCase()).filter((name) => !taken.has(name));
    return pick(free, number);
  }
  if (!isInGitLab(act)) return undefined;
  try {
    return acts[act]();
  } catch (error) {
    if (error instanceof Error && /is taken|within itself/.test(error.message)) return undefined;
    throw error;
  }
}

/** What a namespace was called is another's at once: the quickest way to a name that changes hands. */
function swapNames(
  world: GitLabWorld,
  namespaces: readonly Namespace[],
  a: number,
  b: number,
): string | undefined {
  const top = namespaces.filter(
    ({ parentId, markedForDeletionOn: gone }) => parentId === null && !gone,
  );
  const from = pick(top, a);
  const to = pick(top, b);
  if (from === undefined || to === undefined || from === to) return undefined;
  const [name, other] = [from.path, to.path];
  rename(world, from, `moving-${from.id}`);
  rename(world, to, name);
  rename(world, from, other);
  return `swapNames ${name} and ${other}`;
}

function rename(world: GitLabWorld, namespace: Namespace, path: string): void {
  const user: User | undefined = world.users.get(namespace.ownerId ?? -1);
  if (user === undefined) world.renameGroup(namespace, path);
  else world.renameUser(user, path);
}

function nameOf(world: GitLabWorld, project: Project): string {
  const own = project.uniqueDomain === null ? "" : ` at ${project.uniqueDomain}`;
  return `${world.fullPath(project)} (${project.id})${own}`;
}

function pick<Value>(values: readonly Value[], number: number): Value | undefined {
  return values[number % values.length];
}
