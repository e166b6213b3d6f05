import { type ApiRequest, Refusal, forbidden, notFound, unauthorized } from "./exchange.ts";
import { type AccessToken, type Namespace, type Project, type User, roles } from "./model.ts";
import type { GitLabWorld } from "./world.ts";

/**
 * Who asks, by the token of a request, and what that one may see. Sources: GitLab's documentation,
 * "REST API authentication", "Personal access tokens" (scopes), "Project visibility", "Admin Mode".
 */
export class Viewer {
  readonly user: User | null;
  readonly token: AccessToken | null;
  private readonly world: GitLabWorld;

  /** @throws Refusal 401 for a token that is not good */
  constructor(world: GitLabWorld, request: ApiRequest) {
    this.world = world;
    const { authorization = "" } = request.headers;
    const value = request.headers["private-token"] ?? /^Bearer (.+)$/i.exec(authorization)?.[1];
    this.token = value === undefined ? null : this.tokenOf(value);
    this.user = this.token ? world.users.get(this.token.userId)! : null;
  }

  get isAdmin(): boolean {
    if (!this.user?.isAdmin) return false;
    return !this.world.adminMode || this.token!.scopes.includes("admin_mode");
  }

  /** @throws Refusal 403 as OAuth says it, 401 without a token */
  needScope(...allowed: string[]): void {
    if (!this.token) throw unauthorized();
    if (allowed.some((scope) => this.token!.scopes.includes(scope))) return;
    const error_description =
      "The request requires higher privileges than provided by the access token.";
    const scope = allowed.join(" ");
    throw new Refusal(403, { error: "insufficient_scope", error_description, scope });
  }

  needAdmin(): void {
    if (!this.user) throw unauthorized();
    if (!this.isAdmin) throw forbidden();
  }

  canSee(project: Project): boolean {
    if (this.isAdmin || project.visibility === "public") return true;
    if (!this.user) return false;
    return project.visibility === "internal" || this.roleIn(project) > 0;
  }

  canSeeNamespace(namespace: Namespace): boolean {
    return this.isAdmin || this.roleIn(namespace) > 0;
  }

  canSeeGroup(group: Namespace): boolean {
    if (group.visibility === "public" || this.isAdmin) return true;
    return this.user !== null && (group.visibility === "internal" || this.roleIn(group) > 0);
  }

  maintains(thing: Project): boolean {
    return this.isAdmin || this.roleIn(thing) >= roles.maintainer;
  }

  isMember(project: Project): boolean {
    return this.roleIn(project) > 0;
  }

  /** @throws Refusal 403 below Maintainer, 401 for nobody */
  needMaintainer(project: Project): void {
    if (!this.user) throw unauthorized();
    if (!this.maintains(project)) throw forbidden();
  }

  /**
   * By id or full path.
   * @throws Refusal 404 also for what must not be seen, 301 for a path that it had before
   */
  project(id: string, request: ApiRequest): Project {
    const found = this.projectOf(id);
    if (found && this.canSee(found)) return found;
    const moved = /^\d+$/.test(id) || found ? undefined : this.world.findMoved(id);
    if (moved && this.canSee(moved)) throw movedTo(request, moved);
    throw notFound("Project");
  }

  private projectOf(id: string): Project | undefined {
    if (/^\d+$/.test(id)) return this.world.projects.get(Number(id));
    const found = this.world.find(id);
    return found && "namespaceId" in found ? found : undefined;
  }

  private roleIn(thing: Namespace | Project): number {
    return this.user ? this.world.roleIn(this.user, thing) : 0;
  }

  private tokenOf(value: string): AccessToken {
    const token = this.world.tokens.get(value);
    if (!token) throw unauthorized();
    const expired = token.expiresAt && token.expiresAt <= this.world.now();
    if (!token.revoked && !expired) return token;
    const why = token.revoked ? "revoked" : "expired";
    const error_description = `Token was ${why}. You have to re-authorize from the user.`;
    throw new Refusal(401, { error: "invalid_token", error_description });
  }
}

/** GitLab leads from an old path to the id (REST API, "Redirects"). */
function movedTo(request: ApiRequest, project: Project): Refusal {
  const url = new URL(request.url);
  const path = url.pathname.replace(/(\/projects\/)[^/]+/, `$1${project.id}`);
  const location = `${url.origin}${path}${url.search}`;
  const text = `This resource has been moved permanently to ${location}`;
  return new Refusal(301, text, { location });
}
