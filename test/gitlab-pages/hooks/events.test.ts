import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hintsOf, nameOf, readEvent } from "../../../src/gitlab-pages/hooks/events.ts";

const project = { id: 12, path_with_namespace: "cosmo/foo", default_branch: "main" };
const about = { path: "foo", path_with_namespace: "cosmo/foo", project_id: 12 };

const pipeline = (status: unknown) => ({
  object_kind: "pipeline",
  object_attributes: { id: 31, ref: "main", status, stages: ["build", "deploy"] },
  project,
  builds: [{ id: 380, stage: "deploy", name: "pages", status: "success" }],
});
const job = (build_status: unknown, build_name = "pages") => ({
  object_kind: "build",
  build_id: 380,
  build_name,
  build_status,
  project_id: 12,
  project,
});
const deployment = (status: unknown) => ({
  object_kind: "deployment",
  status,
  deployment_id: 15,
  environment: "production",
  project,
});

describe("an event", () => {
  it.each(["project_create", "project_update", "project_rename", "project_transfer"])(
    "%s has the project read",
    (event_name) => {
      const event = { event_name, ...about, old_path_with_namespace: "cosmo/old" };
      expect(readEvent(event)).toEqual({
        name: event_name,
        outcome: "accepted",
        hints: [{ kind: "project", project: 12, why: event_name }],
      });
    },
  );

  it("project_destroy says that it is gone", () => {
    expect(hintsOf({ event_name: "project_destroy", ...about })).toEqual([
      { kind: "project", project: 12, why: "project_destroy", gone: true },
    ]);
  });

  it.each([
    [
      { event_name: "user_rename", user_id: 58, username: "cosmo2", old_username: "cosmo" },
      { path: "cosmo2", oldPath: "cosmo", user: 58 },
    ],
    [
      { event_name: "user_destroy", user_id: 58, username: "cosmo" },
      { path: "cosmo", user: 58 },
    ],
    [
      {
        event_name: "group_rename",
        group_id: 64,
        path: "club2",
        full_path: "uni/club2",
        old_path: "club",
        old_full_path: "uni/club",
      },
      { path: "uni/club2", oldPath: "uni/club", group: 64 },
    ],
    [
      { event_name: "group_rename", group_id: 64, path: "club2", old_path: "club" },
      { path: "club2", oldPath: "club", group: 64 },
    ],
    [
      { event_name: "group_destroy", group_id: 64, path: "club" },
      { path: "club", group: 64 },
    ],
    [
      { event_name: "group_destroy", group_id: 64, path: "club", full_path: null },
      { path: "club", group: 64 },
    ],
  ])("of a namespace names it: %j", (event, hint) => {
    expect(hintsOf(event)).toEqual([{ kind: "namespace", ...hint }]);
  });

  it.each([
    { object_kind: "push", event_name: "push", project_id: 12, project, commits: [] },
    { object_kind: "push", project_id: 12 },
    { object_kind: "tag_push", event_name: "tag_push", project_id: 12 },
    { event_name: "repository_update", project_id: 12, changes: [], refs: [] },
  ])("of a push begins a watch: %j", (event) => {
    expect(hintsOf(event)).toEqual([{ kind: "watch", project: 12 }]);
  });

  it.each(["success", "failed", "canceled"])("that ended in %s has the project read", (status) => {
    expect([pipeline(status), job(status), deployment(status)].flatMap(hintsOf)).toEqual([
      { kind: "project", project: 12, why: `pipeline ${status}` },
      { kind: "project", project: 12, why: `job ${status}` },
      { kind: "project", project: 12, why: `deployment ${status}` },
    ]);
    expect(hintsOf(job(status, "publish the site"))).toHaveLength(1);
  });

  it.each(["created", "pending", "running", "manual", "skipped", "canceling", "", "Success"])(
    "that is %j says nothing yet",
    (status) => {
      for (const event of [pipeline(status), job(status), deployment(status)]) {
        expect(readEvent(event)).toMatchObject({ outcome: "ignored", hints: [] });
      }
    },
  );

  it.each([
    { event_name: "user_create", user_id: 1 },
    { event_name: "group_create" },
    { object_kind: "merge_request", project },
    { object_kind: "note" },
    { event_name: "toString" },
    { event_name: ["push"] },
    { event_name: "other" },
    {},
    [],
    null,
    "push",
    7,
  ])("that is of no use is unknown: %j", (event) => {
    expect(readEvent(event)).toEqual({ name: "other", outcome: "unknown", hints: [] });
  });

  it.each([
    { event_name: "project_create" },
    { event_name: "project_destroy", project_id: "12" },
    { event_name: "push", project_id: 0 },
    { event_name: "push", project_id: 1.5 },
    { event_name: "push", project_id: 1e300 },
    { event_name: "user_rename", user_id: 58 },
    { event_name: "user_rename", user_id: 58, username: "" },
    { event_name: "group_destroy", path: "club" },
    pipeline(7),
    { ...pipeline("success"), project: null },
    { ...job("success"), project_id: null },
    { ...deployment("success"), project: {} },
  ])("without its fields is malformed: %j", (event) => {
    expect(readEvent(event)).toMatchObject({ outcome: "malformed", hints: [] });
  });

  it("is counted under a name of the list, whatever it is called", () => {
    const names = new Set(["project_create", "push", "pipeline", "build", "other"]);
    fc.assert(
      fc.property(fc.anything(), fc.string(), (value, text) => {
        for (const event of [value, { event_name: text }, { object_kind: value }]) {
          expect(names).toContain(nameOf(event));
          expect(() => readEvent(event)).not.toThrow();
        }
      }),
    );
    expect(nameOf({ event_name: "x".repeat(1_000), object_kind: "pipeline" })).toBe("pipeline");
  });
});
