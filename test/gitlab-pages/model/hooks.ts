import type { State } from "../../../src/domain/state.ts";

/** Which projects a delivered hook makes us look at. */
export function projectsOf(
  event: Readonly<Record<string, unknown>>,
  state: State,
): { project: number; gone: boolean }[] {
  const name = String(event["event_name"]);
  if (name.startsWith("project_")) {
    return [{ project: Number(event["project_id"]), gone: name === "project_destroy" }];
  }
  if (!/_(?:rename|destroy)$/.test(name)) return [];
  const paths = ["username", "old_username", "full_path", "old_full_path", "path"]
    .map((key) => event[key])
    .filter((path) => typeof path === "string")
    .map((path) => `${path.toLowerCase()}/`);
  const found = [...state.pages.values()]
    .filter(({ projectPath }) => paths.some((path) => projectPath.toLowerCase().startsWith(path)))
    .map(({ project }) => project);
  return [...new Set(found)].map((project) => ({ project, gone: false }));
}
