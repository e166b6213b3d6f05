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
import { type NamespacePages, readNamespacePages } from "./namespace-pages.ts";
import { everyPage, PAGE } from "./paging.ts";
import type { Method, Transport } from "./transport.ts";

export interface GitLabOptions {
  /** GitLab's address, without a slash at its end: with one every path of the client is wrong. */
  readonly url: string;
  readonly token: string;
  readonly transport: Transport;
  readonly signal?: AbortSignal | undefined;
}

/** What a hook of ours asks GitLab to send. */
export interface HookWish {
  readonly url: string;
  readonly token: string | null;
  readonly signingToken: string | null;
  readonly events: Readonly<Record<string, boolean>>;
}

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
   * The top group above a project, and what it is called, in one answer: asked for by name it could
   * be another's by then (https://docs.gitlab.com/api/projects/#list-groups).
   * @returns undefined for a project of a user's namespace
   */
  async rootGroupOf(project: number): Promise<{ id: number; path: string } | undefined> {
    const above = await everyPage(
      answers.ancestorAnswer,
      `groups of project ${project}`,
      ({ id }) => id,
      (page) => this.#projects.allGroups(project, page as never),
    );
    const root = above.find(({ full_path: path }) => !path.includes("/"));
    return root === undefined ? undefined : { id: root.id, path: root.full_path };
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
  namespacePages(path: string): Promise<NamespacePages | undefined> {
    return readNamespacePages(path, async (question) => {
      const call = {
        method: "POST",
        changesNothing: true,
        path: "api/graphql",
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
        body: JSON.stringify(question),
      } as const;
      return (await this.#transport.call(call, this.#signal)).body;
    });
  }

  /** Every custom domain of every project; for an admin's token. */
  async domains(): Promise<readonly answers.DomainAnswer[]> {
    return everyPage(
      answers.domainAnswer,
      "custom domains",
      ({ domain }) => domain.toLowerCase(),
      (page) => this.#domains.all(page as never),
    );
  }

  async version(): Promise<string> {
    return read(answers.metadataAnswer, await this.#metadata.show(), "its version").version;
  }

  /** What the token may do, and until when. `not_found` for tokens that are no personal access tokens. */
  async tokenScopes(): Promise<answers.TokenAnswer> {
    return read(answers.tokenAnswer, await this.#tokens.show(), "the token");
  }

  async systemHooks(): Promise<readonly answers.HookAnswer[]> {
    return everyPage(
      answers.hookAnswer,
      "system hooks",
      ({ id }) => id,
      (page) => this.#systemHooks.all(page as never),
    );
  }

  async addSystemHook(wish: HookWish): Promise<answers.HookAnswer> {
    const body = await this.#systemHooks.create(wish.url, hookFields(wish));
    return read(answers.hookAnswer, body, "the system hook");
  }

  async removeSystemHook(id: number): Promise<void> {
    await this.#systemHooks.remove(id);
  }

  async projectHooks(project: number): Promise<readonly answers.HookAnswer[]> {
    return everyPage(
      answers.hookAnswer,
      `hooks of project ${project}`,
      ({ id }) => id,
      (page) => this.#projectHooks.all(project, page as never),
    );
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
    const { method, headers, searchParams, body, prefixUrl } = request;
    // Some resources have a part of their path in the prefix: `projects` of `projects/7/hooks`.
    const base = prefixUrl.slice(this.url.length).replaceAll(/^\/+|\/+$/g, "");
    const answer = await this.#transport.call(
      { method, path: `${base}/${endpoint}`, headers, query: searchParams, body },
      this.#signal,
    );
    return answer as FormattedResponse;
  }
}

interface RequestParts {
  /** GitLab's address, `api/v4`, and what the resource has before its own paths. */
  readonly prefixUrl: string;
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
