import {
  type PipelineState,
  jobEvent,
  pipelineEvent,
  pushEvent,
  repositoryUpdateEvent,
} from "./events.ts";
import { GitLabInstance } from "./instance.ts";
import type {
  Certificate,
  Deployment,
  PagesAccess,
  PagesDomain,
  Project,
  User,
  Visibility,
} from "./model.ts";

const verifiedFor = 7 * 24 * 60 * 60 * 1000;

/** What is said of a deployment. */
export interface DeployOptions {
  /** The path prefix of a parallel deployment; the base when left out. */
  readonly prefix?: string;
  readonly rootDirectory?: string;
  /** When it ends by itself; never when left out. */
  readonly expiresAt?: Date;
}

/**
 * What happens to the pages of projects. No hook tells of a deployment or a domain. A change of
 * settings is a `project_update` that does not say what changed. Sources: GitLab's documentation,
 * "Pages API", "Pages domains API", "Parallel deployments", "Pages access control", "Webhook
 * events".
 */
export class PagesInstance extends GitLabInstance {
  /** Publishes: takes the place of the deployment with the same prefix. Sends nothing. */
  deploy(project: Project, options: DeployOptions = {}): Deployment {
    const pathPrefix = options.prefix ?? "";
    this.undeploy(project, pathPrefix);
    const deployment: Deployment = {
      id: this.nextId("deployment"),
      createdAt: this.now(),
      pathPrefix,
      rootDirectory: options.rootDirectory ?? null,
      ciBuildId: this.nextId("job"),
      expiresAt: options.expiresAt ?? null,
      active: true,
    };
    project.deployments.push(deployment);
    return deployment;
  }

  /** Takes all deployments away, or the one with this prefix (empty for the base). Sends nothing. */
  undeploy(project: Project, prefix?: string): void {
    for (const deployment of project.deployments)
      if (prefix === undefined || deployment.pathPrefix === prefix) deployment.active = false;
  }

  /** Those that are served now. */
  activeDeployments(project: Project): Deployment[] {
    return project.deployments.filter(
      ({ active, expiresAt }) => active && (!expiresAt || expiresAt > this.now()),
    );
  }

  setAccess(project: Project, access: PagesAccess): void {
    project.pagesAccess = access;
    this.changed(project);
  }

  setVisibility(project: Project, visibility: Visibility): void {
    project.visibility = visibility;
    this.changed(project);
  }

  /** @param on true for a label of GitLab's making, or the label */
  setUniqueDomain(project: Project, on: boolean | string): void {
    project.uniqueDomain = typeof on === "string" ? on : on ? this.uniqueLabel(project) : null;
    this.changed(project);
  }

  /** @param url as `https://docs.example.com`, null for none */
  setPrimaryDomain(project: Project, url: string | null): void {
    project.primaryDomain = url;
    this.changed(project);
  }

  /** Archiving takes the deployments away for good (17.5 and newer). */
  setArchived(project: Project, archived: boolean): void {
    project.archived = archived;
    if (archived) this.undeploy(project);
    this.changed(project);
  }

  /** Whether only some people see the site, so that the daemon asks for a sign-in. */
  isPrivateSite(project: Project): boolean {
    const open = project.pagesAccess === "enabled" && project.visibility === "public";
    return this.accessControl && project.pagesAccess !== "public" && !open;
  }

  /**
   * Not yet verified, as a new domain is. Sends nothing. A domain inside of the zone is taken too,
   * which GitLab refuses for its own zone only.
   * @throws Error when some project has the domain
   */
  addDomain(
    project: Project,
    domain: string,
    options: { autoSsl?: boolean; certificate?: Certificate } = {},
  ): PagesDomain {
    if (this.findDomain(domain)) throw new Error(`the domain ${domain} is taken`);
    const added: PagesDomain = {
      domain,
      verified: false,
      verificationCode: this.digest(`domain ${this.nextId("domain")}`, 32),
      enabledUntil: null,
      autoSsl: options.autoSsl ?? false,
      certificate: options.certificate ?? null,
    };
    project.domains.push(added);
    return added;
  }

  /** The check of its TXT record succeeds: it is enabled for a week. */
  verifyDomain(domain: PagesDomain): void {
    domain.verified = true;
    domain.enabledUntil = new Date(this.now().getTime() + verifiedFor);
  }

  /** The check fails: it stays enabled until its time is over. */
  failDomain(domain: PagesDomain): void {
    domain.verified = false;
  }

  removeDomain(project: Project, domain: PagesDomain): void {
    project.domains.splice(project.domains.indexOf(domain), 1);
  }

  /** Who has a custom domain, in whatever case it is written. */
  findDomain(name: string): { project: Project; domain: PagesDomain } | undefined {
    for (const project of this.projects.values())
      for (const domain of project.domains)
        if (domain.domain.toLowerCase() === name.toLowerCase()) return { project, domain };
    return undefined;
  }

  /** Hooks of a push to main. @returns the commit */
  push(project: Project, by: User = this.creatorOf(project)): string {
    project.lastActivityAt = this.now();
    const sha = this.digest(`commit ${this.nextId("commit")}`, 40);
    this.tellSystem(repositoryUpdateEvent(this, project, by, sha), "repository_update_events");
    const push = pushEvent(this, project, by, sha);
    this.tellSystem(push, "push_events");
    this.tellProject(project, "Push Hook", "push_events", push);
    return sha;
  }

  /** Hooks of the project's own of a job and its pipeline in this status. */
  pipeline(project: Project, status: string, jobName = "pages"): void {
    const id = this.nextId("pipeline");
    const sha = this.digest(`commit ${id}`, 40);
    const state: PipelineState = { id, jobId: id, jobName, status, sha, at: this.now() };
    this.tellProject(project, "Job Hook", "job_events", jobEvent(this, project, state));
    const event = pipelineEvent(this, project, this.creatorOf(project), state);
    this.tellProject(project, "Pipeline Hook", "pipeline_events", event);
  }

  /** A push, a pipeline, a deployment, and the end of the pipeline. */
  publish(project: Project, options: DeployOptions = {}): Deployment {
    this.push(project);
    this.pipeline(project, "running");
    const deployment = this.deploy(project, options);
    this.pipeline(project, "success");
    return deployment;
  }

  protected uniqueLabel(project: Project): string {
    const name = project.path.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    return `${name.slice(0, 50)}-${this.digest(`unique ${project.id}`, 6)}`;
  }

  protected changed(project: Project): void {
    project.updatedAt = this.now();
    this.tellOfProject("update", project);
  }

  private creatorOf(project: Project): User {
    const user = this.users.get(project.creatorId) ?? this.users.values().next().value;
    if (!user) throw new Error("a push needs a user");
    return user;
  }
}
