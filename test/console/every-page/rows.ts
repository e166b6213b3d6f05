import type { Mounted } from "./mounted.ts";
import { admin, BOTH, done, list, row, type Row } from "./row.ts";
import { BUCKET_ROWS } from "./rows-buckets.ts";
import { DATABASE_ROWS } from "./rows-databases.ts";
import { NAMESPACE_ROWS } from "./rows-namespaces.ts";
import type { OwnerName } from "./world.ts";

const GROUPS: readonly OwnerName[] = ["games"];
const TARGET = "http://127.0.0.1:9001";
const endpoint = { of: "endpoint", whose: BOTH, may: "its own and admins" } as const;
const group = { of: "group", whose: GROUPS, may: "its own and admins" } as const;

/** What no row speaks of, and where it is held instead. */
export const HELD_ELSEWHERE: Readonly<Partial<Record<Mounted, string>>> = {
  "GET /sign-in": "test/console/sign-in/signed-in.test.ts",
  "GET /sign-in/start": "test/console/sign-in/provider.test.ts",
  "GET /sign-in/callback": "test/console/sign-in/provider.test.ts",
  "GET /sign-in/invitation/:code": "test/console/sign-in/invitations.test.ts",
  "GET /sign-in/link/:code": "test/console/sign-in/links.test.ts",
  "POST /sign-in/link": "test/console/sign-in/links.test.ts",
  // As it has no end, beside the table; what it tells of, in test/console/live.test.ts.
  "GET /live": "test/console/every-page/policy.test.ts",
};

/** Every page and form behind the sign-in. */
export const ROWS: Readonly<Record<Mounted, Row>> = {
  "POST /sign-out": row(done),
  "GET /": list,
  "GET /sites/:host": row({ of: "host", whose: BOTH, may: "its own" }),
  "GET /endpoints/new": list,
  "POST /endpoints": row({
    of: "label",
    whose: BOTH,
    may: "its own and admins",
    form: { label: "{label}", path: "{path}", target: TARGET },
    ...done,
  }),
  "POST /endpoints/preview": row({
    of: "label",
    whose: BOTH,
    may: "its own and admins",
    form: { label: "{label}", path: "{path}", target: TARGET },
  }),
  "GET /endpoints/:id": row(endpoint),
  "GET /endpoints/:id/edit": row(endpoint),
  "GET /endpoints/:id/remove": row(endpoint),
  "POST /endpoints/:id": row({
    ...endpoint,
    form: { path: "{path}", target: TARGET, revision: "{revision}" },
    ...done,
  }),
  "POST /endpoints/:id/preview": row({
    ...endpoint,
    form: { path: "{path}", target: TARGET, revision: "{revision}" },
  }),
  "POST /endpoints/:id/pause": row({ ...endpoint, form: { revision: "{revision}" }, ...done }),
  "POST /endpoints/:id/resume": row({ ...endpoint, form: { revision: "{revision}" }, ...done }),
  "POST /endpoints/:id/remove": row({ ...endpoint, form: { revision: "{revision}" }, ...done }),
  "GET /pages/:id": row({ of: "page", whose: BOTH, may: "its own and admins" }),
  "POST /pages/:id/read": row({ of: "page", whose: BOTH, may: "its own and admins", ...done }),
  "GET /groups": list,
  "GET /groups/:id": row(group),
  "POST /groups/:id/name": row({
    ...group,
    form: { displayName: "Chess", revision: "{revision}" },
    ...done,
  }),
  "POST /groups/:id/managers": row({
    ...group,
    form: { manager: "yuri", revision: "{revision}" },
    ...done,
  }),
  "GET /groups/:id/managers/:person": row(group),
  "POST /groups/:id/managers/:person": row({
    ...group,
    form: { revision: "{revision}" },
    ...done,
  }),
  "POST /groups/:id/hand-over": row({
    ...group,
    form: { manager: "yuri", revision: "{revision}", sure: "yes" },
    ...done,
  }),
  "POST /memberships/:owner/renew": row({
    of: "membership",
    whose: BOTH,
    may: "its own and admins",
    ...done,
  }),
  "GET /requests": list,
  "GET /requests/new": list,
  "POST /requests": row({
    of: "owner",
    whose: BOTH,
    may: "its own and admins",
    form: { kind: "label", label: "{name}", owner: "{owner}", reason: "x" },
    ...done,
  }),
  "POST /requests/:id/withdraw": row({
    of: "request",
    whose: BOTH,
    may: "its own and admins",
    ...done,
  }),
  "POST /requests/:id/again": row({
    of: "withdrawn",
    whose: BOTH,
    may: "its own and admins",
    ...done,
  }),
  "POST /requests/:id/acknowledge": row({
    of: "answered",
    whose: BOTH,
    may: "its own and admins",
    ...done,
  }),
  "GET /access": list,
  "GET /access/new": list,
  "POST /access/tokens": row({
    of: "owner",
    whose: BOTH,
    may: "its own and admins",
    form: { name: "{name}", owner: "{owner}", "scope.read": "yes", days: "3" },
  }),
  "GET /access/tokens/:token/revoke": row({
    of: "token",
    whose: BOTH,
    may: "its own and admins",
  }),
  "POST /access/tokens/:token/revoke": row({
    of: "token",
    whose: BOTH,
    may: "its own and admins",
    ...done,
  }),
  "POST /access/sessions/:session/end": row({ of: "session", may: "its own", ...done }),
  "GET /activity": list,
  "POST /activity/:revision/undo": row({
    of: "removal",
    whose: BOTH,
    may: "its own and admins",
    ...done,
  }),
  "GET /admin": admin(),
  "GET /admin/search": admin(),
  "GET /admin/owners": admin(),
  "GET /admin/owners/new": admin(),
  "POST /admin/owners/new": admin("owner", { form: { kind: "person", name: "{name}" }, ...done }),
  "GET /admin/owners/:owner": admin("owner"),
  "GET /admin/owners/:owner/edit": admin("owner"),
  "POST /admin/owners/:owner/edit": admin("person", {
    form: { name: "{called}", displayName: "{name}", role: "member", revision: "{revision}" },
    ...done,
  }),
  "GET /admin/owners/:owner/delete": admin("owner"),
  "POST /admin/owners/:owner/delete": admin("person", {
    form: { name: "{called}", revision: "{revision}" },
    ...done,
  }),
  "POST /admin/owners/:owner/identities/unlink": admin("person", {
    form: { issuer: "https://id.test", subject: "{subject}", revision: "{revision}" },
    ...done,
  }),
  "GET /admin/owners/:owner/suspend": admin("person"),
  "POST /admin/owners/:owner/suspend": admin("person", {
    form: { reason: "Spam.", revision: "{revision}" },
    ...done,
  }),
  "GET /admin/owners/:owner/resume": admin("suspended"),
  "POST /admin/owners/:owner/resume": admin("suspended", {
    form: { revision: "{revision}" },
    ...done,
  }),
  "POST /admin/owners/:owner/labels": admin("owner", { form: { label: "{name}" }, ...done }),
  "POST /admin/owners/:owner/labels/:label/free": admin("restingLabel", done),
  "GET /admin/owners/:owner/labels/:label/give-back": admin("extraLabel"),
  "POST /admin/owners/:owner/labels/:label/give-back": admin("extraLabel", done),
  "POST /admin/owners/:owner/renew": admin("membership", {
    form: { revision: "{revision}" },
    ...done,
  }),
  "POST /admin/owners/:owner/tokens/:token/revoke": admin("token", done),
  "POST /admin/owners/:owner/sessions/:session/end": admin("session", done),
  "POST /admin/owners/:owner/passes": admin("person", { form: { use: "sign-in" } }),
  "GET /admin/requests": admin(),
  "GET /admin/requests/:request": admin("request"),
  "POST /admin/requests/:request": admin("request", {
    form: { decision: "decline", answer: "No.", revision: "{revision}" },
    ...done,
  }),
  "GET /admin/routes": admin(),
  "GET /admin/gitlab": admin(),
  "POST /admin/gitlab/sync": admin("none", done),
  "GET /admin/gitlab/pages": admin(),
  "GET /admin/gitlab/domains": admin(),
  "GET /admin/gitlab/runs/:run": admin("heldRun"),
  "GET /admin/gitlab/runs/:run/approve": admin("heldRun"),
  "POST /admin/gitlab/runs/:run/approve": admin("heldRun", done),
  "GET /admin/traefik": admin(),
  "GET /admin/traefik/document": admin(),
  "GET /admin/traefik/document.json": admin(),
  "GET /admin/set-aside": admin(),
  "GET /admin/reserved-names": admin(),
  "POST /admin/reserved-names": admin("owner", {
    form: { label: "{name}", reason: "x" },
    ...done,
  }),
  "POST /admin/reserved-names/:label/release": admin("reserved", done),
  "GET /admin/memberships": admin(),
  "GET /admin/doctor": admin(),
  "POST /admin/doctor": admin("none", done),
  "GET /admin/audit": admin(),
  ...BUCKET_ROWS,
  ...DATABASE_ROWS,
  ...NAMESPACE_ROWS,
};
