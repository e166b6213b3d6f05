/**
 * What we read of GitLab's answers (https://docs.gitlab.com/api/). Fields that we do not need are
 * dropped here; a field that is missing or of another type fails the read, so that no half answer
 * is ever taken for the truth.
 */
import { z } from "zod";
import { GitLabError } from "./error.ts";

const id = z.number().int().positive();

export const projectAnswer = z.object({
  id,
  path_with_namespace: z.string().min(1).max(1000),
  visibility: z.enum(["private", "internal", "public"]).catch("private"),
  pages_access_level: z.string().optional(),
  marked_for_deletion_on: z.string().nullish(),
  marked_for_deletion_at: z.string().nullish(),
  namespace: z.object({
    id,
    kind: z.enum(["user", "group"]),
    full_path: z.string().min(1),
    parent_id: id.nullish(),
  }),
  /** Of projects in a user's namespace only. */
  owner: z.object({ id }).nullish(),
});
export type ProjectAnswer = z.infer<typeof projectAnswer>;

export const namespaceAnswer = z.object({
  id,
  kind: z.enum(["user", "group"]),
  full_path: z.string().min(1),
  parent_id: id.nullish(),
});
export type NamespaceAnswer = z.infer<typeof namespaceAnswer>;

/** A group above a project. */
export const ancestorAnswer = z.object({ id, full_path: z.string().min(1) });

const deployment = z.object({
  created_at: z.string().nullish(),
  url: z.string().min(1),
  path_prefix: z.string().nullish(),
});

export const pagesAnswer = z.object({
  url: z.string(),
  is_unique_domain_enabled: z.boolean(),
  deployments: z.array(deployment),
});
export type PagesAnswer = z.infer<typeof pagesAnswer>;

export const namespacePagesAnswer = z.object({
  data: z
    .object({
      namespace: z
        .object({
          id: z.string().regex(/^gid:\/\/gitlab\/[\w:]+\/\d+$/),
          pagesDeployments: z.object({
            nodes: z.array(
              z.object({
                url: z.string().min(1),
                pathPrefix: z.string().nullish(),
                createdAt: z.string().nullish(),
                project: z.object({
                  id: z.string().regex(/^gid:\/\/gitlab\/Project\/\d+$/),
                  fullPath: z.string().min(1),
                }),
              }),
            ),
            pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
          }),
        })
        .nullable(),
    })
    .nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

export const domainAnswer = z.object({
  domain: z.string().min(1),
  project_id: id,
  verified: z.boolean().nullish(),
  verification_code: z.string().nullish(),
  enabled_until: z.string().nullish(),
  auto_ssl_enabled: z.boolean().nullish(),
  certificate_expiration: z
    .object({ expired: z.boolean().nullish(), expiration: z.string().nullish() })
    .nullish(),
});
export type DomainAnswer = z.infer<typeof domainAnswer>;

export const userAnswer = z.object({
  id,
  username: z.string(),
  is_admin: z.boolean().optional(),
  namespace_id: id.nullish(),
});
export type UserAnswer = z.infer<typeof userAnswer>;

export const hookAnswer = z.object({
  id,
  url: z.string(),
  push_events: z.boolean().nullish(),
  tag_push_events: z.boolean().nullish(),
  repository_update_events: z.boolean().nullish(),
  pipeline_events: z.boolean().nullish(),
  job_events: z.boolean().nullish(),
  deployment_events: z.boolean().nullish(),
  custom_webhook_template: z.string().nullish(),
  enable_ssl_verification: z.boolean().nullish(),
  token_present: z.boolean().nullish(),
  signing_token_present: z.boolean().nullish(),
  alert_status: z.string().nullish(),
});
export type HookAnswer = z.infer<typeof hookAnswer>;

export const tokenAnswer = z.object({
  scopes: z.array(z.string()),
  active: z.boolean().nullish(),
  expires_at: z.string().nullish(),
});
export type TokenAnswer = z.infer<typeof tokenAnswer>;

export const metadataAnswer = z.object({ version: z.string() });

/** @throws GitLabError `invalid`, naming the field and not its value */
export function read<T extends z.ZodType>(schema: T, body: unknown, what: string): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new GitLabError(
    "invalid",
    `GitLab's answer about ${what} is not what is expected (${issue?.path.join(".") || "all of it"}: ${issue?.message ?? "not valid"}).`,
  );
}
