import { z } from "@hono/zod-openapi";
import type { Config } from "../config.ts";
import type { DatabaseAccount } from "../domain/entities.ts";
import type { State } from "../domain/state.ts";
import type { Standing } from "../reconcile/standing.ts";
import { nameOf } from "./routing.ts";
import { accountStanding, standingSchema } from "./standing.ts";

/** An account. */
export const accountSchema = z
  .object({
    id: z.string(),
    revision: z.number().int(),
    createdAt: z.string(),
    owner: z.string(),
    ownerName: z.string().nullable(),
    name: z.string().openapi({ description: "What it logs in with.", example: "u.alice.app" }),
    access: z.enum(["read", "write"]),
    databases: z
      .array(z.string())
      .nullable()
      .openapi({ description: "Ids of the databases it is for; null: all of the owner's." }),
    standing: standingSchema,
    connections: z
      .number()
      .nullable()
      .openapi({ description: "Open now, as seen a minute ago at most; null: not known." }),
    connectionsMax: z.number().openapi({ description: "What it may have, at each node." }),
  })
  .openapi("DatabaseAccount");
/** One whose password was just drawn. */
export const newAccountSchema = accountSchema
  .extend({
    password: z.string().optional().openapi({
      description: "Shown this once. Whoever loses it has another one set.",
    }),
    snippets: z
      .object({
        url: z.string(),
        mysql: z.string(),
        pdo: z.string(),
        sqlalchemy: z.string(),
        jdbc: z.string(),
        env: z.string(),
      })
      .optional()
      .openapi({ description: "How clients connect with it; with the password, so once, too." }),
  })
  .openapi("NewDatabaseAccount");

/** What is known of an account beside its record. */
export interface AccountKnown {
  readonly standing?: Standing | undefined;
  readonly connections?: ReadonlyMap<string, number> | undefined;
}

/** An account as it is shown, with what is known of it beside its record. */
export function accountView(
  { databases }: Pick<Config, "databases">,
  account: DatabaseAccount,
  state: State,
  { standing, connections }: AccountKnown = {},
): z.infer<typeof accountSchema> {
  const { id, name } = account;
  return {
    id,
    revision: account.revision,
    createdAt: account.createdAt,
    owner: account.owner,
    ownerName: nameOf(state, account.owner),
    name,
    access: account.access,
    databases: account.databases,
    standing: accountStanding(account, standing),
    connections: connections === undefined ? null : (connections.get(name) ?? 0),
    connectionsMax: databases.connections,
  };
}
