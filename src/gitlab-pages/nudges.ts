import { z } from "zod";
import { operator } from "../domain/policy.ts";
import type { FullRequest } from "./engine.ts";
import type { SiteRead } from "./sync/snapshot.ts";

/** On what replicas tell each other: that one read a project, that the leading one shall read all. */
export const READ_TOPIC = "gitlab-read";
export const SYNC_TOPIC = "gitlab-sync";

const readSchema = z.object({
  project: z.number().int().positive(),
  namespace: z.object({ id: z.number().int().positive(), path: z.string() }).optional(),
});

const requestSchema = z.object({
  id: z.string(),
  by: z.string(),
  approved: z.array(z.number().int()).optional(),
});

/** Tells of a read of one project, and what it showed of its namespace's name. */
export function readTold(project: number, read: SiteRead | "gone"): string {
  const { id, path } = (read === "gone" ? undefined : read.namespace) ?? {};
  return JSON.stringify({ project, namespace: id === undefined ? undefined : { id, path } });
}

/** @returns undefined for what another release tells otherwise */
export function readIn(text: string): z.infer<typeof readSchema> | undefined {
  return parsed(readSchema, text);
}

export function requestTold({ id, by, approved }: Omit<FullRequest, "actor">): string {
  return JSON.stringify({ id, by, approved: approved && [...approved] });
}

/** @returns undefined for what another release tells otherwise */
export function requestIn(text: string): FullRequest | undefined {
  const found = parsed(requestSchema, text);
  if (found === undefined) return undefined;
  const { id, by, approved } = found;
  return {
    id,
    by,
    actor: { ...operator, name: by },
    approved: approved === undefined ? undefined : new Set(approved),
  };
}

function parsed<T extends z.ZodType>(schema: T, text: string): z.output<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
