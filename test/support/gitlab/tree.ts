import type { Namespace, Project, User } from "./model.ts";

/**
 * GitLab's one tree of paths: users' namespaces and groups at the top, groups in groups, projects
 * in either. A path is unique among its siblings whatever its case, and free again once nobody has
 * it. Source: GitLab's documentation, "Reserved names", "Namespaces", "Repository path changes".
 */
export class NamespaceTree {
  readonly users = new Map<number, User>();
  readonly namespaces = new Map<number, Namespace>();
  /** In the order of their ids. */
  readonly projects = new Map<number, Project>();
  private readonly children = new Map<string, Namespace | Project>();
  private readonly moved = new Map<string, number>();

  namespaceOf(project: Project): Namespace {
    return this.namespaces.get(project.namespaceId)!;
  }

  /** The user, group or top group above all. */
  rootOf(namespace: Namespace): Namespace {
    let root = namespace;
    while (root.parentId !== null) root = this.namespaces.get(root.parentId)!;
    return root;
  }

  /** The groups that a project is in, the newest first. */
  groupsAbove(project: Project): Namespace[] {
    const found: Namespace[] = [];
    for (let id: number | null = project.namespaceId; id !== null;) {
      const above: Namespace = this.namespaces.get(id)!;
      if (above.kind === "group") found.push(above);
      id = above.parentId;
    }
    return found.toSorted((a, b) => b.id - a.id);
  }

  /** In real case, with slashes. */
  fullPath(thing: Namespace | Project): string {
    const parentId = parentOf(thing);
    if (parentId === null) return thing.path;
    return `${this.fullPath(this.namespaces.get(parentId)!)}/${thing.path}`;
  }

  /** What has this full path now, in whatever case it is written. */
  find(fullPath: string): Namespace | Project | undefined {
    let found: Namespace | Project | undefined;
    for (const segment of fullPath.split("/")) {
      if (found && isProject(found)) return undefined;
      found = this.child(found?.id ?? null, segment);
      if (!found) return undefined;
    }
    return found;
  }

  /** The project that had this full path last, when nobody has it now. */
  findMoved(fullPath: string): Project | undefined {
    return this.projects.get(this.moved.get(fullPath.toLowerCase()) ?? -1);
  }

  child(parentId: number | null, path: string): Namespace | Project | undefined {
    return this.children.get(keyOf(parentId, path));
  }

  isFree(parent: Namespace | null, path: string): boolean {
    return !this.child(parent?.id ?? null, path);
  }

  groupsIn(parent: Namespace): Namespace[] {
    return [...this.namespaces.values()].filter(({ parentId }) => parentId === parent.id);
  }

  /** Direct ones only. */
  projectsIn(namespace: Namespace): Project[] {
    return [...this.projects.values()].filter(({ namespaceId }) => namespaceId === namespace.id);
  }

  /** Those of the groups below too. */
  allProjectsIn(namespace: Namespace): Project[] {
    return [...this.projects.values()].filter((project) => this.isWithin(project, namespace));
  }

  isWithin(project: Project, namespace: Namespace): boolean {
    let id: number | null = project.namespaceId;
    while (id !== null) {
      if (id === namespace.id) return true;
      id = this.namespaces.get(id)!.parentId;
    }
    return false;
  }

  protected put(thing: Namespace | Project): void {
    const key = keyOf(parentOf(thing), thing.path);
    if (this.children.has(key)) throw new Error(`the path ${this.fullPath(thing)} is taken`);
    this.children.set(key, thing);
    this.moved.delete(this.fullPath(thing).toLowerCase());
    if (isProject(thing)) this.projects.set(thing.id, thing);
    else this.namespaces.set(thing.id, thing);
  }

  /** Gives it another place; the projects' old paths lead to their new ones until taken. */
  protected move(thing: Namespace | Project, parentId: number | null, path: string): void {
    const taken = this.child(parentId, path);
    if (taken && taken !== thing) throw new Error(`the path ${path} is taken there`);
    const projects = isProject(thing) ? [thing] : this.allProjectsIn(thing);
    for (const project of projects)
      this.moved.set(this.fullPath(project).toLowerCase(), project.id);
    this.children.delete(keyOf(parentOf(thing), thing.path));
    thing.path = path;
    if (isProject(thing)) thing.namespaceId = parentId!;
    else thing.parentId = parentId;
    this.children.set(keyOf(parentId, path), thing);
    for (const project of projects) this.moved.delete(this.fullPath(project).toLowerCase());
  }

  protected take(thing: Namespace | Project): void {
    this.children.delete(keyOf(parentOf(thing), thing.path));
    if (isProject(thing)) this.projects.delete(thing.id);
    else this.namespaces.delete(thing.id);
  }
}

export function isProject(thing: Namespace | Project): thing is Project {
  return "namespaceId" in thing;
}

function parentOf(thing: Namespace | Project): number | null {
  return isProject(thing) ? thing.namespaceId : thing.parentId;
}

function keyOf(parentId: number | null, path: string): string {
  return `${parentId ?? ""}/${path.toLowerCase()}`;
}
