import { Hono } from "hono";
import type { PageEnv } from "../visitor.ts";
import { editDatabaseAccount } from "./database-account-edit.tsx";
import { newDatabaseAccount } from "./database-account-new.tsx";
import { databaseAccounts } from "./database-accounts.tsx";
import { deleteDatabases } from "./database-delete.tsx";
import { newDatabase } from "./database-new.tsx";
import { databasePage } from "./database.tsx";
import { databases } from "./databases.tsx";
import type { PageServices } from "./services.ts";

/** Every page on databases; none where there are none. */
export function databasePages(services: PageServices): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  if (!services.site.modules.has("databases")) return app;
  return app
    .route("/", databases(services))
    .route("/", newDatabase(services))
    .route("/", deleteDatabases(services))
    .route("/", databasePage(services))
    .route("/", newDatabaseAccount(services))
    .route("/", editDatabaseAccount(services))
    .route("/", databaseAccounts(services));
}
