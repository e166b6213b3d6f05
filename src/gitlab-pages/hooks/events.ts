import { z } from "zod";
import type { Hint } from "./hint.ts";

/** Counted under their own names; all others are "other", as outsiders must not make up labels. */
const NAMES = [
  "project_create",
  "project_update",
  "project_rename",
  "project_transfer",
  "project_destroy",
  "user_rename",
  "user_destroy",
  "group_rename",
  "group_destroy",
  "push",
  "tag_push",
  "repository_update",
  "pipeline",
  "build",
  "deployment",
] as const;

export type EventName = (typeof NAMES)[number] | "other";

/** What became of an event: `ignored` is known and says nothing yet, `malformed` lacks its fields. */
export interface ReadEvent {
  readonly name: EventName;
  readonly outcome: "accepted" | "ignored" | "unknown" | "malformed";
  readonly hints: readonly Hint[];
}

const id = z.int().positive();
const path = z.string().min(1).max(1_000);
const status = z.string();

/** System hooks are told apart by `event_name`, project and group hooks by `object_kind`. */
const named = z.looseObject({
  event_name: z.unknown().optional(),
  object_kind: z.unknown().optional(),
});
const ofProject = z.looseObject({ project_id: id });
const user = z.looseObject({ user_id: id, username: path, old_username: path.nullish() });
const group = z.looseObject({
  group_id: id,
  path,
  full_path: path.nullish(),
  old_path: path.nullish(),
  old_full_path: path.nullish(),
});
const pipeline = z.looseObject({
  object_attributes: z.looseObject({ status }),
  project: z.looseObject({ id }),
});
const job = z.looseObject({ build_status: status, project_id: id });
const deployment = z.looseObject({ status, project: z.looseObject({ id }) });

/** A pipeline that failed may have deployed before it did. */
const ENDED = new Set(["success", "failed", "canceled"]);

/** The name under which an event is counted. */
export function nameOf(event: unknown): EventName {
  const found = named.safeParse(event).data;
  return knownName(found?.event_name) ?? knownName(found?.object_kind) ?? "other";
}

function knownName(value: unknown): EventName | undefined {
  return NAMES.find((name) => name === value);
}

/** What an event of GitLab's hooks makes us look at; nothing for what is of no use to Pages. */
export function hintsOf(event: unknown): readonly Hint[] {
  return readEvent(event).hints;
}

/**
 * Reads an event of a system, project or group hook. Never throws: hooks are hints, and one that
 * cannot be read is counted and left.
 * @param event what the body was as JSON
 */
export function readEvent(event: unknown): ReadEvent {
  const name = nameOf(event);
  if (name === "other") return { name, outcome: "unknown", hints: [] };
  const hint = hintOf(name, event);
  if (hint === undefined) return { name, outcome: "malformed", hints: [] };
  if (hint === null) return { name, outcome: "ignored", hints: [] };
  return { name, outcome: "accepted", hints: [hint] };
}

/** @returns undefined when a field is missing, null when there is nothing to look at yet */
function hintOf(name: Exclude<EventName, "other">, event: unknown): Hint | null | undefined {
  switch (name) {
    case "project_create":
    case "project_update":
    case "project_rename":
    case "project_transfer":
    case "project_destroy": {
      const found = ofProject.safeParse(event).data;
      const gone = name === "project_destroy" ? { gone: true as const } : {};
      return found && { kind: "project", project: found.project_id, why: name, ...gone };
    }
    case "push":
    case "tag_push":
    case "repository_update": {
      const found = ofProject.safeParse(event).data;
      return found && { kind: "watch", project: found.project_id };
    }
    case "user_rename":
    case "user_destroy": {
      const found = user.safeParse(event).data;
      return found && namespace({ user: found.user_id }, found.username, found.old_username);
    }
    case "group_rename":
    case "group_destroy": {
      const found = group.safeParse(event).data;
      if (found === undefined) return undefined;
      const { group_id, full_path, path, old_full_path, old_path } = found;
      return namespace({ group: group_id }, full_path ?? path, old_full_path ?? old_path);
    }
    case "pipeline": {
      const found = pipeline.safeParse(event).data;
      return found && ended(name, found.project.id, found.object_attributes.status);
    }
    case "build": {
      const found = job.safeParse(event).data;
      return found && ended("job", found.project_id, found.build_status);
    }
    case "deployment": {
      const found = deployment.safeParse(event).data;
      return found && ended(name, found.project.id, found.status);
    }
  }
}

function namespace(
  whose: { user: number } | { group: number },
  path: string,
  oldPath: string | null | undefined,
): Hint {
  return { kind: "namespace", path, ...(oldPath ? { oldPath } : {}), ...whose };
}

/** The job that deploys may have any name, so every one that has ended counts. */
function ended(what: string, project: number, status: string): Hint | null {
  return ENDED.has(status) ? { kind: "project", project, why: `${what} ${status}` } : null;
}
