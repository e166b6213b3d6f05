import type { Namespace, PagesAccess, Project, User, Visibility } from "./model.ts";
import { PagesInstance } from "./sites.ts";

/** What is said of a new project. */
export interface NewProject {
  /** `public` when left out. */
  readonly visibility?: Visibility;
  /** GitLab's own choice when left out: `private` for a private project, else `enabled`. */
  readonly access?: PagesAccess;
  /** Whether it gets a unique domain, or the label of it; none when left out. */
  readonly uniqueDomain?: boolean | string;
  /** Who made it; the owner of the namespace when left out. */
  readonly by?: User;
}

/**
 * A GitLab with its users, groups and projects, without I/O. Each method is something that people
 * do, and tells `onHook` of the deliveries that GitLab makes for it to the hooks that it has.
 *
 * Written from GitLab's documentation: "System hooks", "Projects API" and "Groups API" (deletion,
 * restoring, transfer), "Users API", and its source where those are silent.
 * Sent are only: `project_create`, `_update`, `_rename`, `_transfer`, `_destroy`; `user_create`,
 * `_rename`, `_destroy`; `group_create`, `_rename`, `_destroy`. A renamed namespace does not tell of
 * its projects, and a transferred group tells nothing.
 */
export class GitLabWorld extends PagesInstance {
  createUser(username: string, options: { isAdmin?: boolean; name?: string } = {}): User {
    if (!this.isFree(null, username)) throw new Error(`the path ${username} is taken`);
    const dates = { createdAt: this.now(), updatedAt: this.now() };
    const user: User = {
      id: this.nextId("user"),
      username,
      name: options.name ?? username,
      email: `${username}@${this.zone}`,
      isAdmin: options.isAdmin ?? false,
      namespaceId: this.nextId("namespace"),
      ...dates,
    };
    this.users.set(user.id, user);
    this.put(this.newNamespace(user.namespaceId, user.username, null, user));
    this.tellOfUser("create", user);
    return user;
  }

  createGroup(path: string, parent: Namespace | null = null): Namespace {
    if (parent?.kind === "user") throw new Error("a user's namespace has no groups");
    const group = this.newNamespace(this.nextId("namespace"), path, parent, null);
    this.put(group);
    this.tellOfGroup("create", group);
    return group;
  }

  /** @param where a user stands for the user's own namespace */
  createProject(where: User | Namespace, path: string, options: NewProject = {}): Project {
    const namespace = this.namespaceFor(where);
    const visibility = options.visibility ?? "public";
    const at = this.now();
    if (!this.isFree(namespace, path)) throw new Error(`the path ${path} is taken there`);
    const project: Project = {
      id: this.nextId("project"),
      projectNamespaceId: this.nextId("namespace"),
      creatorId: options.by?.id ?? namespace.ownerId ?? 1,
      path,
      name: path,
      namespaceId: namespace.id,
      visibility,
      pagesAccess: options.access ?? (visibility === "private" ? "private" : "enabled"),
      archived: false,
      markedForDeletionOn: null,
      pathBefore: null,
      uniqueDomain: null,
      forceHttps: true,
      primaryDomain: null,
      deployments: [],
      domains: [],
      hooks: [],
      members: new Map(),
      createdAt: at,
      updatedAt: at,
      lastActivityAt: at,
    };
    const unique = options.uniqueDomain ?? false;
    if (unique) project.uniqueDomain = unique === true ? this.uniqueLabel(project) : unique;
    this.put(project);
    this.tellOfProject("create", project);
    return project;
  }

  renameProject(project: Project, path: string): void {
    const old_path_with_namespace = this.fullPath(project);
    this.move(project, project.namespaceId, path);
    project.updatedAt = this.now();
    this.tellOfProject("rename", project, { old_path_with_namespace });
  }

  transferProject(project: Project, to: User | Namespace): void {
    const old_path_with_namespace = this.fullPath(project);
    this.move(project, this.namespaceFor(to).id, project.path);
    project.updatedAt = this.now();
    this.tellOfProject("transfer", project, { old_path_with_namespace });
  }

  renameUser(user: User, username: string): void {
    const old_username = user.username;
    this.move(this.namespaceFor(user), null, username);
    user.username = username;
    user.updatedAt = this.now();
    this.tellOfUser("rename", user, { old_username });
  }

  renameGroup(group: Namespace, path: string): void {
    const old = { old_path: group.path, old_full_path: this.fullPath(group) };
    this.move(group, group.parentId, path);
    group.updatedAt = this.now();
    this.tellOfGroup("rename", group, { full_path: this.fullPath(group), ...old });
  }

  /** @param to null for the top. No hook tells of it: the group's own path is the same. */
  transferGroup(group: Namespace, to: Namespace | null): void {
    for (let above = to; above; above = this.namespaces.get(above.parentId ?? -1) ?? null)
      if (above === group) throw new Error("a group cannot be within itself");
    if (to?.kind === "user") throw new Error("a user's namespace has no groups");
    this.move(group, to?.id ?? null, group.path);
    group.updatedAt = this.now();
  }

  /**
   * Deletes at once, or `delayed`: the path becomes `<path>-deletion_scheduled-<id>` and is free,
   * and the deployments are served there until it is deleted in earnest.
   */
  deleteProject(project: Project, options: { delayed?: boolean } = {}): void {
    if (options.delayed) {
      if (project.markedForDeletionOn) return;
      project.pathBefore = project.path;
      project.markedForDeletionOn = this.today();
      this.renameProject(project, `${project.path}-deletion_scheduled-${project.id}`);
      return;
    }
    this.undeploy(project);
    this.tellOfProject("destroy", project);
    this.take(project);
  }

  /** As `deleteProject`; at once, everything in it is deleted first. */
  deleteGroup(group: Namespace, options: { delayed?: boolean } = {}): void {
    if (options.delayed) {
      if (group.markedForDeletionOn) return;
      group.pathBefore = group.path;
      group.markedForDeletionOn = this.today();
      this.renameGroup(group, `${group.path}-deletion_scheduled-${group.id}`);
      return;
    }
    for (const inner of this.groupsIn(group)) this.deleteGroup(inner);
    for (const project of this.projectsIn(group)) this.deleteProject(project);
    this.take(group);
    this.tellOfGroup("destroy", group);
  }

  /** Ends a delayed deletion, under the old path where that is free, else one with the id added. */
  restore(thing: Project | Namespace): void {
    const before = thing.pathBefore;
    if (before === null) throw new Error("it is not about to be deleted");
    const parentId = "namespaceId" in thing ? thing.namespaceId : thing.parentId;
    const path = this.child(parentId, before) ? `${before}-${thing.id}` : before;
    thing.pathBefore = null;
    thing.markedForDeletionOn = null;
    if ("namespaceId" in thing) this.renameProject(thing, path);
    else this.renameGroup(thing, path);
  }

  /** With the user's own projects, memberships and tokens. */
  deleteUser(user: User): void {
    const namespace = this.namespaceFor(user);
    for (const project of this.projectsIn(namespace)) this.deleteProject(project);
    for (const thing of [...this.namespaces.values(), ...this.projects.values()])
      thing.members.delete(user.id);
    for (const token of this.tokens.values()) if (token.userId === user.id) token.revoked = true;
    this.take(namespace);
    this.users.delete(user.id);
    this.tellOfUser("destroy", user);
  }

  /** Where a user's or group's projects are. */
  namespaceFor(where: User | Namespace): Namespace {
    return "username" in where ? this.namespaces.get(where.namespaceId)! : where;
  }

  private newNamespace(
    id: number,
    path: string,
    parent: Namespace | null,
    owner: User | null,
  ): Namespace {
    return {
      id,
      kind: owner ? "user" : "group",
      path,
      name: owner?.name ?? path,
      parentId: parent?.id ?? null,
      ownerId: owner?.id ?? null,
      visibility: "public",
      members: new Map(),
      markedForDeletionOn: null,
      pathBefore: null,
      createdAt: this.now(),
      updatedAt: this.now(),
    };
  }
}
