import { z } from "zod";

const id = z.int().positive();
/** A user's or a group's path; longer ones GitLab does not give. */
const path = z.string().min(1).max(1_000);

/** What a hook makes us look at. It is never more than a hint: what is so, only a read tells. */
export const hintSchema = z.discriminatedUnion("kind", [
  /** Read this project. `gone`: a hook said that it was deleted. */
  z.object({
    kind: z.literal("project"),
    project: id,
    why: z.string().max(100),
    gone: z.literal(true).optional(),
  }),
  /** A deployment of this project may come within minutes. */
  z.object({ kind: z.literal("watch"), project: id }),
  /** A user or a group was renamed or deleted, and with it all of its projects' paths. */
  z.object({
    kind: z.literal("namespace"),
    path,
    oldPath: path.optional(),
    user: id.optional(),
    group: id.optional(),
  }),
  /** There was too much to say each: read everything. */
  z.object({ kind: z.literal("full") }),
]);

export type Hint = z.infer<typeof hintSchema>;
export type NamespaceHint = Extract<Hint, { kind: "namespace" }>;

/** What hints are about: of two with the same key the later one is enough. */
export function hintKey(hint: Hint): string {
  switch (hint.kind) {
    case "project":
    case "watch":
      return `${hint.kind}:${hint.project}`;
    case "namespace": {
      const { user, group, path } = hint;
      if (user !== undefined) return `namespace:user:${user}`;
      return group === undefined ? `namespace:path:${path}` : `namespace:group:${group}`;
    }
    case "full":
      return "full";
  }
}
