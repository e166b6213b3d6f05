import { type Namespace, type Project, type User, roles } from "./model.ts";
import type { NamespaceTree } from "./tree.ts";

// Payloads by GitLab's documentation: "System hooks" (Hooks request example) and "Webhook events".

type Event = Record<string, unknown>;

/** `project_create`, `_update`, `_rename`, `_transfer`, `_destroy`. */
export function projectEvent(tree: NamespaceTree, name: string, project: Project): Event {
  const namespace = tree.namespaceOf(project);
  const owner = tree.users.get(namespace.ownerId ?? -1);
  return {
    event_name: name,
    created_at: seconds(project.createdAt),
    updated_at: seconds(project.updatedAt),
    name: project.name,
    path: project.path,
    path_with_namespace: tree.fullPath(project),
    project_id: project.id,
    project_namespace_id: project.projectNamespaceId,
    owner_name: owner?.name ?? namespace.name,
    owner_email: owner?.email ?? "",
    owners: ownersOf(tree, namespace).map((user) => ({ name: user.name, email: user.email })),
    project_visibility: project.visibility,
  };
}

/** `user_create`, `_rename`, `_destroy`. */
export function userEvent(name: string, user: User): Event {
  return {
    event_name: name,
    created_at: seconds(user.createdAt),
    updated_at: seconds(user.updatedAt),
    name: user.name,
    email: user.email,
    user_id: user.id,
    username: user.username,
  };
}

/** `group_create`, `_rename`, `_destroy`. */
export function groupEvent(name: string, group: Namespace): Event {
  return {
    event_name: name,
    created_at: seconds(group.createdAt),
    updated_at: seconds(group.updatedAt),
    name: group.name,
    path: group.path,
    group_id: group.id,
  };
}

/** A push to main; `commits` are never shown to system hooks. */
export function pushEvent(tree: NamespaceTree, project: Project, user: User, sha: string): Event {
  return {
    object_kind: "push",
    event_name: "push",
    before: "0".repeat(40),
    after: sha,
    ref: "refs/heads/main",
    ref_protected: true,
    checkout_sha: sha,
    user_id: user.id,
    user_name: user.name,
    user_username: user.username,
    user_email: null,
    project_id: project.id,
    project: projectPart(tree, project),
    commits: [],
    total_commits_count: 1,
  };
}

export function repositoryUpdateEvent(
  tree: NamespaceTree,
  project: Project,
  user: User,
  sha: string,
): Event {
  return {
    event_name: "repository_update",
    user_id: user.id,
    user_name: user.name,
    user_email: user.email,
    project_id: project.id,
    project: projectPart(tree, project),
    changes: [{ before: "0".repeat(40), after: sha, ref: "refs/heads/main" }],
    refs: ["refs/heads/main"],
  };
}

/** What happened to a pipeline: its id, its status and the status of the job that deploys. */
export interface PipelineState {
  readonly id: number;
  readonly jobId: number;
  readonly jobName: string;
  readonly status: string;
  readonly sha: string;
  readonly at: Date;
}

export function pipelineEvent(
  tree: NamespaceTree,
  project: Project,
  user: User,
  state: PipelineState,
): Event {
  const finished = ["success", "failed", "canceled"].includes(state.status);
  return {
    object_kind: "pipeline",
    object_attributes: {
      id: state.id,
      iid: 1,
      ref: "main",
      tag: false,
      sha: state.sha,
      source: "push",
      status: state.status,
      detailed_status: state.status === "success" ? "passed" : state.status,
      stages: ["build", "deploy"],
      finished_at: finished ? `${seconds(state.at).replace("T", " ").replace("Z", "")} UTC` : null,
    },
    user: { id: user.id, name: user.name, username: user.username },
    project: projectPart(tree, project),
    builds: [
      {
        id: state.jobId,
        stage: "deploy",
        name: state.jobName,
        status: state.status,
        environment: null,
      },
    ],
  };
}

export function jobEvent(tree: NamespaceTree, project: Project, state: PipelineState): Event {
  return {
    object_kind: "build",
    ref: "main",
    tag: false,
    sha: state.sha,
    build_id: state.jobId,
    build_name: state.jobName,
    build_stage: "deploy",
    build_status: state.status,
    pipeline_id: state.id,
    project_id: project.id,
    project_name: `${tree.namespaceOf(project).name} / ${project.name}`,
    project: projectPart(tree, project),
    environment: null,
  };
}

function projectPart(tree: NamespaceTree, project: Project): Event {
  return {
    id: project.id,
    name: project.name,
    namespace: tree.namespaceOf(project).name,
    path_with_namespace: tree.fullPath(project),
    visibility_level: { private: 0, internal: 10, public: 20 }[project.visibility],
    default_branch: "main",
  };
}

function ownersOf(tree: NamespaceTree, namespace: Namespace): User[] {
  if (namespace.ownerId !== null) return [tree.users.get(namespace.ownerId)!];
  return [...namespace.members]
    .filter(([, role]) => role === roles.owner)
    .flatMap(([id]) => tree.users.get(id) ?? []);
}

/** As hooks write a moment: without milliseconds. */
function seconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
