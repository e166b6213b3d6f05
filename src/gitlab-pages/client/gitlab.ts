import {
  GitlabPages,
  Metadata,
  Namespaces,
  PagesDomains,
  PersonalAccessTokens,
  ProjectHooks,
  Projects,
  SystemHooks,
  Users,
} from "@gitbeaker/rest";
import { createRequesterFn, type FormattedResponse } from "@gitbeaker/requester-utils";
import { z } from "zod";
import * as answers from "./answers.ts";
import { read } from "./answers.ts";
import { GitLabError } from "./error.ts";
import type { Method, Transport } from "./transport.ts";

export interface GitLabOptions {
  /** GitLab's address, without a slash at its end: with one every path of the client is wrong. */
  readonly url: string;
  readonly token: string;
  readonly transport: Transport;
  readonly signal?: AbortSignal | undefined;
}

/** An active deployment of a project, as GraphQL tells it. */
export interface DeploymentNode {
  readonly project: number;
  readonly projectPath: string;
  readonly url: string;
  readonly pathPrefix: string;
}

/** What a namespace, of that id by now, has deployed. */
export interface NamespacePages {
  readonly namespace: number;
  readonly nodes: readonly DeploymentNode[];
}

/** What a hook of ours asks GitLab to send. */
export interface HookWish {
  readonly url: string;
  readonly token: string | null;
  readonly signingToken: string | null;
  readonly events: Readonly<Record<string, boolean>>;
}

const PAGE = 100;
/** No list has more pages; one that does not end fills no memory. */
const PAGES_MAX = 1_000;
/** https://docs.gitlab.com/api/graphql/reference/#namespacepagesdeployments */
const NAMESPACE_QUERY = `query($path: ID!, $after: String) {
  namespace(fullPath: $path) {
    id
    pagesDeployments(active: true, first: ${PAGE}, after: $after) {
      nodes { url pathPrefix createdAt project { id fullPath } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/** What the console asks of one GitLab, every answer held to its schema. All of it throws GitLabError. */
export class GitLab {
  readonly url: string;
  readonly #token: string;
  readonly #transport: Transport;
  readonly #signal: AbortSignal | undefined;
  readonly #projects: InstanceType<typeof Projects>;
  readonly #pages: InstanceType<typeof GitlabPages>;
  readonly #domains: InstanceType<typeof PagesDomains>;
  readonly #namespaces: InstanceType<typeof Namespaces>;
  readonly #users: InstanceType<typeof Users>;
  readonly #systemHooks: InstanceType<typeof SystemHooks>;
  readonly #projectHooks: InstanceType<typeof ProjectHooks>;
  readonly #tokens: InstanceType<typeof PersonalAccessTokens>;
  readonly #metadata: InstanceType<typeof Metadata>;

  constructor({ url, token, transport, signal }: GitLabOptions) {
    this.url = url;
    this.#token = token;
    this.#transport = transport;
    this.#signal = signal;
    const resource = {
      host: url,
      token,
      camelize: false as const,
      // Our transport keeps the deadlines.
      queryTimeout: null,
      requesterFn: createRequesterFn(
        (_resource, request) => Promise.resolve(request),
        (endpoint, request) => this.#request(endpoint, request as unknown as RequestParts),
      ),
    };
    this.#projects = new Projects(resource);
    this.#pages = new GitlabPages(resource);
    this.#domains = new PagesDomains(resource);
    this.#namespaces = new Namespaces(resource);
    this.#users = new Users(resource);
    this.#systemHooks = new SystemHooks(resource);
    this.#projectHooks = new ProjectHooks(resource);
    this.#tokens = new PersonalAccessTokens(resource);
    this.#metadata = new Metadata(resource);
  }

  /** Who the token is. */
  async whoAmI(): Promise<answers.UserAnswer> {
    return read(answers.userAnswer, await this.#users.showCurrentUser(), "ourselves");
  }

  /**
   * The projects after an id, in the order of their ids: a hundred or a few more.
   * @returns undefined after the last one
   */
  async projectsAfter(id: number): Promise<readonly answers.ProjectAnswer[] | undefined> {
    const found = await this.#projects.all({
      pagination: "keyset",
      orderBy: "id",
      sort: "asc",
      perPage: PAGE,
      maxPages: 1,
      idAfter: id,
    } as Parameters<InstanceType<typeof Projects>["all"]>[0]);
    const projects = read(z.array(answers.projectAnswer), found, "projects");
    // Whatever a page holds, the walk goes up, and ends only with an empty one.
    for (const [position, project] of projects.entries()) {
      if (project.id <= (projects[position - 1]?.id ?? id)) {
        throw new GitLabError("invalid", "GitLab's list of projects is not in order.");
      }
    }
    return projects.length === 0 ? undefined : projects;
  }

  async project(id: number): Promise<answers.ProjectAnswer> {
    return read(answers.projectAnswer, await this.#projects.show(id), `project ${id}`);
  }

  async pages(project: number): Promise<answers.PagesAnswer> {
    const body = await this.#pages.showSettings(project);
    return read(answers.pagesAnswer, body, `the Pages of project ${project}`);
  }

  /** @param idOrPath the namespace's id, or its full path */
  async namespace(idOrPath: number | string): Promise<answers.NamespaceAnswer> {
    const body = await this.#namespaces.show(idOrPath);
    return read(answers.namespaceAnswer, body, "a namespace");
  }

  /**
   * The user of a personal namespace, where the project does not say.
   * @returns undefined where GitLab does not confirm that the namespace is theirs
   */
  async userOf(username: string, namespace: number): Promise<number | undefined> {
    const found = read(z.array(answers.userAnswer), await this.#users.all({ username }), "a user");
    return found.find((user) => user.namespace_id === namespace)?.id;
  }

  /**
   * The active deployments of a namespace's own projects.
   * @returns undefined when there is no such namespace
   */
  async namespacePages(path: string): Promise<NamespacePages | undefined> {
    const nodes: DeploymentNode[] = [];
    let namespace: number | undefined;
    let after: string | null = null;
    for (let page = 1; ; page++) {
      const { body } = await this.#transport.call(
        {
          method: "POST",
          changesNothing: true,
          path: "api/graphql",
          headers: {
            authorization: `Bearer ${this.#token}`,
            "content-type": "application/json",
          },
          body: JSON.stringify({ query: NAMESPACE_QUERY, variables: { path, after } }),
        },
        this.#signal,
      );
      const { data, errors } = read(answers.namespacePagesAnswer, body, "a namespace's Pages");
      if (errors !== undefined && errors.length > 0) {
        throw new GitLabError("refused", "GitLab does not answer this question by GraphQL.");
      }
      if (data?.namespace == null) {
        if (after === null) return undefined;
        throw new GitLabError("invalid", `The namespace ${path} left while it was read.`);
      }
      const { id, pagesDeployments: found } = data.namespace;
      if (namespace !== undefined && namespace !== idOf(id)) {
        throw new GitLabError("invalid", `The namespace ${path} left while it was read.`);
      }
      namespace = idOf(id);
      for (const { url, pathPrefix, project } of found.nodes) {
        nodes.push({
          project: idOf(project.id),
          projectPath: project.fullPath,
          url,
          pathPrefix: pathPrefix ?? "",
        });
      }
      if (!found.pageInfo.hasNextPage) return { namespace, nodes };
      const next = found.pageInfo.endCursor ?? null;
      // Half a list is none.
      if (next === null || next === after || page === PAGES_MAX) throw endless(`sites of ${path}`);
      after = next;
    }
  }

  /** Every custom domain of every project; for an admin's token. */
  async domains(): Promise<readonly answers.DomainAnswer[]> {
    const all = new Map<string, answers.DomainAnswer>();
    for (let page = 1; page <= PAGES_MAX; page++) {
      const body = await this.#domains.all({ perPage: PAGE, page } as never);
      const found = read(z.array(answers.domainAnswer), body, "custom domains");
      const before = all.size;
      for (const one of found) all.set(one.domain, one);
      if (found.length < PAGE) return [...all.values()];
      if (all.size === before) break;
    }
    throw endless("custom domains");
  }

  async version(): Promise<string> {
    return read(answers.metadataAnswer, await this.#metadata.show(), "its version").version;
  }

  /** What the token may do; undefined for tokens that are none of a user's own. */
  async tokenScopes(): Promise<answers.TokenAnswer> {
    return read(answers.tokenAnswer, await this.#tokens.show(), "the token");
  }

  async systemHooks(): Promise<readonly answers.HookAnswer[]> {
    return read(z.array(answers.hookAnswer), await this.#systemHooks.all(), "system hooks");
  }

  async addSystemHook(wish: HookWish): Promise<answers.HookAnswer> {
    const body = await this.#systemHooks.create(wish.url, hookFields(wish));
    return read(answers.hookAnswer, body, "the system hook");
  }

  async removeSystemHook(id: number): Promise<void> {
    await this.#systemHooks.remove(id);
  }

  async projectHooks(project: number): Promise<readonly answers.HookAnswer[]> {
    const body = await this.#projectHooks.all(project);
    return read(z.array(answers.hookAnswer), body, `the hooks of project ${project}`);
  }

  async addProjectHook(project: number, wish: HookWish): Promise<answers.HookAnswer> {
    const body = await this.#projectHooks.add(project, wish.url, hookFields(wish));
    return read(answers.hookAnswer, body, `the hook of project ${project}`);
  }

  async editProjectHook(project: number, id: number, wish: HookWish): Promise<void> {
    await this.#projectHooks.edit(project, id, wish.url, hookFields(wish));
  }

  async removeProjectHook(project: number, id: number): Promise<void> {
    await this.#projectHooks.remove(project, id);
  }

  async #request(endpoint: string, request: RequestParts): Promise<FormattedResponse> {
    const { method, headers, searchParams, body } = request;
    const answer = await this.#transport.call(
      { method, path: `api/v4/${endpoint}`, headers, query: searchParams, body },
      this.#signal,
    );
    return answer as FormattedResponse;
  }
}

function endless(what: string): GitLabError {
  return new GitLabError("invalid", `GitLab's list of ${what} does not end.`);
}

/** The number in a global id, `gid://gitlab/Project/12`. */
function idOf(globalId: string): number {
  return Number(globalId.split("/").at(-1));
}

interface RequestParts {
  readonly method: Method;
  readonly headers: Record<string, string>;
  readonly searchParams?: string;
  readonly body?: string;
}

/** https://docs.gitlab.com/api/project_webhooks/; `signing_token` is of GitLab 19. */
function hookFields({ token, signingToken, events }: HookWish): Record<string, unknown> {
  return {
    ...events,
    enableSslVerification: true,
    ...(token === null ? {} : { token }),
    ...(signingToken === null ? {} : { signingToken }),
  };
}
