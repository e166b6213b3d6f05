/** What the state has of databases at the database server, and of the accounts for them. */
import { z } from "zod";
import { common, idField, timeField } from "./fields.ts";

declare const brand: unique symbol;
/** A database's name at the server. */
export type DatabaseName = string & { readonly [brand]: "DatabaseName" };
/** What an account at the server logs in with. */
export type AccountName = string & { readonly [brand]: "AccountName" };

const SYSTEM_DATABASES = new Set(["information_schema", "mysql", "performance_schema", "sys"]);

/** Nothing in it means several databases, nor ends a quoted name. */
export const databaseNameField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "not a database's name")
  .refine((name) => !SYSTEM_DATABASES.has(name.toLowerCase()), "the server's own database")
  .transform((name) => name as DatabaseName);

/** All that the console makes have a dot, and none of a server's own accounts begins with its prefix. */
export const accountNameField = z
  .string()
  .regex(/^[a-z][a-z0-9]*\.[a-z0-9.-]+$/, "not an account's name")
  .max(32)
  .transform((name) => name as AccountName);

/** A database at the database server. */
export const databaseSchema = z.strictObject({
  ...common,
  kind: z.literal("database"),
  owner: idField,
  /** Never another one's before its deletion was seen complete, and this record with it gone. */
  name: databaseNameField,
  /**
   * `asked`: nobody has looked yet. `free`: it was seen that there is none of this name, so an empty one
   * that is there from now on is ours. `made`: it was there once, and what is at the name is its owner's.
   */
  stage: z.enum(["asked", "free", "made"]),
  /** Nobody can use it any more, and it is deleted with all that is in it when the time is over. */
  deleting: z.strictObject({ at: timeField, until: timeField }).optional(),
});
export type Database = z.infer<typeof databaseSchema>;

/** An account for an owner's databases. Its password is shown once, and kept by the server alone. */
export const databaseAccountSchema = z.strictObject({
  ...common,
  v: z.literal(2),
  kind: z.literal("databaseAccount"),
  owner: idField,
  name: accountNameField,
  access: z.enum(["read", "write"]),
  /** The databases it is for, by id; null: all that the owner has, new ones too. */
  databases: z.array(idField).max(1000).nullable(),
  /**
   * `asked`: nobody has looked yet. `free`: it was seen that there is none of this name, so one that is
   * there from now on is ours. `issued`: someone was given its password; one that nobody has is taken away.
   */
  stage: z.enum(["asked", "free", "issued"]),
  /** A digest of what the server keeps of the password that was given out last. */
  print: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /**
   * Nodes, as `host:port`, that did not answer when it got to do less: what was open there goes on with what
   * it might do before, until it is ended.
   */
  unended: z.array(z.string().max(300)).min(1).max(100).optional(),
  /** Its password is about to be another. */
  renewing: z.boolean(),
  deleting: z.boolean(),
});
export type DatabaseAccount = z.infer<typeof databaseAccountSchema>;
