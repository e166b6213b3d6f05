import type { Namespace, Project, User } from "../test/support/gitlab/model.ts";
import { GitLabWorld } from "../test/support/gitlab/world.ts";

/** How large a GitLab is. */
export interface WorldSize {
  readonly users: number;
  readonly groups: number;
  readonly projects: number;
  readonly sites: number;
}

/** The host that a society has: a few people and clubs have many projects, most have some. */
export const SOCIETY: WorldSize = { users: 1_500, groups: 300, projects: 10_000, sites: 2_000 };
/** To see what does not depend on the size. */
export const HANDFUL: WorldSize = { users: 40, groups: 10, projects: 200, sites: 40 };

export interface BuiltWorld {
  readonly world: GitLabWorld;
  readonly token: string;
  /** Public projects that have no site yet. */
  readonly ready: { readonly flat: readonly Project[]; readonly nested: readonly Project[] };
}

/** The same GitLab on each run, a third of its groups with subgroups, a fifth of the projects with sites. */
export function buildWorld(size: WorldSize, zone: string): BuiltWorld {
  const world = new GitLabWorld({ now: () => new Date(), zone });
  const token = world.createToken(world.createUser("root", { isAdmin: true }));
  const users = many(size.users, (n) => world.createUser(`member${n}`));
  const groups = many(size.groups, (n) => world.createGroup(`Club${n}`));
  const below = groups
    .filter((_group, n) => n % 3 === 0)
    .flatMap((group) => [world.createGroup("web", group), world.createGroup("Events", group)]);
  const every = Math.round(size.projects / size.sites);
  const ready = { flat: [] as Project[], nested: [] as Project[] };
  let domains = 0;
  for (let n = 0; n < size.projects; n++) {
    const where = placeFor(n, users, groups, below);
    const isSite = n % every === 0;
    const isOpen = isSite || n % 7 === 2;
    const project = world.createProject(where, pathOf(n, where, zone, isSite, world), {
      visibility: isOpen ? "public" : n % 3 === 0 ? "private" : "internal",
      ...(isOpen ? { access: "enabled" } : n % 12 === 0 ? { access: "disabled" } : {}),
      uniqueDomain: isSite && (n / every) % 7 === 3,
    });
    if (!isSite) {
      if (isOpen) (below.includes(where as Namespace) ? ready.nested : ready.flat).push(project);
      continue;
    }
    world.deploy(project);
    if ((n / every) % 25 === 4) world.deploy(project, { prefix: "preview" });
    if ((n / every) % 20 === 9) {
      world.verifyDomain(world.addDomain(project, `site${domains++}.example.net`));
    }
    if ((n / every) % 11 === 5) world.setAccess(project, "private");
  }
  // On the whole host of a home page the daemon answers for new sites without being told.
  const { flat, nested } = ready;
  const hasNoHome = (project: Project) => {
    const namespace = world.namespaceOf(project);
    return world.isFree(namespace, `${namespace.path}.${zone}`);
  };
  return { world, token, ready: { flat: flat.filter(hasNoHome), nested } };
}

/** Two thirds to users, the first of them with most; the rest to groups, some of it below them. */
function placeFor(
  n: number,
  users: readonly User[],
  groups: readonly Namespace[],
  below: readonly Namespace[],
): User | Namespace {
  const spread = Math.floor(n / 10) * 10 + ((n * 7) % 10);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(spread / 3) % from.length] as T;
  const turn = (n * 7_919) % 100;
  if (turn < 65) return pick(users);
  return turn < 90 || below.length === 0 ? pick(groups) : pick(below);
}

/** Mostly as people call projects; some people have their home page. */
function pathOf(
  n: number,
  where: User | Namespace,
  zone: string,
  isSite: boolean,
  world: GitLabWorld,
): string {
  if (isSite && n % 30 === 0 && "username" in where) {
    const home = `${where.username}.${zone}`;
    if (world.isFree(world.namespaceFor(where), home)) return home;
  }
  return n % 4 === 0 ? `Project-${n}` : `project-${n}`;
}

function many<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_each, n) => make(n));
}
