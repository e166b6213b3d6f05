import { createHash } from "node:crypto";
import { groupEvent, projectEvent, userEvent } from "./events.ts";
import { type HookKind, HookSender, type SentHook } from "./hooks.ts";
import { type AccessToken, type Project, type User, type WebHook, roles } from "./model.ts";
import { NamespaceTree, isProject } from "./tree.ts";
import type { Namespace } from "./model.ts";

/** How an instance is set up. */
export interface InstanceOptions {
  /** The hand-driven clock; a fixed day when left out. */
  readonly now?: () => Date;
  /** Its own address, as hooks tell it; `https://gitlab.tardis.ac` when left out. */
  readonly url?: string;
  /** The domain of Pages; `tardis.ac` when left out. */
  readonly zone?: string;
  readonly version?: string;
  /** Whether private sites are protected; yes when left out. */
  readonly accessControl?: boolean;
  /** Whether an admin's token needs the scope `admin_mode` too; no when left out. */
  readonly adminMode?: boolean;
}

/** What a hook is made with; the rest is as GitLab's API has it. */
export type NewHook = { readonly url: string } & Partial<
  Pick<WebHook, "name" | "description" | "token" | "signingToken" | "sslVerification" | "events">
>;

const firstDay = new Date("2026-01-05T18:00:00.000Z");

/**
 * The parts of a GitLab that everything else stands on: its clock and settings, tokens, roles and
 * hooks. Sources: GitLab's documentation, "Personal access tokens", "Roles and permissions",
 * "System hooks", "Project webhooks API".
 */
export class GitLabInstance extends NamespaceTree {
  readonly now: () => Date;
  readonly url: string;
  readonly zone: string;
  readonly version: string;
  readonly accessControl: boolean;
  readonly adminMode: boolean;
  readonly tokens = new Map<string, AccessToken>();
  readonly systemHooks: WebHook[] = [];
  private readonly sender: HookSender;
  private readonly counters = new Map<string, number>();

  constructor(options: InstanceOptions = {}) {
    super();
    this.now = options.now ?? (() => firstDay);
    this.url = options.url ?? "https://gitlab.tardis.ac";
    this.zone = options.zone ?? "tardis.ac";
    this.version = options.version ?? "19.0.0";
    this.accessControl = options.accessControl ?? true;
    this.adminMode = options.adminMode ?? false;
    this.sender = new HookSender(this);
  }

  /** Tells of each delivery that GitLab would make. @returns a function that ends it */
  onHook(listener: (sent: SentHook) => void): () => void {
    return this.sender.onHook(listener);
  }

  /** @returns the token's value; its scopes are `api` when left out */
  createToken(user: User, scopes: readonly string[] = ["api"], expiresAt?: Date): string {
    const id = this.nextId("token");
    const value = `glpat-${this.digest(`token ${id}`, 20)}`;
    const created = { createdAt: this.now(), expiresAt: expiresAt ?? null, revoked: false };
    this.tokens.set(value, { id, value, name: "console", userId: user.id, scopes, ...created });
    return value;
  }

  revokeToken(value: string): void {
    this.tokens.get(value)!.revoked = true;
  }

  /** From then on the user's tokens see what the user may see. */
  setAdmin(user: User, isAdmin: boolean): void {
    user.isAdmin = isAdmin;
  }

  /** @param role one of `roles`, 0 to end the membership */
  setRole(user: User, in_: Namespace | Project, role: number): void {
    if (role === 0) in_.members.delete(user.id);
    else in_.members.set(user.id, role);
  }

  /** The user's highest role in it, with what the groups above give; 0 for none. */
  roleIn(user: User, thing: Namespace | Project): number {
    let role = thing.members.get(user.id) ?? 0;
    if (!isProject(thing) && thing.ownerId === user.id) role = roles.owner;
    const above = isProject(thing) ? thing.namespaceId : thing.parentId;
    if (above === null) return role;
    return Math.max(role, this.roleIn(user, this.namespaces.get(above)!));
  }

  addSystemHook(hook: NewHook): WebHook {
    const events = { push_events: false, tag_push_events: false, merge_requests_events: false };
    const added = this.hook(null, hook, { ...events, repository_update_events: true });
    this.systemHooks.push(added);
    return added;
  }

  addProjectHook(project: Project, hook: NewHook): WebHook {
    const events = { push_events: true, pipeline_events: false, job_events: false };
    const added = this.hook(project.id, hook, { ...events, deployment_events: false });
    project.hooks.push(added);
    return added;
  }

  removeHook(hook: WebHook): void {
    const hooks =
      hook.projectId === null ? this.systemHooks : this.projects.get(hook.projectId)!.hooks;
    hooks.splice(hooks.indexOf(hook), 1);
  }

  /** @param flag the hook's own switch for this event, where there is one */
  protected tellSystem(event: Record<string, unknown>, flag?: string): void {
    const hooks = this.systemHooks.filter(({ events }) => !flag || events[flag]);
    this.sender.send(hooks, "System Hook", event);
  }

  protected tellProject(
    project: Project,
    kind: HookKind,
    flag: string,
    event: Record<string, unknown>,
  ): void {
    const hooks = project.hooks.filter(({ events }) => events[flag]);
    this.sender.send(hooks, kind, event);
  }

  protected tellOfProject(name: string, project: Project, more: object = {}): void {
    this.tellSystem({ ...projectEvent(this, `project_${name}`, project), ...more });
  }

  protected tellOfUser(name: string, user: User, more: object = {}): void {
    this.tellSystem({ ...userEvent(`user_${name}`, user), ...more });
  }

  protected tellOfGroup(name: string, group: Namespace, more: object = {}): void {
    this.tellSystem({ ...groupEvent(`group_${name}`, group), ...more });
  }

  /** Ids are given once: those of what is gone are never given again. */
  protected nextId(kind: string): number {
    const id = (this.counters.get(kind) ?? 0) + 1;
    this.counters.set(kind, id);
    return id;
  }

  /** Something that looks random and is the same on each run. */
  protected digest(text: string, length: number): string {
    return createHash("sha256").update(text).digest("hex").slice(0, length);
  }

  /** The day of the clock, as `2026-01-05`. */
  protected today(): string {
    return this.now().toISOString().slice(0, 10);
  }

  private hook(
    projectId: number | null,
    hook: NewHook,
    defaults: Record<string, boolean>,
  ): WebHook {
    return {
      id: this.nextId("hook"),
      projectId,
      url: hook.url,
      name: hook.name ?? null,
      description: hook.description ?? null,
      token: hook.token ?? null,
      signingToken: hook.signingToken ?? null,
      sslVerification: hook.sslVerification ?? true,
      events: { ...defaults, ...hook.events },
      createdAt: this.now(),
    };
  }
}
