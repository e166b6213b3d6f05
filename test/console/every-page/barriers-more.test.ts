import { afterAll, afterEach, beforeAll, it } from "vitest";
import { describeWithService } from "../../support/services.ts";
import { askedFor } from "./asked.ts";
import { actorOf, SHOWN, startLooker, type Looker } from "./looker.ts";
import type { ActorName, ThingKind } from "./world.ts";

type Form = Readonly<Record<string, string>>;

/** Who asks what, of what. */
type More = readonly [who: ActorName, route: string, of?: ThingKind, form?: Form];

/** Of a module: with nothing yet, taken out of use, in conflict, and left behind by somebody gone. */
const states = (list: string, thing: "Bucket" | "Database" | "Namespace"): readonly More[] => [
  ["carol", `GET ${list}`],
  ["alice", `GET ${list}`, `taken${thing}`],
  ["alice", `GET ${list}/:id`, `closed${thing}`],
  ["alice", `GET ${list}/:id`, `taken${thing}`],
  ["ada", `GET ${list}/:id`, `left${thing}`],
  ["ada", `GET /admin${list}`, `taken${thing}`],
  ["ada", `GET /admin${list}`, `left${thing}`],
];

/** Pages and answers that look otherwise than the rows' own. */
const MORE: readonly More[] = [
  ...states("/buckets", "Bucket"),
  ...states("/databases", "Database"),
  ...states("/namespaces", "Namespace"),
  ["ada", "GET /admin/owners/:owner", "owner"],
  ["nobody", "GET /sign-in"],
  ["nobody", "GET /sign-in/link/wrong"],
  ["nobody", "POST /requests"],
  ["alice", "GET /nothing/here"],
  ["alice", "GET /endpoints/nothing"],
  ["carol", "GET /"],
  ["carol", "GET /groups"],
  ["carol", "GET /requests"],
  ["carol", "GET /access"],
  ["carol", "GET /activity"],
  ["alice", "GET /?q=mark"],
  ["alice", "GET /?q=nothing"],
  ["alice", "GET /", "membership"],
  ["alice", "GET /", "answered"],
  ["bob", "GET /groups/:owner", "owner"],
  ["alice", "GET /endpoints/new?label=alice&path=/x"],
  ["alice", "GET /requests/new?kind=label"],
  ["alice", "GET /requests/new?kind=quota"],
  ["alice", "GET /requests/new?kind=target"],
  ["alice", "GET /requests/new?kind=renewal"],
  ["alice", "POST /requests", "owner", { kind: "quota", owner: "{owner}", amount: "x" }],
  ["alice", "POST /requests", "owner", { kind: "target", owner: "{owner}", network: "x" }],
  ["alice", "POST /endpoints", "label", { label: "{label}", target: "http://192.168.1.1:80" }],
  ["alice", "POST /endpoints/:id", "endpoint", { path: "/x", target: "10.0.0.1", revision: "1" }],
  ["alice", "POST /endpoints/:id/remove", "endpoint", { revision: "1" }],
  ["bob", "POST /groups/:id/hand-over", "group", { manager: "yuri", revision: "{revision}" }],
  ["bob", "POST /groups/:id/managers", "group", { manager: "none", revision: "{revision}" }],
  ["ada", "GET /admin/search?q=alice"],
  ["ada", "GET /admin/owners?q=nothing"],
  ["ada", "GET /admin/requests?state=all", "answered"],
  ["ada", "GET /admin/routes?q=mark"],
  ["ada", "GET /admin/traefik/document?entry=zone-default"],
  ["ada", "GET /admin/owners/:owner", "suspended"],
  ["ada", "POST /admin/requests/:request", "request", { decision: "decline", revision: "1" }],
  ["ada", "POST /admin/owners/:owner/passes", "person", { use: "invitation" }],
  [
    "ada",
    "POST /admin/owners/:owner/edit",
    "person",
    { email: "x", targets: "x", "quota.endpoints": "x", revision: "1" },
  ],
  ["ada", "POST /admin/owners/:owner/edit", "person", { displayName: "Other", revision: "1" }],
];

describeWithService("chromium", "every page and form when something is otherwise", (chromium) => {
  let looker: Looker;
  beforeAll(async () => void (looker = await startLooker(chromium)));
  afterAll(() => looker?.close());
  afterEach(() => looker.signOut());

  it.each(SHOWN.filter(([, { form }]) => form !== undefined))(
    "%s keeps nobody out when it is refused",
    async (route, row) => {
      const params = await looker.world.make(row.of, row.whose[0] ?? "alice");
      await looker.look(actorOf(row), askedFor(route, {}, params));
    },
  );

  const more = MORE.map((entry) => {
    const [who, route, of] = entry;
    return [`${route} for ${who}${of === undefined ? "" : `, of ${of}`}`, entry] as const;
  });
  it.each(more)("%s keeps nobody out", async (_title, [who, route, of = "none", form = {}]) => {
    const params = await looker.world.make(of, who === "bob" ? "games" : "alice");
    await looker.look(who, askedFor(route, { form }, params));
  });
});
