import { Hono } from "hono";
import type { PageEnv } from "../visitor.ts";
import { access } from "./access.tsx";
import { activity } from "./activity.tsx";
import { bucketPages } from "./buckets-app.ts";
import { databasePages } from "./databases-app.ts";
import { editEndpoint } from "./endpoint-edit.tsx";
import { newEndpoint } from "./endpoint-new.tsx";
import { removeEndpoint } from "./endpoint-remove.tsx";
import { endpointPage } from "./endpoint.tsx";
import { groupManagers } from "./group-managers.tsx";
import { groupPages } from "./group.tsx";
import { groups } from "./groups.tsx";
import { memberships } from "./membership.tsx";
import { gitlabPage } from "./page.tsx";
import { namespacePages } from "./namespaces-app.ts";
import { newRequest } from "./request-new.tsx";
import { requests } from "./requests.tsx";
import type { PageServices } from "./services.ts";
import { sites } from "./sites.tsx";

/** Every page for someone signed in. A path that is also like a parameter's comes first. */
export function pages(services: PageServices): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .route("/", sites(services))
    .route("/", newEndpoint(services))
    .route("/", editEndpoint(services))
    .route("/", removeEndpoint(services))
    .route("/", endpointPage(services))
    .route("/", gitlabPage(services))
    .route("/", namespacePages(services))
    .route("/", bucketPages(services))
    .route("/", databasePages(services))
    .route("/", groups(services))
    .route("/", groupPages(services))
    .route("/", groupManagers(services))
    .route("/", memberships(services))
    .route("/", requests(services))
    .route("/", newRequest(services))
    .route("/", access(services))
    .route("/", activity(services));
}
