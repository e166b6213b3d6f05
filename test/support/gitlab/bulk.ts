import type { Project } from "./model.ts";

const levels = ["issues", "repository", "merge_requests", "forking", "wiki", "builds", "snippets"];
const moreLevels = ["container_registry", "analytics", "environments", "feature_flags", "releases"];
const flags = ["packages_enabled", "jobs_enabled", "shared_runners_enabled", "lfs_enabled"];
const moreFlags = ["only_allow_merge_if_pipeline_succeeds", "remove_source_branch_after_merge"];
const texts = [
  "merge_method",
  "squash_option",
  "build_git_strategy",
  "auto_devops_deploy_strategy",
];

/**
 * The bulk that a project has in GitLab's answers beside what anybody needs: some forty fields, by
 * the example response of "Projects API". It makes a page as large as a real one, for benches.
 */
export function bulkOf(project: Project, url: string, path: string): Record<string, unknown> {
  const api = `${url}/api/v4/projects/${project.id}`;
  return {
    ssh_url_to_repo: `git@${new URL(url).host}:${path}.git`,
    http_url_to_repo: `${url}/${path}.git`,
    readme_url: `${url}/${path}/-/blob/main/README.md`,
    tag_list: [],
    topics: [],
    forks_count: 0,
    star_count: 0,
    open_issues_count: 0,
    avatar_url: null,
    _links: {
      self: api,
      issues: `${api}/issues`,
      merge_requests: `${api}/merge_requests`,
      repo_branches: `${api}/repository/branches`,
      labels: `${api}/labels`,
      events: `${api}/events`,
      members: `${api}/members`,
    },
    container_registry_image_prefix: `registry.${new URL(url).host}/${path}`.toLowerCase(),
    container_expiration_policy: { cadence: "1d", enabled: false, keep_n: 10, older_than: "90d" },
    shared_with_groups: [],
    import_status: "none",
    ci_default_git_depth: 20,
    ci_config_path: "",
    build_timeout: 3600,
    description_html: "",
    merge_commit_template: null,
    ...Object.fromEntries(
      [...levels, ...moreLevels].map((name) => [`${name}_access_level`, "enabled"]),
    ),
    ...Object.fromEntries([...flags, ...moreFlags].map((name) => [name, true])),
    ...Object.fromEntries(texts.map((name) => [name, "default"])),
    permissions: { project_access: null, group_access: null },
  };
}
