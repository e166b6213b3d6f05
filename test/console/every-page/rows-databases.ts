import type { Mounted } from "./mounted.ts";
import { admin, BOTH, NOTHING_THERE, done, list, row, type Row } from "./row.ts";

const database = { of: "database", whose: BOTH, may: "its own and admins" } as const;
const account = { of: "databaseAccount", whose: BOTH, may: "its own and admins" } as const;
/** An admin makes nothing for another here. */
const owner = { of: "owner", whose: BOTH, may: "its own" } as const;

/** Every page and form on databases. */
export const DATABASE_ROWS: Readonly<Record<Mounted, Row>> = {
  "GET /databases": list,
  "GET /databases/new": row({ ...owner, query: { owner: "{owner}" } }),
  "POST /databases": row({ ...owner, form: { owner: "{owner}", name: "{short}" }, ...done }),
  "GET /databases/:id": row(database),
  "GET /databases/:id/delete": row(database),
  "POST /databases/:id/delete": row({ ...database, form: { name: "{called}" }, ...done }),
  "POST /databases/:id/restore": row({ ...database, of: "closedDatabase", ...done }),
  "GET /database-accounts/new": row({ ...owner, query: { owner: "{owner}" } }),
  "POST /database-accounts": row({
    ...owner,
    form: { owner: "{owner}", name: "{name}", access: "read", all: "yes" },
  }),
  "GET /database-accounts/:id/edit": row(account),
  "POST /database-accounts/:id": row({
    ...account,
    form: { access: "read", all: "yes", was: "write {database}" },
    ...done,
  }),
  "GET /database-accounts/:id/password": row(account),
  "POST /database-accounts/:id/password": row({ ...account }),
  "GET /database-accounts/:id/end": row(account),
  "POST /database-accounts/:id/end": row({ ...account, ...done }),
  "GET /admin/databases": admin(),
  "GET /admin/databases/:id/hand-on": admin("leftDatabase"),
  "POST /admin/databases/:id/hand-on": admin("leftDatabase", { form: { owner: "games" }, ...done }),
  "GET /admin/databases/adopt": admin(),
  "POST /admin/databases/adopt": admin("none", NOTHING_THERE),
  "POST /admin/databases/adopt/preview": admin("none", NOTHING_THERE),
};
